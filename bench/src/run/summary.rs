//! Medians over rounds, and ratios that were taken within a round.

use serde::Serialize;

use super::measure::Sample;
use super::plan::{Scenario, Target};
use crate::stats::{median, spread};

/// One scenario, all targets.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Block {
    pub(super) scenario: Scenario,
    pub(super) rows: Vec<Row>,
    /// The gateway beside nginx.
    pub(super) ratios: Ratios,
}

/// Medians of one target in one scenario. Times are microseconds.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    pub(super) target: Target,
    pub(super) throughput_rps: f64,
    /// Lowest and highest round.
    pub(super) throughput_spread: (f64, f64),
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) first_byte_p50: f64,
    /// What the target adds to the direct call of the same round: to the whole answer of a JSON call, to the
    /// first byte of a stream, whose end is when the vendor says so.
    pub(super) added_p50: Option<f64>,
    pub(super) added_p99: Option<f64>,
    pub(super) cpu_us: Option<f64>,
    pub(super) database_us: Option<f64>,
    pub(super) proxy_busy: Option<f64>,
    pub(super) load_busy: f64,
    /// The worst round's, not the median.
    pub(super) noise: f64,
    /// Calls without a whole good answer, all rounds together.
    pub(super) bad: u64,
}

/// The gateway's figure divided by nginx's in the same round; the median of these.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Ratios {
    pub(super) throughput: Option<f64>,
    pub(super) p50: Option<f64>,
    pub(super) p99: Option<f64>,
    pub(super) first_byte_p50: Option<f64>,
    pub(super) cpu: Option<f64>,
    /// Of what each adds to the direct call.
    pub(super) added_p50: Option<f64>,
    pub(super) added_p99: Option<f64>,
}

/// The three measurements of one scenario in one round.
struct Round<'a> {
    direct: Option<&'a Sample>,
    nginx: Option<&'a Sample>,
    dvara: Option<&'a Sample>,
}

impl<'a> Round<'a> {
    fn of(&self, target: Target) -> Option<&'a Sample> {
        match target {
            Target::Direct => self.direct,
            Target::Nginx => self.nginx,
            Target::Dvara => self.dvara,
        }
    }

    fn added(&self, target: Target, figure: impl Fn(&Sample) -> f64) -> Option<f64> {
        if target == Target::Direct {
            return None;
        }
        Some(figure(self.of(target)?) - figure(self.direct?))
    }

    fn ratio(&self, figure: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
        quotient(figure(self.dvara?)?, figure(self.nginx?)?)
    }

    fn added_ratio(&self, figure: impl Fn(&Sample) -> f64) -> Option<f64> {
        quotient(
            self.added(Target::Dvara, &figure)?,
            self.added(Target::Nginx, &figure)?,
        )
    }
}

/// A round in which nginx added nothing at all is noise, and there is nothing to divide by.
fn quotient(ours: f64, theirs: f64) -> Option<f64> {
    (theirs > 0.0).then_some(ours / theirs)
}

/// Sums up the samples by scenario, in the order of the scenarios.
pub(super) fn summarise(samples: &[Sample]) -> Vec<Block> {
    Scenario::ALL
        .into_iter()
        .filter(|scenario| samples.iter().any(|sample| sample.scenario == *scenario))
        .map(|scenario| block(scenario, samples))
        .collect()
}

fn block(scenario: Scenario, samples: &[Sample]) -> Block {
    let count = samples
        .iter()
        .map(|sample| sample.round + 1)
        .max()
        .unwrap_or(0);
    let rounds: Vec<Round<'_>> = (0..count)
        .map(|round| {
            let find = |target| {
                samples.iter().find(|sample| {
                    sample.round == round && sample.scenario == scenario && sample.target == target
                })
            };
            Round {
                direct: find(Target::Direct),
                nginx: find(Target::Nginx),
                dvara: find(Target::Dvara),
            }
        })
        .collect();
    let rows = Target::ALL
        .into_iter()
        .filter_map(|target| row(target, &rounds))
        .collect();
    let of = |ratio: &dyn Fn(&Round<'_>) -> Option<f64>| median(rounds.iter().filter_map(ratio));
    let ratios = Ratios {
        throughput: of(&|round| round.ratio(|sample| Some(sample.load.throughput_rps))),
        p50: of(&|round| round.ratio(|sample| Some(p50(sample)))),
        p99: of(&|round| round.ratio(|sample| Some(p99(sample)))),
        first_byte_p50: of(&|round| round.ratio(|sample| Some(first_byte(sample)))),
        cpu: of(&|round| round.ratio(|sample| sample.cpu_us)),
        added_p50: of(&|round| round.added_ratio(delay_p50)),
        added_p99: of(&|round| round.added_ratio(delay_p99)),
    };
    Block {
        scenario,
        rows,
        ratios,
    }
}

fn row(target: Target, rounds: &[Round<'_>]) -> Option<Row> {
    let samples = || rounds.iter().filter_map(|round| round.of(target));
    let middle = |figure: fn(&Sample) -> f64| median(samples().map(figure));
    let optional = |figure: fn(&Sample) -> Option<f64>| median(samples().filter_map(figure));
    let added = |figure: fn(&Sample) -> f64| {
        median(
            rounds
                .iter()
                .filter_map(|round| round.added(target, figure)),
        )
    };
    Some(Row {
        target,
        throughput_rps: middle(|sample| sample.load.throughput_rps)?,
        throughput_spread: spread(samples().map(|sample| sample.load.throughput_rps))?,
        p50: middle(p50)?,
        p99: middle(p99)?,
        first_byte_p50: middle(first_byte)?,
        added_p50: added(delay_p50),
        added_p99: added(delay_p99),
        cpu_us: optional(|sample| sample.cpu_us),
        database_us: optional(|sample| sample.database_us),
        proxy_busy: optional(|sample| sample.proxy_busy),
        load_busy: middle(|sample| sample.load_busy)?,
        noise: spread(samples().map(|sample| sample.noise))?.1,
        bad: samples().map(|sample| sample.load.bad()).sum(),
    })
}

fn p50(sample: &Sample) -> f64 {
    sample.load.latency_us.p50
}

fn p99(sample: &Sample) -> f64 {
    sample.load.latency_us.p99
}

fn first_byte(sample: &Sample) -> f64 {
    sample.load.first_byte_us.p50
}

/// What a user waits for: the answer, or the beginning of a stream.
fn delay_p50(sample: &Sample) -> f64 {
    if sample.scenario.streams() {
        first_byte(sample)
    } else {
        p50(sample)
    }
}

fn delay_p99(sample: &Sample) -> f64 {
    if sample.scenario.streams() {
        sample.load.first_byte_us.p99
    } else {
        p99(sample)
    }
}

#[cfg(test)]
pub(super) mod tests;
