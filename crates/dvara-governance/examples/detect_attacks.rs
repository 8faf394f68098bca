//! Which texts the built-in rules take for attacks, for `make quality`: lines of `{"id", "text"}` in, lines of `{"id",
//! "detected", "rules"}` out, at the default threshold.

use std::io::{BufRead as _, Write as _};

use dvara_governance::guardrail::{Category, GuardrailSettings, Guardrails};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (guardrails, _) = Guardrails::new(GuardrailSettings::default());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line?)?;
        let rules = attacks(&guardrails, line["text"].as_str().unwrap_or_default());
        let answer = json!({"id": line["id"], "detected": !rules.is_empty(), "rules": rules});
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

/// The rules that found an attack. A prompt that swears attacks nobody.
fn attacks(guardrails: &Guardrails, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    guardrails.scan_request([text], &mut found);
    found.retain(|detection| {
        matches!(
            detection.category,
            Category::Injection | Category::Jailbreak
        )
    });
    found
        .into_iter()
        .map(|detection| detection.rule.into_owned())
        .collect()
}
