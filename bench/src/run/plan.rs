//! What is measured and in which order.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::bail;
use serde::{Deserialize, Serialize};

/// What answers the load generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Target {
    /// The bench upstream itself.
    Direct,
    /// nginx in front of it.
    Nginx,
    /// The gateway in front of it.
    Dvara,
}

/// How it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Scenario {
    #[serde(rename = "json-c16")]
    JsonC16,
    #[serde(rename = "json-c64")]
    JsonC64,
    #[serde(rename = "json-200rps")]
    Json200Rps,
    #[serde(rename = "sse-c16")]
    SseC16,
    #[serde(rename = "sse-paced")]
    SsePaced,
    #[serde(rename = "json-anthropic")]
    JsonAnthropic,
    #[serde(rename = "sse-anthropic")]
    SseAnthropic,
}

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) round: usize,
    pub(super) scenario: Scenario,
    pub(super) target: Target,
}

/// The chosen targets, scenarios and rounds.
#[derive(Debug)]
pub(super) struct Plan {
    targets: Vec<Target>,
    scenarios: Vec<Scenario>,
    rounds: usize,
}

impl Target {
    pub(super) const ALL: [Self; 3] = [Self::Direct, Self::Nginx, Self::Dvara];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Nginx => "nginx",
            Self::Dvara => "dvara",
        }
    }
}

impl Scenario {
    pub(super) const ALL: [Self; 7] = [
        Self::JsonC16,
        Self::JsonC64,
        Self::Json200Rps,
        Self::SseC16,
        Self::SsePaced,
        Self::JsonAnthropic,
        Self::SseAnthropic,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::JsonC16 => "json-c16",
            Self::JsonC64 => "json-c64",
            Self::Json200Rps => "json-200rps",
            Self::SseC16 => "sse-c16",
            Self::SsePaced => "sse-paced",
            Self::JsonAnthropic => "json-anthropic",
            Self::SseAnthropic => "sse-anthropic",
        }
    }

    /// What a reader of the table should know.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::JsonC16 => "JSON, closed loop, 16 connections",
            Self::JsonC64 => "JSON, closed loop, 64 connections",
            Self::Json200Rps => {
                "JSON, open loop, 200 calls per second, latency from when a call was due"
            }
            Self::SseC16 => {
                "SSE, closed loop, 16 connections, chunks as fast as they go; a call is a stream"
            }
            Self::SsePaced => {
                "SSE, closed loop, 16 connections, a chunk each 5 ms; a call is a stream"
            }
            Self::JsonAnthropic => "json-c16 with Anthropic as the vendor",
            Self::SseAnthropic => "sse-paced with Anthropic as the vendor",
        }
    }

    pub(super) fn streams(self) -> bool {
        matches!(self, Self::SseC16 | Self::SsePaced | Self::SseAnthropic)
    }

    /// The model that is asked for: its name decides which vendor is.
    pub(super) fn model(self) -> &'static str {
        if self.is_translated() {
            "claude-sonnet-4-5"
        } else {
            "gpt-4o-mini"
        }
    }

    /// The vendor speaks another dialect than the client, which only the gateway can bring together.
    pub(super) fn is_translated(self) -> bool {
        matches!(self, Self::JsonAnthropic | Self::SseAnthropic)
    }

    /// Whether `target` can answer at all.
    fn takes(self, target: Target) -> bool {
        target == Target::Dvara || !self.is_translated()
    }

    /// The load generator's arguments.
    pub(super) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::JsonC16 | Self::JsonAnthropic => &["--connections", "16"],
            Self::JsonC64 => &["--connections", "64"],
            Self::Json200Rps => &["--connections", "16", "--rate", "200"],
            Self::SseC16 => &["--connections", "16", "--stream"],
            Self::SsePaced | Self::SseAnthropic => {
                &["--connections", "16", "--stream", "--interval-us", "5000"]
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl Plan {
    /// Reads `--only`: targets and scenarios by name, and all of a kind of which none is named.
    pub(super) fn new(only: &[String], rounds: usize) -> anyhow::Result<Self> {
        let known = |name: &str| {
            Target::ALL.iter().any(|target| target.name() == name)
                || Scenario::ALL.iter().any(|scenario| scenario.name() == name)
        };
        if let Some(unknown) = only.iter().find(|name| !known(name)) {
            let targets = Target::ALL.map(Target::name).join(", ");
            let scenarios = Scenario::ALL.map(Scenario::name).join(", ");
            bail!("--only {unknown}: neither a target ({targets}) nor a scenario ({scenarios})");
        }
        let targets = choose(&Target::ALL, |target| {
            only.iter().any(|name| name == target.name())
        });
        let scenarios = choose(&Scenario::ALL, |scenario| {
            only.iter().any(|name| name == scenario.name())
        });
        Ok(Self {
            targets,
            scenarios,
            rounds: rounds.max(1),
        })
    }

    pub(super) fn includes(&self, target: Target) -> bool {
        self.targets.contains(&target)
    }

    /// The models that `target` is asked for.
    pub(super) fn models(&self, target: Target) -> BTreeSet<&'static str> {
        let scenarios = self.scenarios.iter();
        scenarios
            .filter(|scenario| scenario.takes(target))
            .map(|scenario| scenario.model())
            .collect()
    }

    /// All measurements in order: rounds, in them scenarios, in them targets, which begin with another one
    /// in each round.
    pub(super) fn turns(&self) -> impl Iterator<Item = Turn> {
        (0..self.rounds).flat_map(move |round| {
            self.scenarios.iter().flat_map(move |scenario| {
                let count = self.targets.len();
                (0..count)
                    .map(move |place| Turn {
                        round,
                        scenario: *scenario,
                        target: self.targets[(place + round) % count],
                    })
                    .filter(|turn| turn.scenario.takes(turn.target))
            })
        })
    }
}

