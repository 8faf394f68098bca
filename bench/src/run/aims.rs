//! The figures that the gateway is held to, and whether they were reached.

use serde::Serialize;

use super::plan::{Scenario, Target};
use super::stage::Footprint;
use super::summary::{Block, Ratios};
use crate::stats::median;

/// One aim.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Aim {
    pub(super) what: &'static str,
    pub(super) limit: f64,
    /// A floor and not a ceiling.
    pub(super) at_least: bool,
    pub(super) unit: &'static str,
    pub(super) measured: f64,
}

impl Aim {
    pub(super) fn is_met(&self) -> bool {
        if self.at_least {
            self.measured >= self.limit
        } else {
            self.measured <= self.limit
        }
    }
}

/// All aims that this run says something about.
pub(super) fn check(blocks: &[Block], footprint: &Footprint) -> Vec<Aim> {
    let ratio = |scenario, figure: fn(&Ratios) -> Option<f64>| {
        blocks
            .iter()
            .find(|block| block.scenario == scenario)
            .and_then(|block| figure(&block.ratios))
    };
    let idle = footprint
        .idle
        .iter()
        .find(|(target, _)| *target == Target::Dvara);
    let ceiling = |what, limit, unit, measured: Option<f64>| {
        measured.map(|measured| Aim {
            what,
            limit,
            at_least: false,
            unit,
            measured,
        })
    };
    let aims = [
        ceiling(
            "CPU per call beside nginx, 16 connections",
            1.7,
            "×",
            ratio(Scenario::JsonC16, |ratios| ratios.cpu),
        ),
        ratio(Scenario::JsonC64, |ratios| ratios.throughput).map(|measured| Aim {
            what: "throughput beside nginx, 64 connections",
            limit: 0.6,
            at_least: true,
            unit: "×",
            measured,
        }),
        ceiling(
            "added p50 beside what nginx adds, 200 calls per second",
            1.3,
            "×",
            ratio(Scenario::Json200Rps, |ratios| ratios.added_p50),
        ),
        ceiling(
            "added p99 beside what nginx adds, 200 calls per second",
            1.5,
            "×",
            ratio(Scenario::Json200Rps, |ratios| ratios.added_p99),
        ),
        ceiling(
            "idle resident memory",
            20.0,
            "MiB",
            idle.map(|(_, memory)| memory.rss_kib as f64 / 1_024.0),
        ),
        ceiling(
            "start to ready, migrated schema",
            300.0,
            "ms",
            median(footprint.gateway_ready_ms.iter().copied()),
        ),
    ];
    aims.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proc::Memory;
    use crate::run::summary::{summarise, tests::sample};

    fn footprint(rss_kib: u64) -> Footprint {
        let memory = Memory {
            rss_kib,
            peak_rss_kib: rss_kib,
            pss_kib: rss_kib,
        };
        Footprint {
            idle: vec![(Target::Dvara, memory)],
            loaded: Vec::new(),
            gateway_ready_ms: vec![250.0, 900.0, 260.0],
            gateway_version: None,
            gateway_log_bytes: 0,
            gateway_calls: 0,
            usage_rows: None,
        }
    }

    #[test]
    fn floors_and_ceilings() {
        let samples = [
            sample(0, Target::Nginx, 50_000.0, 150.0, Some(20.0)),
            sample(0, Target::Dvara, 25_000.0, 165.0, Some(30.0)),
        ];
        let aims = check(&summarise(&samples), &footprint(20 * 1_024));
        let found: Vec<_> = aims
            .iter()
            .map(|aim| (aim.unit, aim.measured, aim.is_met()))
            .collect();
        assert_eq!(
            found,
            [("×", 0.5, false), ("MiB", 20.0, true), ("ms", 260.0, true)]
        );
        assert!(!check(&[], &footprint(20 * 1_024 + 1))[0].is_met());
    }
}
