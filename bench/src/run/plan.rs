//! What is measured and in which order.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::bail;
use serde::{Serialize, Serializer};

use crate::vendor::Dialect;

/// What answers the load generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Target {
    /// The bench upstream itself.
    Direct,
    /// nginx in front of it.
    Nginx,
    /// The gateway in front of it.
    Dvara,
}

/// How it is asked, and by which vendor it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Scenario {
    JsonC16,
    JsonC64,
    Json200Rps,
    SseC16,
    SsePaced,
    /// `JsonC16` with a vendor of another dialect.
    Json(Dialect),
    /// `SsePaced` likewise.
    Sse(Dialect),
    /// `JsonC16` by a route of five targets that chooses by this strategy.
    Routed(&'static str),
}

/// The strategies of routes with several targets; also the models that their routes serve.
pub(super) const STRATEGIES: [&str; 7] = [
    "round-robin",
    "weighted",
    "latency-aware",
    "cost-aware",
    "geo-aware",
    "canary",
    "prompt-cache",
];

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
    pub(super) const ALL: [Self; 22] = [
        Self::JsonC16,
        Self::JsonC64,
        Self::Json200Rps,
        Self::SseC16,
        Self::SsePaced,
        Self::Json(Dialect::Anthropic),
        Self::Sse(Dialect::Anthropic),
        Self::Json(Dialect::Gemini),
        Self::Sse(Dialect::Gemini),
        Self::Json(Dialect::Bedrock),
        Self::Sse(Dialect::Bedrock),
        Self::Json(Dialect::Cohere),
        Self::Sse(Dialect::Cohere),
        Self::Json(Dialect::Mistral),
        Self::Sse(Dialect::Mistral),
        Self::Routed(STRATEGIES[0]),
        Self::Routed(STRATEGIES[1]),
        Self::Routed(STRATEGIES[2]),
        Self::Routed(STRATEGIES[3]),
        Self::Routed(STRATEGIES[4]),
        Self::Routed(STRATEGIES[5]),
        Self::Routed(STRATEGIES[6]),
    ];

    /// What a reader of the table should know.
    pub(super) fn description(self) -> String {
        match self {
            Self::JsonC16 => "JSON, closed loop, 16 connections".into(),
            Self::JsonC64 => "JSON, closed loop, 64 connections".into(),
            Self::Json200Rps => {
                "JSON, open loop, 200 calls per second, latency from when a call was due".into()
            }
            Self::SseC16 => {
                "SSE, closed loop, 16 connections, chunks as fast as they go; a call is a stream"
                    .into()
            }
            Self::SsePaced => {
                "SSE, closed loop, 16 connections, a chunk each 5 ms; a call is a stream".into()
            }
            Self::Json(dialect) => format!("json-c16, answered by {}", dialect.name()),
            Self::Sse(dialect) => format!("sse-paced, answered by {}", dialect.name()),
            Self::Routed(strategy) => format!("json-c16, by a route of five targets, {strategy}"),
        }
    }

    pub(super) fn streams(self) -> bool {
        matches!(self, Self::SseC16 | Self::SsePaced | Self::Sse(_))
    }

    /// Whose vendor answers.
    pub(super) fn dialect(self) -> Dialect {
        match self {
            Self::Json(dialect) | Self::Sse(dialect) => dialect,
            _ => Dialect::Openai,
        }
    }

    /// The model that is asked for.
    pub(super) fn model(self) -> &'static str {
        match self {
            Self::Routed(strategy) => strategy,
            _ => self.dialect().model(),
        }
    }

    /// The vendor speaks another dialect than the client, which only the gateway can bring together.
    pub(super) fn is_translated(self) -> bool {
        self.dialect() != Dialect::Openai
    }

    /// Whether `target` can answer at all.
    fn takes(self, target: Target) -> bool {
        target == Target::Dvara || !(self.is_translated() || matches!(self, Self::Routed(_)))
    }

    /// The load generator's arguments.
    pub(super) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::JsonC16 | Self::Json(_) | Self::Routed(_) => &["--connections", "16"],
            Self::JsonC64 => &["--connections", "64"],
            Self::Json200Rps => &["--connections", "16", "--rate", "200"],
            Self::SseC16 => &["--connections", "16", "--stream"],
            Self::SsePaced | Self::Sse(_) => {
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
        match self {
            Self::JsonC16 => formatter.pad("json-c16"),
            Self::JsonC64 => formatter.pad("json-c64"),
            Self::Json200Rps => formatter.pad("json-200rps"),
            Self::SseC16 => formatter.pad("sse-c16"),
            Self::SsePaced => formatter.pad("sse-paced"),
            Self::Json(dialect) => formatter.pad(&format!("json-{}", dialect.name())),
            Self::Sse(dialect) => formatter.pad(&format!("sse-{}", dialect.name())),
            Self::Routed(strategy) => formatter.pad(&format!("json-{strategy}")),
        }
    }
}

impl Serialize for Scenario {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Plan {
    /// Reads `--only`: targets and scenarios by name, and all of a kind of which none is named.
    pub(super) fn new(only: &[String], rounds: usize) -> anyhow::Result<Self> {
        let known = |name: &str| {
            Target::ALL.iter().any(|target| target.name() == name)
                || Scenario::ALL
                    .iter()
                    .any(|scenario| scenario.to_string() == name)
        };
        if let Some(unknown) = only.iter().find(|name| !known(name)) {
            let targets = Target::ALL.map(Target::name).join(", ");
            let scenarios = Scenario::ALL
                .map(|scenario| scenario.to_string())
                .join(", ");
            bail!("--only {unknown}: neither a target ({targets}) nor a scenario ({scenarios})");
        }
        let targets = choose(&Target::ALL, |target| {
            only.iter().any(|name| name == target.name())
        });
        let scenarios = choose(&Scenario::ALL, |scenario| {
            only.iter().any(|name| *name == scenario.to_string())
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
        assert_eq!(plan(&[], 5).unwrap().turns().count(), 5 * (5 * 3 + 10 + 7));
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
