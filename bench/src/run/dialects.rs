//! What the gateway costs by what the vendor speaks: relaying OpenAI's bytes beside translating Anthropic's.

use serde::Serialize;

use super::measure::Sample;
use super::plan::{Scenario, Target};
use crate::stats::median;

/// CPU time of the gateway in microseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Dialects {
    /// Per whole call.
    pub(super) whole: Option<Compared>,
    /// Per streamed chunk, what the call itself costs included.
    pub(super) chunk: Option<Compared>,
}

/// Medians over the rounds; the ratio is taken within a round.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Compared {
    pub(super) openai: f64,
    pub(super) anthropic: f64,
    /// Anthropic's figure by OpenAI's.
    pub(super) ratio: f64,
}

/// Compares the scenarios that differ in nothing but the vendor; `None` when none of them was measured with both.
pub(super) fn compare(samples: &[Sample], chunks: usize) -> Option<Dialects> {
    let whole = compared(samples, Scenario::JsonC16, Scenario::JsonAnthropic, 1);
    let chunk = compared(samples, Scenario::SsePaced, Scenario::SseAnthropic, chunks);
    (whole.is_some() || chunk.is_some()).then_some(Dialects { whole, chunk })
}

fn compared(
    samples: &[Sample],
    openai: Scenario,
    anthropic: Scenario,
    parts: usize,
) -> Option<Compared> {
    let of = |scenario| {
        samples
            .iter()
            .filter(move |sample| sample.scenario == scenario && sample.target == Target::Dvara)
            .filter_map(move |sample| Some((sample.round, sample.cpu_us? / parts as f64)))
    };
    let ratios = of(openai).filter_map(|(round, relayed)| {
        let translated = of(anthropic).find(|(other, _)| *other == round)?.1;
        Some(translated / relayed)
    });
    Some(Compared {
        openai: median(of(openai).map(|(_, cpu)| cpu))?,
        anthropic: median(of(anthropic).map(|(_, cpu)| cpu))?,
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
            .chain(samples(Scenario::SseAnthropic, [150.0, 300.0, 180.0]))
            .collect();
        let dialects = compare(&samples, 100).unwrap();
        assert_eq!(dialects.whole, None);
        let expected = Compared {
            openai: 1.2,
            anthropic: 1.8,
            ratio: 1.5,
        };
        assert_eq!(dialects.chunk, Some(expected));
    }

    #[test]
    fn one_dialect_alone_is_no_comparison() {
        let samples: Vec<Sample> = samples(Scenario::JsonC16, [30.0; 3]).collect();
        assert_eq!(compare(&samples, 100), None);
    }
}
