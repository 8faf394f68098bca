//! Whether the parts of a route go together: what each strategy needs, and what is for another.

use dvara_types::{ProviderName, RouteRecord, RouteStrategy, RouteTarget};

use super::super::fields::Fields;
use super::RouteDraft;

/// Whether the parts of a route go together.
pub(super) fn check(fields: &mut Fields, draft: &RouteDraft, route: &RouteRecord) {
    let (strategy, providers) = (route.strategy, &route.providers);
    let mut refuse = |field: &str, problem: &str| fields.refuse(field, problem);
    let needs_providers = !matches!(strategy, RouteStrategy::ModelPrefix | RouteStrategy::Canary);
    if needs_providers && providers.is_empty() && draft.providers.is_empty() {
        refuse(
            "providers",
            &format!("`{}` chooses among providers: name them", strategy.as_str()),
        );
    }
    if strategy == RouteStrategy::ModelPrefix && providers.len() > 1 {
        refuse(
            "providers",
            "`model-prefix` uses one provider; choose a strategy that shares, such as `round-robin`",
        );
    }
    let weightless = |target: &&RouteTarget| target.weight == 0;
    match (strategy, providers.iter().find(weightless)) {
        (RouteStrategy::Weighted, Some(_)) if providers.iter().all(|target| target.weight == 0) => {
            refuse("providers", "all have weight 0, so that none would be used");
        }
        (RouteStrategy::Weighted, _) | (_, None) => {}
        (_, Some(target)) => {
            let name = &target.provider;
            refuse(
                "providers",
                &format!(
                    "`{name}` has weight 0 and would never be used; `weighted` alone has stand-ins"
                ),
            );
        }
    }
    let compares_costs =
        strategy == RouteStrategy::CostAware || route.options.cost_tolerance_pct > 0;
    if compares_costs && providers.iter().any(|target| target.price.is_none()) {
        refuse(
            "providers.price",
            "is missing: costs are compared, so each provider needs its `price`",
        );
    }
    if strategy == RouteStrategy::GeoAware && providers.iter().any(|target| target.region.is_none())
    {
        refuse(
            "providers.region",
            "is missing: `geo-aware` needs the region of each provider",
        );
    }
    let is_latency = strategy == RouteStrategy::LatencyAware;
    if route.options.cost_tolerance_pct > 0 && !is_latency {
        refuse("cost_tolerance_pct", "is for the strategy `latency-aware`");
    }
    if route.options.latency_sla_ms > 0 && !is_latency {
        refuse("latency_sla_ms", "is for the strategy `latency-aware`");
    }
    canary(fields, draft, route);
}

fn canary(fields: &mut Fields, draft: &RouteDraft, route: &RouteRecord) {
    let is_canary = route.strategy == RouteStrategy::Canary;
    match (&route.options.canary_config, is_canary) {
        (None, true) if draft.canary_config.is_none() => {
            fields.refuse(
                "canary_config",
                "is missing: `canary` needs a baseline, a candidate and a split",
            );
        }
        (Some(_), false) => {
            fields.refuse("canary_config", "is for the strategy `canary`");
        }
        (Some(canary), true) => {
            if canary.baseline == canary.candidate {
                fields.refuse(
                    "canary_config",
                    "baseline and candidate must be two providers",
                );
            }
            let has = |name: &ProviderName| {
                route
                    .providers
                    .iter()
                    .any(|target| target.provider == *name)
            };
            let has_both = has(&canary.baseline) && has(&canary.candidate);
            if !(route.providers.is_empty() || has_both) {
                fields.refuse("providers", "must hold baseline and candidate, or nobody");
            }
        }
        (None, _) => {}
    }
}
