//! The table that a run ends with.

use std::fmt::{self, Write as _};

use super::aims::Aim;
use super::dialects::{Compared, Spent};
use super::results::{Results, Setup};
use super::stage::Footprint;
use super::summary::{Block, Ratios, Row};
use crate::stats::{median, spread};

/// The whole text.
pub(super) fn render(results: &Results) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, results);
    text
}

fn write(out: &mut String, results: &Results) -> fmt::Result {
    let Results { host, setup, .. } = results;
    writeln!(
        out,
        "\n{}, CPUs {}, Linux {} (TCP {}), load {}",
        host.cpu, host.online_cpus, host.kernel, host.congestion, host.load_average
    )?;
    writeln!(out, "{} | {}", host.nginx, host.postgres)?;
    write_setup(out, setup)?;
    for block in &results.blocks {
        write_block(out, block)?;
    }
    if !results.dialects.is_empty() {
        write_dialects(out, &results.dialects)?;
    }
    write_footprint(out, &results.footprint)?;
    write_aims(out, &results.aims)
}

fn write_setup(out: &mut String, setup: &Setup) -> fmt::Result {
    writeln!(
        out,
        "proxy on CPU {}, load generator and upstream on CPU {}, database on CPU {}; `dvara {}`",
        setup.proxy_cpus, setup.load_cpus, setup.database_cpus, setup.mode
    )?;
    writeln!(
        out,
        "medians of {} round(s) of {} s; request {} bytes, JSON answer {} bytes, stream {} chunks",
        setup.rounds, setup.duration_s, setup.request_bytes, setup.answer_bytes, setup.sse_chunks
    )
}

fn write_block(out: &mut String, block: &Block) -> fmt::Result {
    writeln!(
        out,
        "\n{}: {}",
        block.scenario,
        block.scenario.description()
    )?;
    writeln!(
        out,
        "  {:<14}{:>10}{:>18}{:>10}{:>10}{:>11}{:>10}{:>10}{:>11}{:>7}{:>8}{:>7}{:>7}{:>6}",
        "",
        "calls/s",
        "(rounds)",
        "p50 µs",
        "p99 µs",
        "1st byte",
        "+p50",
        "+p99",
        "CPU µs",
        "busy",
        "DB µs",
        "load",
        "noise",
        "bad"
    )?;
    for row in &block.rows {
        write_row(out, row)?;
    }
    write_ratios(out, &block.ratios)
}

fn write_row(out: &mut String, row: &Row) -> fmt::Result {
    let (low, high) = row.throughput_spread;
    writeln!(
        out,
        "  {:<14}{:>10}{:>18}{:>10}{:>10}{:>11}{:>10}{:>10}{:>11}{:>7}{:>8}{:>7}{:>7}{:>6}",
        row.target,
        number(row.throughput_rps, 0),
        format!("{}-{}", number(low, 0), number(high, 0)),
        number(row.p50, 0),
        number(row.p99, 0),
        number(row.first_byte_p50, 0),
        optional(row.added_p50, 0),
        optional(row.added_p99, 0),
        optional(row.cpu_us, 1),
        percent(row.proxy_busy),
        optional(row.database_us, 1),
        percent(Some(row.load_busy)),
        percent(Some(row.noise)),
        row.bad
    )
}

fn write_ratios(out: &mut String, ratios: &Ratios) -> fmt::Result {
    if ratios.throughput.is_none() {
        return Ok(());
    }
    let times =
        |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}×"));
    writeln!(
        out,
        "  {:<14}{:>10}{:>18}{:>10}{:>10}{:>11}{:>10}{:>10}{:>11}",
        "dvara / nginx",
        times(ratios.throughput),
        "",
        times(ratios.p50),
        times(ratios.p99),
        times(ratios.first_byte_p50),
        times(ratios.added_p50),
        times(ratios.added_p99),
        times(ratios.cpu)
    )
}

