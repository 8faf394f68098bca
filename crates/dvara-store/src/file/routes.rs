//! `routes[]`: id, model, provider or providers, strategy, pinned_model_version, fallbacks.

use dvara_types::RouteRecord;
use serde_json::Value;

use super::reader::{Placed, Reading, Section};
use crate::admin::{RouteDraft, check_route};

/// Fields of later strategies. Those that change who answers are refused by their strategy.
const NOT_BUILT: [&str; 5] = [
    "cost_tolerance_pct",
    "latency_sla_ms",
    "model_tiers",
    "canary_config",
    "shadow_config",
];

pub(super) fn read(entries: &[Placed<'_>], reading: &mut Reading) -> Vec<RouteRecord> {
    let mut routes: Vec<RouteRecord> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let targets = targets(entry, reading);
        let fallbacks = fallbacks(entry, reading);
        let Some(mut section) = Section::at(entry, reading) else {
            continue;
        };
        let draft = read_one(&mut section, index, targets, fallbacks);
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

fn read_one(
    section: &mut Section<'_, '_>,
    index: usize,
    mut targets: Vec<(String, Option<u32>)>,
    mut fallbacks: Vec<(String, Option<String>)>,
) -> Option<RouteDraft> {
    // Read by `targets` and `fallbacks`; named here so that they count as known.
    section.list("providers");
    section.list("fallbacks");
    // The form of earlier versions: one provider, for the model that was asked for.
    if let Some(provider) = section.text("fallback") {
        fallbacks.push((provider, None));
    }
    if let Some(provider) = section.text("provider") {
        if !targets.is_empty() {
            section.refuse("provider", "give either provider or providers");
        }
        targets.insert(0, (provider, None));
        targets.truncate(1);
    }
    for key in NOT_BUILT {
        section.not_built(key);
    }
    // A route without an id is named by its place, so that a bootstrap file means the same at every start.
    let id = section
        .text("id")
        .unwrap_or_else(|| format!("file-{}", index + 1));
    let position = i32::try_from(index).ok()?;
    let strategy = section.text("strategy");
    let pinned_model_version = section.text("pinned_model_version");
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
    })
}

/// The entries of `fallbacks[]`: tables with a provider and perhaps a model.
fn fallbacks(entry: &Placed<'_>, reading: &mut Reading) -> Vec<(String, Option<String>)> {
    let (path, value) = entry;
    let listed = value.as_object().and_then(|table| table.get("fallbacks"));
    let Some(Value::Array(listed)) = listed else {
        return Vec::new();
    };
    let mut fallbacks = Vec::new();
    for (index, value) in listed.iter().enumerate() {
        let place = (format!("{path}.fallbacks[{index}]"), value);
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

/// The entries of `providers[]`: names, or tables with a weight.
fn targets(entry: &Placed<'_>, reading: &mut Reading) -> Vec<(String, Option<u32>)> {
    let mut targets = Vec::new();
    let (path, value) = entry;
    let listed = value.as_object().and_then(|table| table.get("providers"));
    let Some(Value::Array(listed)) = listed else {
        return targets;
    };
    for (index, value) in listed.iter().enumerate() {
        let place = (format!("{path}.providers[{index}]"), value);
        if let Value::String(name) = value {
            targets.push((name.clone(), None));
            continue;
        }
        let Some(mut section) = Section::at(&place, reading) else {
            continue;
        };
        let weight = section.number("weight");
        section.not_built("region");
        if let Some(provider) = section.required("provider") {
            targets.push((provider, weight));
        }
        section.finish();
    }
    targets
}
