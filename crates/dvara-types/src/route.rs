//! Routes: rows that say who serves which models (data-plane sheet §13).

use serde::{Deserialize, Serialize};

use crate::{Glob, ProviderName, RouteId};

/// How a route chooses among its providers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteStrategy {
    /// The route's first provider; without any, the provider whose prefix starts the model.
    #[default]
    ModelPrefix,
}

impl RouteStrategy {
    /// Strategies that the guide knows and later work brings; a route that asks for one is refused, not served another way.
    pub const NOT_YET: [&'static str; 7] = [
        "round-robin",
        "weighted",
        "latency-aware",
        "cost-aware",
        "canary",
        "geo-aware",
        "intelligent",
    ];
}

/// One provider of a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTarget {
    /// The provider's name.
    pub provider: ProviderName,
    /// Its share, for strategies that share.
    #[serde(default = "one")]
    pub weight: u32,
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

/// Most fallbacks of a route (data-plane sheet §13).
pub const MAX_FALLBACKS: usize = 5;

fn one() -> u32 {
    1
}

/// A route's row. The first route, by `position`, whose pattern fits a model serves it.
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
}
