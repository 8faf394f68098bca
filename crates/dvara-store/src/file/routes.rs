//! `routes[]`: id, model, provider or providers, strategy, pinned_model_version, fallbacks, and what single strategies need.

use dvara_types::RouteRecord;
use serde_json::Value;

use super::reader::{Placed, Reading, Section};
use crate::admin::{CanaryDraft, RouteDraft, RouteTargetDraft, ShadowDraft, check_route};

pub(super) fn read(entries: &[Placed<'_>], reading: &mut Reading) -> Vec<RouteRecord> {
    let mut routes: Vec<RouteRecord> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let nested = Nested::read(entry, reading);
        let Some(mut section) = Section::at(entry, reading) else {
            continue;
        };
        let draft = read_one(&mut section, index, nested);
        match draft.map(|draft| check_route(&draft)) {
            None => {}
            Some(Ok(route)) if routes.iter().any(|other| other.id == route.id) => {
                section.refuse("id", format!("there are two routes `{}`", route.id));
            }
            Some(Ok(route)) => routes.push(route),
            Some(Err(problems)) => {
                for problem in problems {
                    section.refuse(&problem.field, problem.problem);
                }
            }
        }
        section.finish();
    }
    routes
}

/// The tables inside a route.
struct Nested {
    targets: Vec<RouteTargetDraft>,
    fallbacks: Vec<(String, Option<String>)>,
    canary: Option<CanaryDraft>,
    shadow: Option<ShadowDraft>,
}

impl Nested {
    fn read(entry: &Placed<'_>, reading: &mut Reading) -> Self {
        Self {
            targets: targets(entry, reading),
            fallbacks: fallbacks(entry, reading),
            canary: canary(entry, reading),
            shadow: shadow(entry, reading),
        }
    }
}

fn read_one(section: &mut Section<'_, '_>, index: usize, nested: Nested) -> Option<RouteDraft> {
    let Nested {
        mut targets,
        mut fallbacks,
        canary,
        shadow,
    } = nested;
    // Read by `Nested`; named here so that they count as known.
    section.list("providers");
    section.list("fallbacks");
    section.placed("canary_config");
    section.placed("shadow_config");
    // The form of earlier versions: one provider, for the model that was asked for.
    if let Some(provider) = section.text("fallback") {
        fallbacks.push((provider, None));
    }
    if let Some(provider) = section.text("provider") {
        if !targets.is_empty() {
            section.refuse("provider", "give either provider or providers");
        }
        targets.insert(0, RouteTargetDraft::named(provider));
        targets.truncate(1);
    }
    let workspace = section.text("workspace");
    let tenant = section.text("tenant");
    if tenant.is_some() && workspace.is_some() {
        section.refuse("workspace", "is another word for tenant; give one of them");
    }
    // A route without an id is named by its place, so that a bootstrap file means the same at every start.
    let id = section
        .text("id")
        .unwrap_or_else(|| format!("file-{}", index + 1));
    let position = i32::try_from(index).ok()?;
    let strategy = section.text("strategy");
    let pinned_model_version = section.text("pinned_model_version");
    let cost_tolerance_pct = section.number("cost_tolerance_pct");
    let latency_sla_ms = section.number("latency_sla_ms");
    let hedge_after_ms = section.number("hedge_after_ms");
    let model_tiers = section.texts("model_tiers");
    let pattern = section.text("model_pattern");
    let model_pattern = match pattern {
        Some(pattern) => {
            section.text("model");
            pattern
        }
        None => section.required("model")?,
    };
    Some(RouteDraft {
        id: Some(id),
        position: Some(position),
        model_pattern,
        strategy,
        providers: targets,
        pinned_model_version,
        fallbacks,
        tenant: tenant.or(workspace),
        cost_tolerance_pct,
        latency_sla_ms,
        model_tiers,
        canary_config: canary,
        shadow_config: shadow,
        hedge_after_ms,
    })
}

