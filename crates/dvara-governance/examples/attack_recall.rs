//! How many attacks the built-in rules find, and how many harmless prompts they mistake for one.
//!
//! `cargo run -p dvara-governance --example attack_recall -- ATTACKS.jsonl HARMLESS.jsonl [--show]`: each line an object with
//! `text` and `form` (attacks) or `kind` (harmless). `--show` prints what was missed and mistaken; never use it with samples
//! that are kept for measuring.
#![expect(clippy::print_stdout, reason = "it prints a report")]

use std::collections::BTreeMap;

use dvara_governance::guardrail::{Category, Detection, GuardrailSettings, Guardrails};
use serde_json::Value;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let show = arguments.iter().any(|argument| argument == "--show");
    let (guardrails, _) = Guardrails::new(GuardrailSettings::default());
    report(&guardrails, &arguments[0], "form", true, show);
    report(&guardrails, &arguments[1], "kind", false, show);
}

fn report(guardrails: &Guardrails, path: &str, group: &str, attacks: bool, show: bool) {
    let lines = std::fs::read_to_string(path).expect("the samples are readable");
    let mut groups: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for line in lines.lines() {
        let sample: Value = serde_json::from_str(line).expect("a line is an object");
        let text = sample["text"].as_str().expect("a sample has a text");
        let mut found = Vec::new();
        guardrails.scan_request([text], &mut found);
        found.retain(|detection| {
            matches!(
                detection.category,
                Category::Injection | Category::Jailbreak
            )
        });
        let (hits, all) = groups.entry(sample[group].to_string()).or_default();
        *hits += u32::from(!found.is_empty());
        *all += 1;
        if show && found.is_empty() == attacks {
            println!(
                "{} {:?}: {text}",
                sample[group],
                found.iter().map(rule).collect::<Vec<_>>()
            );
        }
    }
    let total = groups
        .values()
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    for (name, (hits, all)) in groups
        .iter()
        .map(|(n, c)| (n.as_str(), c))
        .chain([("all", &total)])
    {
        println!(
            "{name}: {hits} of {all} = {:.1} %",
            f64::from(*hits) / f64::from(*all) * 100.0
        );
    }
}

fn rule(detection: &Detection) -> &str {
    &detection.rule
}