fn choose<T: Copy>(all: &[T], named: impl Fn(&T) -> bool) -> Vec<T> {
    let chosen: Vec<T> = all.iter().copied().filter(named).collect();
    if chosen.is_empty() {
        all.to_vec()
    } else {
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(only: &[&str], rounds: usize) -> anyhow::Result<Plan> {
        Plan::new(
            &only.iter().map(ToString::to_string).collect::<Vec<_>>(),
            rounds,
        )
    }

    #[test]
    fn nothing_named_is_everything() {
        assert_eq!(plan(&[], 5).unwrap().turns().count(), 5 * (5 * 3 + 2));
    }

    #[test]
    fn targets_and_scenarios_are_chosen_independently() {
        let turns: Vec<Turn> = plan(&["nginx", "json-c64", "direct"], 1)
            .unwrap()
            .turns()
            .collect();
        let wanted = |target| Turn {
            round: 0,
            scenario: Scenario::JsonC64,
            target,
        };
        assert_eq!(turns, [wanted(Target::Direct), wanted(Target::Nginx)]);
        assert!(!plan(&["nginx"], 1).unwrap().includes(Target::Dvara));
    }

    #[test]
    fn only_the_gateway_is_asked_for_what_needs_a_translation() {
        let plan = plan(&["json-anthropic", "json-c16"], 1).unwrap();
        let turns = plan.turns().filter(|turn| turn.scenario.is_translated());
        let targets: Vec<Target> = turns.map(|turn| turn.target).collect();
        assert_eq!(targets, [Target::Dvara]);
        assert_eq!(plan.models(Target::Nginx).len(), 1);
        assert_eq!(plan.models(Target::Dvara).len(), 2);
    }

    #[test]
    fn each_target_is_first_in_turn() {
        let plan = plan(&["json-c16"], 3).unwrap();
        let first: Vec<Target> = plan.turns().step_by(3).map(|turn| turn.target).collect();
        assert_eq!(first, Target::ALL);
    }

    #[test]
    fn a_misspelt_name_is_refused_with_the_right_ones() {
        let error = plan(&["ngnix"], 1).unwrap_err().to_string();
        assert!(
            error.contains("ngnix") && error.contains("nginx") && error.contains("sse-c16"),
            "{error}"
        );
    }
}
