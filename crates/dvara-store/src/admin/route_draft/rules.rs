//! What makes a record of a draft: the rules of its single fields.

use std::fmt::Display;

use dvara_types::{
    Canary, Glob, MAX_FALLBACKS, NanoUsd, Price, ProviderName, RouteFallback, RouteId,
    RouteOptions, RouteRecord, RouteStrategy, RouteTarget, Shadow, TenantId,
};

use super::super::fields::Fields;
use super::super::{FieldProblem, id_seed};
use super::{CanaryDraft, RouteDraft, RouteTargetDraft, ShadowDraft, fits};

/// The longest that a call may wait for its first target alone.
const LONGEST_HEDGE_MS: u32 = 600_000;

/// The route in a draft; its version is 0 and its position the draft's or 0.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn check(draft: &RouteDraft) -> Result<RouteRecord, Vec<FieldProblem>> {
    let mut checked = Checked {
        fields: Fields::default(),
        draft,
    };
    let id = match &draft.id {
        Some(id) => checked.fields.parse("id", id),
        None => {
            let (millis, random) = id_seed();
            Some(RouteId::mint(millis, random))
        }
    };
    let pattern = checked.fields.name("model", &draft.model_pattern);
    let strategy = checked.strategy();
    let providers = checked.providers();
    let pinned = checked.name("pinned_model_version", draft.pinned_model_version.as_ref());
    let fallbacks = checked.fallbacks();
    let options = checked.options();
    let record = RouteRecord {
        id: id.unwrap_or_else(|| RouteId::mint(0, [0; 10])),
        version: 0,
        position: draft.position.unwrap_or(0),
        model_pattern: Glob::new(pattern),
        strategy,
        providers,
        pinned_model_version: pinned,
        fallbacks,
        options,
    };
    fits::check(&mut checked.fields, draft, &record);
    let problems = checked.fields.problems();
    if problems.is_empty() {
        Ok(record)
    } else {
        Err(problems)
    }
}

struct Checked<'a> {
    fields: Fields,
    draft: &'a RouteDraft,
}

