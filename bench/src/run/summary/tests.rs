use std::collections::BTreeMap;

use super::*;
use crate::load::{Quantiles, Report};

/// A sample with the figures that the summary looks at.
pub(in crate::run) fn sample(
    round: usize,
    target: Target,
    throughput: f64,
    p50: f64,
    cpu: Option<f64>,
) -> Sample {
    let quantiles = Quantiles {
        p50,
        p90: p50,
        p99: p50 * 3.0,
        max: p50 * 9.0,
        mean: p50,
    };
    Sample {
        round,
        scenario: Scenario::JsonC64,
        target,
        load: Report {
            mode: "closed".to_owned(),
            connections: 64,
            rate: None,
            duration_s: 5.0,
            requests: 1_000,
            throughput_rps: throughput,
            latency_us: quantiles,
            first_byte_us: quantiles,
            lateness_us: None,
            status: BTreeMap::from([(200, 1_000)]),
            errors: BTreeMap::new(),
            connects: 64,
            body_bytes_read: 1,
            events_read: 0,
            generator_cpu_s: 0.0,
        },
        cpu_us: cpu,
        database_us: None,
        proxy_busy: cpu.map(|_| 0.9),
        load_busy: 0.5,
        noise: 0.01,
    }
}

fn rounds() -> Vec<Sample> {
    // The machine is half as fast in the second round, for everybody.
    [1.0, 2.0, 1.0]
        .into_iter()
        .enumerate()
        .flat_map(|(round, slow)| {
            [
                sample(round, Target::Direct, 90_000.0 / slow, 100.0 * slow, None),
                sample(
                    round,
                    Target::Nginx,
                    50_000.0 / slow,
                    150.0 * slow,
                    Some(20.0 * slow),
                ),
                sample(
                    round,
                    Target::Dvara,
                    35_000.0 / slow,
                    165.0 * slow,
                    Some(30.0 * slow),
                ),
            ]
        })
        .collect()
}

#[test]
fn ratios_are_taken_within_a_round() {
    let blocks = summarise(&rounds());
    assert_eq!(blocks.len(), 1);
    let ratios = &blocks[0].ratios;
    assert_eq!(ratios.throughput, Some(0.7));
    assert_eq!(ratios.cpu, Some(1.5));
    assert_eq!(ratios.p50, Some(1.1));
    // 65 added beside 50 added.
    assert_eq!(ratios.added_p50, Some(1.3));
}

#[test]
fn rows_are_medians_with_their_spread() {
    let blocks = summarise(&rounds());
    let nginx = &blocks[0].rows[1];
    assert_eq!(
        (nginx.target, nginx.throughput_rps, nginx.cpu_us),
        (Target::Nginx, 50_000.0, Some(20.0))
    );
    assert_eq!(nginx.throughput_spread, (25_000.0, 50_000.0));
    assert_eq!(
        (nginx.added_p50, nginx.added_p99),
        (Some(50.0), Some(150.0))
    );
    assert_eq!(blocks[0].rows[0].added_p50, None);
}

#[test]
fn targets_that_were_not_measured_have_no_row_and_no_ratio() {
    let only: Vec<Sample> = rounds()
        .into_iter()
        .filter(|sample| sample.target != Target::Nginx)
        .collect();
    let block = &summarise(&only)[0];
    assert_eq!(block.rows.len(), 2);
    assert_eq!(
        (block.ratios.throughput, block.ratios.added_p50),
        (None, None)
    );
}

#[test]
fn bad_calls_are_added_up_and_not_averaged() {
    let mut samples = rounds();
    for sample in &mut samples {
        sample.load.status = BTreeMap::from([(200, 990), (503, 10)]);
        sample.load.errors = BTreeMap::from([("truncated".to_owned(), 1)]);
    }
    assert_eq!(summarise(&samples)[0].rows[2].bad, 33);
}