fn write_dialects(out: &mut String, dialects: &[Spent]) -> fmt::Result {
    writeln!(
        out,
        "\ndialects: CPU µs of the gateway by what the vendor speaks, and by how a route of five targets chooses\n  {:<14}{:>16}{:>10}{:>20}{:>10}",
        "", "per whole call", "ratio", "per streamed chunk", "ratio"
    )?;
    let cells = |compared: &Option<Compared>| match compared {
        Some(Compared { cpu_us, ratio }) => (format!("{cpu_us:.2}"), format!("{ratio:.2}×")),
        None => ("-".to_owned(), "-".to_owned()),
    };
    for spent in dialects {
        let ((whole, whole_ratio), (chunk, chunk_ratio)) =
            (cells(&spent.whole), cells(&spent.chunk));
        writeln!(
            out,
            "  {:<14}{whole:>16}{whole_ratio:>10}{chunk:>20}{chunk_ratio:>10}",
            spent.dialect
        )?;
    }
    Ok(())
}

fn write_footprint(out: &mut String, footprint: &Footprint) -> fmt::Result {
    writeln!(out)?;
    let mebibytes = |kib: u64| kib as f64 / 1_024.0;
    for (name, readings) in [("idle", &footprint.idle), ("after load", &footprint.loaded)] {
        for (target, memory) in readings {
            writeln!(
                out,
                "memory {name:<11} {target:<7} RSS {:>6.1} MiB, PSS {:>6.1} MiB, highest RSS {:>6.1} MiB",
                mebibytes(memory.rss_kib),
                mebibytes(memory.pss_kib),
                mebibytes(memory.peak_rss_kib)
            )?;
        }
    }
    let ready = &footprint.gateway_ready_ms;
    if let (Some(middle), Some((low, high))) =
        (median(ready.iter().copied()), spread(ready.iter().copied()))
    {
        writeln!(
            out,
            "start to ready: {middle:.0} ms, median of {} ({low:.0}-{high:.0})",
            ready.len()
        )?;
    }
    if let Some(version) = &footprint.gateway_version {
        writeln!(
            out,
            "gateway: {version}; it logged {:.1} MiB",
            footprint.gateway_log_bytes as f64 / 1_048_576.0
        )?;
    }
    if let Some(rows) = footprint.usage_rows {
        let answers = footprint.gateway_calls;
        writeln!(out, "answers of the gateway: {answers}; usage rows: {rows}")?;
    }
    Ok(())
}

fn write_aims(out: &mut String, aims: &[Aim]) -> fmt::Result {
    if !aims.is_empty() {
        writeln!(out, "\naims")?;
    }
    for aim in aims {
        let (verdict, sign) = (
            if aim.is_met() { "met" } else { "MISSED" },
            if aim.at_least { "≥" } else { "≤" },
        );
        writeln!(
            out,
            "  {verdict:<7} {:<56} {:>8.2} {:<4} ({sign} {})",
            aim.what, aim.measured, aim.unit, aim.limit
        )?;
    }
    Ok(())
}

fn optional(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| number(value, digits))
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", share * 100.0))
}

/// With thousands set apart.
fn number(value: f64, digits: usize) -> String {
    let plain = format!("{value:.digits$}");
    let whole = plain.find('.').unwrap_or(plain.len());
    let start = usize::from(plain.starts_with('-'));
    let mut text = String::with_capacity(plain.len() + 4);
    for (at, character) in plain.char_indices() {
        if at > start && at < whole && (whole - at) % 3 == 0 {
            text.push(',');
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::plan::Target;
    use crate::run::summary::{summarise, tests::sample};

    #[test]
    fn numbers() {
        for (value, digits, text) in [
            (0.0, 0, "0"),
            (999.4, 0, "999"),
            (1_000.0, 0, "1,000"),
            (1_234_567.0, 0, "1,234,567"),
            (-1_234.0, 0, "-1,234"),
            (-123.0, 0, "-123"),
            (1_234.56, 1, "1,234.6"),
        ] {
            assert_eq!(number(value, digits), text);
        }
    }

    #[test]
    fn all_rows_have_the_same_columns() {
        let samples = [
            sample(0, Target::Direct, 90_000.0, 100.0, None),
            sample(0, Target::Nginx, 50_000.0, 150.0, Some(20.0)),
            sample(0, Target::Dvara, 35_000.0, 165.0, Some(30.0)),
        ];
        let mut text = String::new();
        write_block(&mut text, &summarise(&samples)[0]).unwrap();
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(lines.len(), 5, "{text}");
        let width = lines[0].chars().count();
        assert!(
            lines[..4].iter().all(|line| line.chars().count() == width),
            "{text}"
        );
        assert!(
            lines[4].contains("dvara / nginx")
                && lines[4].contains("0.70×")
                && lines[4].contains("1.50×"),
            "{text}"
        );
    }
}
