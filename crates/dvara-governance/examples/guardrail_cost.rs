//! What a scan costs: `cargo run --release -p dvara-governance --example guardrail_cost [NAME]`, for a profiler with a part of
//! the name of what it is to look at.
#![expect(clippy::print_stdout, reason = "it prints a report")]

use std::sync::Arc;
use std::time::Instant;

use dvara_governance::guardrail::{AnswerScanner, GuardrailSettings, Guardrails};

const SENTENCES: &str = "Please summarise the minutes of our meeting on Tuesday for a colleague who could not come. We spoke \
    about the budget of the coming quarter, the new offices in Porto and the hiring plan; nobody asked for more time. ";

fn main() {
    let guardrails = Arc::new(Guardrails::new(GuardrailSettings::default()).0);
    for (name, text) in [
        ("prompt of 1 KiB", SENTENCES.repeat(5)[..1024].to_owned()),
        (
            "prompt of 16 KiB",
            SENTENCES.repeat(80)[..16 * 1024].to_owned(),
        ),
        ("256 KiB of one attack word", "ignore ".repeat(37_450)),
        ("1 MiB of one attack word", "ignore ".repeat(149_800)),
        ("1 MiB of one letter", "i".repeat(1 << 20)),
        ("1 MiB of spaced letters", "i g n o r e ".repeat(87_381)),
        ("1 MiB of quotation marks", "\"ignore\" ".repeat(116_508)),
    ] {
        report(name, || {
            guardrails.scan_request([text.as_str()], &mut Vec::new())
        });
    }
    let mut scanner = AnswerScanner::new(guardrails, None);
    report("streamed frame of 20 bytes", || {
        scanner.push("and then he said yes", &mut Vec::new());
    });
}

fn report(name: &str, mut scan: impl FnMut()) {
    if !std::env::args()
        .nth(1)
        .is_none_or(|part| name.contains(&part))
    {
        return;
    }
    scan();
    let mut best = f64::INFINITY;
    let rounds = Instant::now();
    while rounds.elapsed().as_millis() < 300 {
        let start = Instant::now();
        scan();
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name}: {:.1} us", best * 1e6);
}