impl Checked<'_> {
    fn strategy(&mut self) -> RouteStrategy {
        match self.draft.strategy.as_deref().map(RouteStrategy::parse) {
            None => RouteStrategy::default(),
            Some(Ok(strategy)) => strategy,
            Some(Err(problem)) => {
                self.fields.refuse("strategy", problem);
                RouteStrategy::default()
            }
        }
    }

    fn name(&mut self, field: &str, text: Option<&String>) -> Option<String> {
        text.map(|text| self.fields.name(field, text))
    }

    /// A provider's name; noted and left out where it is none.
    fn provider(&mut self, field: &str, name: &str) -> Option<ProviderName> {
        self.value(field, ProviderName::parse(name.trim()))
    }

    fn value<T, E: Display>(&mut self, field: &str, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.fields.refuse(field, error.to_string()))
            .ok()
    }

    fn percent(&mut self, field: &str, number: u32) -> u8 {
        match u8::try_from(number) {
            Ok(number @ 0..=100) => number,
            _ => {
                self.fields
                    .refuse(field, "must be a percentage from 0 to 100");
                0
            }
        }
    }

    fn tenants(&mut self, field: &str, ids: &[String]) -> Vec<TenantId> {
        ids.iter()
            .filter_map(|id| self.fields.parse(field, id))
            .collect()
    }

    fn providers(&mut self) -> Vec<RouteTarget> {
        let mut providers: Vec<RouteTarget> = Vec::with_capacity(self.draft.providers.len());
        for target in &self.draft.providers {
            let region = self.name("providers.region", target.region.as_ref());
            let model = self.name("providers.model", target.model.as_ref());
            let price = self.price(target);
            let Some(provider) = self.provider("providers", &target.provider) else {
                continue;
            };
            if providers
                .iter()
                .any(|other| other.provider == provider && other.model == model)
            {
                let twice =
                    format!("`{provider}` is given twice; give the second a `model` of its own");
                self.fields.refuse("providers", twice);
            }
            providers.push(RouteTarget {
                provider,
                weight: target.weight.unwrap_or(1),
                region,
                model,
                price,
            });
        }
        providers
    }

    fn price(&mut self, target: &RouteTargetDraft) -> Option<Price> {
        let (input, output) = match (&target.price_input, &target.price_output) {
            (None, None) => return None,
            (Some(input), Some(output)) => (input, output),
            _ => {
                let both = "give `input` and `output`, US dollars for a million tokens each";
                self.fields.refuse("providers.price", both);
                return None;
            }
        };
        let input = self.value(
            "providers.price.input",
            NanoUsd::parse_dollars(input.trim()),
        );
        let output = self.value(
            "providers.price.output",
            NanoUsd::parse_dollars(output.trim()),
        );
        Some(Price {
            input: input?,
            output: output?,
        })
    }

    fn fallbacks(&mut self) -> Vec<RouteFallback> {
        let given = &self.draft.fallbacks;
        if given.len() > MAX_FALLBACKS {
            let count = given.len();
            let problem = format!("a route has at most {MAX_FALLBACKS}, and there are {count}");
            self.fields.refuse("fallbacks", problem);
        }
        let mut fallbacks = Vec::with_capacity(given.len());
        for (name, model) in given {
            let model = self.name("fallbacks.model", model.as_ref());
            if let Some(provider) = self.provider("fallbacks.provider", name) {
                let fallback = RouteFallback { provider, model };
                if fallbacks.contains(&fallback) {
                    self.fields
                        .refuse("fallbacks", format!("`{name}` is given twice"));
                }
                fallbacks.push(fallback);
            }
        }
        fallbacks
    }

    fn options(&mut self) -> RouteOptions {
        let draft = self.draft;
        let tenant = draft.tenant.as_ref();
        let tolerance = draft.cost_tolerance_pct.unwrap_or(0);
        RouteOptions {
            tenant: tenant.and_then(|id| self.fields.parse("tenant", id)),
            cost_tolerance_pct: self.percent("cost_tolerance_pct", tolerance).into(),
            latency_sla_ms: draft.latency_sla_ms.unwrap_or(0),
            model_tiers: self.tiers(),
            canary_config: draft
                .canary_config
                .as_ref()
                .and_then(|canary| self.canary(canary)),
            shadow_config: draft
                .shadow_config
                .as_ref()
                .and_then(|shadow| self.shadow(shadow)),
            hedge_after_ms: draft.hedge_after_ms.inspect(|millis| {
                if !(1..=LONGEST_HEDGE_MS).contains(millis) {
                    let range = format!("must be a number from 1 to {LONGEST_HEDGE_MS}");
                    self.fields.refuse("hedge_after_ms", range);
                }
            }),
        }
    }

    fn tiers(&mut self) -> Vec<String> {
        let mut tiers: Vec<String> = Vec::new();
        for model in &self.draft.model_tiers {
            let model = self.fields.name("model_tiers", model);
            if tiers.contains(&model) {
                self.fields
                    .refuse("model_tiers", format!("`{model}` is given twice"));
            }
            tiers.push(model);
        }
        tiers
    }

    fn canary(&mut self, canary: &CanaryDraft) -> Option<Canary> {
        let split_pct = self.percent("canary_config.split_pct", canary.split_pct);
        let tenants = self.tenants("canary_config.tenant_scope", &canary.tenant_scope);
        let test_name = self.name("canary_config.test_name", canary.test_name.as_ref());
        let baseline = self.provider("canary_config.baseline_provider", &canary.baseline_provider);
        let candidate = self.provider(
            "canary_config.candidate_provider",
            &canary.candidate_provider,
        );
        Some(Canary {
            baseline: baseline?,
            candidate: candidate?,
            split_pct,
            tenants,
            test_name,
        })
    }

    fn shadow(&mut self, shadow: &ShadowDraft) -> Option<Shadow> {
        let sample_pct = self.percent("shadow_config.sample_pct", shadow.sample_pct);
        let tenants = self.tenants("shadow_config.tenant_scope", &shadow.tenant_scope);
        let test_name = self.name("shadow_config.test_name", shadow.test_name.as_ref());
        let model = self.name("shadow_config.shadow_model", shadow.shadow_model.as_ref());
        Some(Shadow {
            provider: self.provider("shadow_config.shadow_provider", &shadow.shadow_provider)?,
            model,
            sample_pct,
            tenants,
            test_name,
        })
    }
}
