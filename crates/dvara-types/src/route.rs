//! Routes: rows that say who serves which models (data-plane sheet §13).

use serde::{Deserialize, Serialize};

use crate::money::dollars;
use crate::{Glob, NanoUsd, ProviderName, RouteId, TenantId};

/// How a route chooses among its providers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteStrategy {
    /// The route's first provider; without any, the provider whose prefix starts the model.
    #[default]
    ModelPrefix,
    /// Each in turn.
    RoundRobin,
    /// By chance, in proportion to their weights.
    Weighted,
    /// The one that begins its answers soonest.
    LatencyAware,
    /// The cheapest.
    CostAware,
    /// One in use and one that is tried with a share of the calls.
    Canary,
    /// The nearest to the gateway's own region.
    GeoAware,
    /// The same for each conversation, so that its prompt is found in the vendor's cache.
    PromptCache,
}

impl RouteStrategy {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::ModelPrefix,
        Self::RoundRobin,
        Self::Weighted,
        Self::LatencyAware,
        Self::CostAware,
        Self::Canary,
        Self::GeoAware,
        Self::PromptCache,
    ];

    /// Strategies that the guide knows and later work brings; a route that asks for one is refused, not served another way.
    pub const NOT_YET: [&'static str; 1] = ["intelligent"];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ModelPrefix => "model-prefix",
            Self::RoundRobin => "round-robin",
            Self::Weighted => "weighted",
            Self::LatencyAware => "latency-aware",
            Self::CostAware => "cost-aware",
            Self::Canary => "canary",
            Self::GeoAware => "geo-aware",
            Self::PromptCache => "prompt-cache",
        }
    }

    /// The strategy of a text, in the spelling of files (`model-prefix`) or of the API (`MODEL_PREFIX`).
    ///
    /// # Errors
    /// What is wrong, with what there is.
    pub fn parse(text: &str) -> Result<Self, String> {
        let spelled = text.trim().to_ascii_lowercase().replace('_', "-");
        if let Some(found) = Self::ALL.into_iter().find(|one| one.as_str() == spelled) {
            return Ok(found);
        }
        let known = Self::ALL
            .map(|one| format!("`{}`", one.as_str()))
            .join(", ");
        let problem = if Self::NOT_YET.contains(&&*spelled) {
            "is not built yet"
        } else {
            "is unknown"
        };
        Err(format!(
            "the strategy `{}` {problem}; use one of {known}",
            text.trim()
        ))
    }
}

/// What a million tokens cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Of prompts.
    #[serde(with = "dollars")]
    pub input: NanoUsd,
    /// Of answers.
    #[serde(with = "dollars")]
    pub output: NanoUsd,
}

/// One provider of a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTarget {
    /// The provider's name.
    pub provider: ProviderName,
    /// Its share, for the strategy that shares; with 0 it only stands in for the others.
    #[serde(default = "one")]
    pub weight: u32,
    /// Where it is, for the strategy that looks for the nearest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The model to ask it for, in place of the one asked for or pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What it costs, for strategies that compare costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

/// Where a route's calls go when its provider failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteFallback {
    /// The provider's name.
    pub provider: ProviderName,
    /// The model to ask it for; the one asked for when absent, which it must serve then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// A provider that is tried with a share of the calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// Who is in use.
    #[serde(rename = "baseline_provider")]
    pub baseline: ProviderName,
    /// Who is tried.
    #[serde(rename = "candidate_provider")]
    pub candidate: ProviderName,
    /// Its share of the calls, in percent; 0 takes the experiment back.
    pub split_pct: u8,
    /// Whose calls are part of it; everybody's when empty.
    #[serde(
        default,
        rename = "tenant_scope",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub tenants: Vec<TenantId>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_name: Option<String>,
}

/// A provider that gets copies of answered calls, whose answers nobody reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shadow {
    /// Who.
    #[serde(rename = "shadow_provider")]
    pub provider: ProviderName,
    /// The model to ask it for; the one asked for or pinned when absent.
    #[serde(
        default,
        rename = "shadow_model",
        skip_serializing_if = "Option::is_none"
    )]
    pub model: Option<String>,
    /// Its share of the calls, in percent.
    pub sample_pct: u8,
    /// Whose calls are copied; everybody's when empty.
    #[serde(
        default,
        rename = "tenant_scope",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub tenants: Vec<TenantId>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_name: Option<String>,
}

/// Most fallbacks of a route (data-plane sheet §13).
pub const MAX_FALLBACKS: usize = 5;

fn one() -> u32 {
    1
}

/// A route's row. The first route, by `position`, whose pattern fits a model serves it; a tenant's own routes come before everybody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRecord {
    /// Its id.
    pub id: RouteId,
    /// Grows with every change of the route; earlier versions can be brought back.
    pub version: i32,
    /// Where it stands in the table; lower is tried first.
    pub position: i32,
    /// Which models it serves.
    pub model_pattern: Glob,
    /// How it chooses among its providers.
    pub strategy: RouteStrategy,
    /// Its providers; empty means any provider by model prefix.
    pub providers: Vec<RouteTarget>,
    /// The model that is sent upstream in place of the one asked for.
    pub pinned_model_version: Option<String>,
    /// Where calls go, in order, when the provider failed.
    pub fallbacks: Vec<RouteFallback>,
    /// What else there is, most of it for one strategy only.
    pub options: RouteOptions,
}

/// What a route may say beside its providers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RouteOptions {
    /// Whose calls it serves; everybody's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// For the quickest: by how many percent a provider may be dearer than the cheapest; 0 for whatever it costs.
    #[serde(skip_serializing_if = "is_zero")]
    pub cost_tolerance_pct: u32,
    /// For the quickest: milliseconds within which answers should begin; 0 for no such wish.
    #[serde(skip_serializing_if = "is_zero")]
    pub latency_sla_ms: u32,
    /// Models from the best to the cheapest, in the order in which calls may be downgraded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model_tiers: Vec<String>,
    /// Who is tried with a share of the calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary_config: Option<Canary>,
    /// Who gets copies of the calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow_config: Option<Shadow>,
    /// After how many milliseconds without an answer the next target is asked too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hedge_after_ms: Option<u32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strategies_are_read_in_both_spellings() {
        for strategy in RouteStrategy::ALL {
            assert_eq!(RouteStrategy::parse(strategy.as_str()), Ok(strategy));
            let upper = strategy.as_str().to_ascii_uppercase().replace('-', "_");
            assert_eq!(RouteStrategy::parse(&upper), Ok(strategy));
            let json = serde_json::to_value(strategy).unwrap();
            assert_eq!(json, strategy.as_str());
        }
        let wrong = RouteStrategy::parse("fastest").unwrap_err();
        assert!(
            wrong.contains("unknown") && wrong.contains("`latency-aware`"),
            "{wrong}"
        );
        assert!(
            RouteStrategy::parse("intelligent")
                .unwrap_err()
                .contains("not built yet")
        );
    }

    #[test]
    fn options_that_say_nothing_are_not_written() {
        let nothing = serde_json::to_value(RouteOptions::default()).unwrap();
        assert_eq!(nothing, serde_json::json!({}));
        assert!(
            serde_json::from_value::<RouteOptions>(serde_json::json!({"tennant": "x"})).is_err()
        );
    }
}
