//! Everything that is in force for a tenant, compiled once for each snapshot of the configuration.

use serde_json::{Map, Value};

use std::fmt;
use std::sync::Arc;

use crate::SettingProblem;
use crate::guardrail::{GuardrailSettings, Guardrails};
use crate::pii::{PiiRules, PiiSettings};
use crate::policy::nearest;

/// What the platform sets for everybody.
#[derive(Clone, Default)]
pub struct RuleSettings {
    /// About personal data.
    pub pii: PiiSettings,
    /// About attacks and contents.
    pub guardrails: GuardrailSettings,
}

impl fmt::Debug for RuleSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RuleSettings")
            .field("pii", &self.pii)
            .finish_non_exhaustive()
    }
}

/// What is in force for one tenant.
#[derive(Clone)]
pub struct TenantRules {
    /// About personal data.
    pub pii: PiiRules,
    /// About attacks and contents.
    pub guardrails: Arc<Guardrails>,
}

impl fmt::Debug for TenantRules {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TenantRules")
            .field("pii", &self.pii)
            .finish_non_exhaustive()
    }
}

impl TenantRules {
    /// What is in force for who sets nothing for itself.
    pub fn of_platform(settings: &RuleSettings) -> Self {
        Self {
            pii: PiiRules::of_platform(settings.pii),
            guardrails: Arc::new(Guardrails::new(settings.guardrails.clone()).0),
        }
    }

    /// What is in force for the tenant of these metadata. What is wrong in them is named; the platform's value is in force for it.
    pub fn of_tenant(
        settings: &RuleSettings,
        metadata: &Map<String, Value>,
    ) -> (Self, Vec<SettingProblem>) {
        let (pii, mut problems) = PiiRules::of_tenant(settings.pii, metadata);
        let (guardrails, wrong) = settings.guardrails.with_tenant(metadata);
        problems.extend(wrong);
        let (guardrails, wrong) = Guardrails::new(guardrails);
        problems.extend(wrong);
        problems.extend(unknown(metadata));
        let rules = Self {
            pii,
            guardrails: Arc::new(guardrails),
        };
        (rules, problems)
    }
}

/// Every setting about rules that a tenant may have, beside `guardrail.content.<category>.action`.
const SETTINGS: [&str; 22] = [
    "pii.enabled",
    "pii.action",
    "pii.scan-responses",
    "pii.auto-detokenize-response",
    "pii.degraded-action",
    "pii.custom-patterns",
    "guardrail.enabled",
    "guardrail.action",
    "guardrail.risk-score-threshold",
    "guardrail.classifier-action",
    "guardrail.scan-responses",
    "guardrail.max-input-tokens",
    "guardrail.max-messages-per-request",
    "guardrail.max-message-length",
    "guardrail.default-max-response-tokens",
    "guardrail.context.warning-threshold-pct",
    "guardrail.context.hard-threshold-pct",
    "guardrail.context.pruning-strategy",
    "guardrail.competitors",
    "guardrail.topics",
    "guardrail.denylist",
    "guardrail.custom-injection-patterns",
];

/// Keys that stand for rules and for none that there is: a slip of the pen must not be taken for a note.
fn unknown(metadata: &Map<String, Value>) -> impl Iterator<Item = SettingProblem> {
    let is_ours = |key: &&String| key.starts_with("pii.") || key.starts_with("guardrail.");
    let is_known =
        |key: &&String| SETTINGS.contains(&key.as_str()) || key.starts_with("guardrail.content.");
    let unknown = metadata.keys().filter(is_ours);
    let unknown = unknown.filter(move |key| !is_known(key));
    unknown.map(|key| SettingProblem {
        key: key.clone(),
        message: match nearest(key, SETTINGS) {
            Some(known) => format!("there is no such setting; did you mean `{known}`?"),
            None => format!(
                "there is no such setting; there are {}",
                SETTINGS.join(", ")
            ),
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_no_note() {
        let metadata = json!({"pii.actoin": "BLOCK", "guardrail.weather": 1, "guardrail.content.profanity.action": "LOG", "team": "a"});
        let metadata = metadata.as_object().unwrap();
        let (_, problems) = TenantRules::of_tenant(&RuleSettings::default(), metadata);
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said.contains(
            &"pii.actoin: there is no such setting; did you mean `pii.action`?".to_owned()
        ));
        assert!(said.iter().any(|one| {
            one.starts_with("guardrail.weather: there is no such setting; there are pii.enabled,")
        }));
    }

    #[test]
    fn every_setting_that_is_listed_is_read() {
        for key in SETTINGS {
            let wrong = json!({key: {"neither": ["a list", "nor a word"]}});
            let (_, problems) =
                TenantRules::of_tenant(&RuleSettings::default(), wrong.as_object().unwrap());
            assert!(
                problems.iter().any(|problem| problem.key.starts_with(key)),
                "{key} is not read"
            );
        }
    }
}
