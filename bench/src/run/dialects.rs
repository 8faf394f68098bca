//! What the gateway costs by what the vendor speaks, relaying OpenAI's bytes beside translating each other dialect, and by how a
//! route of five targets chooses.

use serde::Serialize;

use super::measure::Sample;
use super::plan::{STRATEGIES, Scenario, Target};
use crate::stats::median;
use crate::vendor::Dialect;

/// CPU time of the gateway in microseconds, with the vendor of one dialect, or a route of one strategy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Spent {
    pub(super) dialect: &'static str,
    /// Per whole call.
    pub(super) whole: Option<Compared>,
    /// Per streamed chunk, what the call itself costs included.
    pub(super) chunk: Option<Compared>,
}

/// Medians over the rounds; the ratio is taken within a round.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Compared {
    pub(super) cpu_us: f64,
    /// This figure by OpenAI's.
    pub(super) ratio: f64,
}

/// Compares the scenarios that differ in nothing but the vendor; empty when none was measured beside OpenAI's.
pub(super) fn compare(samples: &[Sample], chunks: usize) -> Vec<Spent> {
    let translated = Dialect::ALL.map(|dialect| match dialect {
        Dialect::Openai => (dialect, Scenario::JsonC16, Scenario::SsePaced),
        other => (other, Scenario::Json(other), Scenario::Sse(other)),
    });
    let spent = translated.map(|(dialect, whole, stream)| Spent {
        dialect: dialect.name(),
        whole: compared(samples, Scenario::JsonC16, whole, 1),
        chunk: compared(samples, Scenario::SsePaced, stream, chunks),
    });
    let routed = STRATEGIES.map(|strategy| Spent {
        dialect: strategy,
        whole: compared(samples, Scenario::JsonC16, Scenario::Routed(strategy), 1),
        chunk: None,
    });
    let measured = |spent: &Spent| spent.whole.is_some() || spent.chunk.is_some();
    let rows: Vec<Spent> = spent.into_iter().chain(routed).filter(measured).collect();
    if rows.len() > 1 { rows } else { Vec::new() }
}

fn compared(
    samples: &[Sample],
    openai: Scenario,
    other: Scenario,
    parts: usize,
) -> Option<Compared> {
    let of = |scenario| {
        samples
            .iter()
            .filter(move |sample| sample.scenario == scenario && sample.target == Target::Dvara)
            .filter_map(move |sample| Some((sample.round, sample.cpu_us? / parts as f64)))
    };
    let ratios = of(openai).filter_map(|(round, relayed)| {
        let spent = of(other).find(|(other, _)| *other == round)?.1;
        Some(spent / relayed)
    });
    Some(Compared {
        cpu_us: median(of(other).map(|(_, cpu)| cpu))?,
        ratio: median(ratios)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::summary::tests::sample;

    fn samples(scenario: Scenario, cpu: [f64; 3]) -> impl Iterator<Item = Sample> {
        cpu.into_iter().enumerate().map(move |(round, cpu)| Sample {
            scenario,
            ..sample(round, Target::Dvara, 1_000.0, 100.0, Some(cpu))
        })
    }

    #[test]
    fn ratios_are_taken_within_a_round_and_chunks_divide_a_stream() {
        let samples: Vec<Sample> = samples(Scenario::SsePaced, [100.0, 200.0, 120.0])
            .chain(samples(
                Scenario::Sse(Dialect::Anthropic),
                [150.0, 300.0, 180.0],
            ))
            .collect();
        let spent = compare(&samples, 100);
        assert_eq!(spent[0].chunk.as_ref().unwrap().ratio, 1.0);
        let expected = Spent {
            dialect: "anthropic",
            whole: None,
            chunk: Some(Compared {
                cpu_us: 1.8,
                ratio: 1.5,
            }),
        };
        assert_eq!(spent[1..], [expected]);
    }

    #[test]
    fn one_dialect_alone_is_no_comparison() {
        let samples: Vec<Sample> = samples(Scenario::JsonC16, [30.0; 3]).collect();
        assert_eq!(compare(&samples, 100), []);
    }
}