/// The member of a route, with its place.
fn member<'a>((path, value): &Placed<'a>, key: &str) -> Option<Placed<'a>> {
    let mut members = value.as_object()?.iter();
    let (_, value) = members.find(|(written, _)| written.replace('-', "_") == key)?;
    Some((format!("{path}.{key}"), value))
}

/// The entries of a list in a route, with their places.
fn entries<'a>(entry: &Placed<'a>, key: &str) -> Vec<Placed<'a>> {
    let Some((path, Value::Array(listed))) = member(entry, key) else {
        return Vec::new();
    };
    let listed = listed.iter().enumerate();
    listed
        .map(|(index, value)| (format!("{path}[{index}]"), value))
        .collect()
}

/// The entries of `fallbacks[]`: tables with a provider and perhaps a model.
fn fallbacks(entry: &Placed<'_>, reading: &mut Reading) -> Vec<(String, Option<String>)> {
    let mut fallbacks = Vec::new();
    for place in entries(entry, "fallbacks") {
        let Some(mut section) = Section::at(&place, reading) else {
            continue;
        };
        let model = section.text("model");
        if let Some(provider) = section.required("provider") {
            fallbacks.push((provider, model));
        }
        section.finish();
    }
    fallbacks
}

/// The entries of `providers[]`: names, or tables.
fn targets(entry: &Placed<'_>, reading: &mut Reading) -> Vec<RouteTargetDraft> {
    let mut targets = Vec::new();
    for place in entries(entry, "providers") {
        if let Value::String(name) = place.1 {
            targets.push(RouteTargetDraft::named(name));
            continue;
        }
        let (price_input, price_output) = price(&place, reading);
        let Some(mut section) = Section::at(&place, reading) else {
            continue;
        };
        section.placed("price");
        let target = RouteTargetDraft {
            provider: String::new(),
            weight: section.number("weight"),
            region: section.text("region"),
            model: section.text("model"),
            price_input,
            price_output,
        };
        if let Some(provider) = section.required("provider") {
            targets.push(RouteTargetDraft { provider, ..target });
        }
        section.finish();
    }
    targets
}

fn price(entry: &Placed<'_>, reading: &mut Reading) -> (Option<String>, Option<String>) {
    let place = member(entry, "price");
    let Some(mut section) = place.as_ref().and_then(|place| Section::at(place, reading)) else {
        return (None, None);
    };
    let price = (section.text("input"), section.text("output"));
    section.finish();
    price
}

fn canary(entry: &Placed<'_>, reading: &mut Reading) -> Option<CanaryDraft> {
    let place = member(entry, "canary_config")?;
    let mut section = Section::at(&place, reading)?;
    let baseline_provider = section.required("baseline_provider");
    let candidate_provider = section.required("candidate_provider");
    let draft = CanaryDraft {
        baseline_provider: baseline_provider.unwrap_or_default(),
        candidate_provider: candidate_provider.unwrap_or_default(),
        split_pct: section.number("split_pct").unwrap_or(0),
        tenant_scope: scope(&mut section),
        test_name: section.text("test_name"),
    };
    section.finish();
    Some(draft)
}

fn shadow(entry: &Placed<'_>, reading: &mut Reading) -> Option<ShadowDraft> {
    let place = member(entry, "shadow_config")?;
    let mut section = Section::at(&place, reading)?;
    let draft = ShadowDraft {
        shadow_provider: section.required("shadow_provider").unwrap_or_default(),
        shadow_model: section.text("shadow_model"),
        sample_pct: section.number("sample_pct").unwrap_or(0),
        tenant_scope: scope(&mut section),
        test_name: section.text("test_name"),
    };
    section.finish();
    Some(draft)
}

/// A tenant, or a list of them.
fn scope(section: &mut Section<'_, '_>) -> Vec<String> {
    let mut scope = Vec::new();
    for key in ["tenant_scope", "workspace_scope"] {
        match section.placed(key) {
            Some((_, Value::Array(_))) => scope.extend(section.texts(key)),
            Some(_) => scope.extend(section.text(key)),
            None => {}
        }
    }
    scope
}
