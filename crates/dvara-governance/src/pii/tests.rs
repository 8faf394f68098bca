mod rules;
mod streams;
mod tenants;

use super::{Detectors, Finding, Kind};

/// What is found in a text by the built-in rules, as kind and value.
fn found(text: &str) -> Vec<(Kind, &str)> {
    of(text, &Detectors::default().scan(text))
}

fn of<'t>(text: &'t str, findings: &[Finding]) -> Vec<(Kind, &'t str)> {
    findings
        .iter()
        .map(|finding| (finding.kind, &text[finding.start..finding.end]))
        .collect()
}
