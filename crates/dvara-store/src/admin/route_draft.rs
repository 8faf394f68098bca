//! A route as somebody writes it, and the rules that make a record of it.

mod fits;
mod rules;

pub(crate) use rules::check;

/// A route as somebody writes it.
#[derive(Debug, Clone, Default)]
pub struct RouteDraft {
    /// Its id; one is made when absent.
    pub id: Option<String>,
    /// Where it stands; as before, or last, when absent.
    pub position: Option<i32>,
    /// Which models it serves: a glob.
    pub model_pattern: String,
    /// How it chooses; `model-prefix` when absent.
    pub strategy: Option<String>,
    /// Its providers; empty means any provider by model prefix.
    pub providers: Vec<RouteTargetDraft>,
    /// The model that is sent upstream in place of the one asked for.
    pub pinned_model_version: Option<String>,
    /// Where calls go when the provider failed, in order: providers, and the models to ask them for.
    pub fallbacks: Vec<(String, Option<String>)>,
    /// Whose calls it serves.
    pub tenant: Option<String>,
    /// By how many percent the quickest may be dearer than the cheapest.
    pub cost_tolerance_pct: Option<u32>,
    /// Milliseconds within which the quickest should begin its answers.
    pub latency_sla_ms: Option<u32>,
    /// Models from the best to the cheapest.
    pub model_tiers: Vec<String>,
    /// An experiment.
    pub canary_config: Option<CanaryDraft>,
    /// Who gets copies of the calls.
    pub shadow_config: Option<ShadowDraft>,
    /// After how many milliseconds the next target is asked too.
    pub hedge_after_ms: Option<u32>,
}

/// One provider of a draft.
#[derive(Debug, Clone, Default)]
pub struct RouteTargetDraft {
    /// Its name.
    pub provider: String,
    /// Its share; 1 when absent.
    pub weight: Option<u32>,
    /// Where it is.
    pub region: Option<String>,
    /// The model to ask it for.
    pub model: Option<String>,
    /// US dollars for a million tokens of prompts.
    pub price_input: Option<String>,
    /// US dollars for a million tokens of answers.
    pub price_output: Option<String>,
}

/// The experiment of a draft.
#[derive(Debug, Clone, Default)]
pub struct CanaryDraft {
    /// Who is in use.
    pub baseline_provider: String,
    /// Who is tried.
    pub candidate_provider: String,
    /// With how many of a hundred calls.
    pub split_pct: u32,
    /// With whose.
    pub tenant_scope: Vec<String>,
    /// What people call it.
    pub test_name: Option<String>,
}

/// The shadow of a draft.
#[derive(Debug, Clone, Default)]
pub struct ShadowDraft {
    /// Who.
    pub shadow_provider: String,
    /// The model to ask it for.
    pub shadow_model: Option<String>,
    /// How many of a hundred calls are copied.
    pub sample_pct: u32,
    /// Whose.
    pub tenant_scope: Vec<String>,
    /// What people call it.
    pub test_name: Option<String>,
}

impl RouteTargetDraft {
    /// A provider of which no more is said.
    pub fn named(provider: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests;
