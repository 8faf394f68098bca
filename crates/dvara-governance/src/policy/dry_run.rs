//! Trying a policy's text on a sample call, without storing anything (control-plane.md §9.5).

use serde::Serialize;

use super::facts::Facts;
use super::parse;
use super::rule::Action;

/// What a policy would do to a sample call; the answer of `POST /v1/admin/policies/dry-run`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DryRun {
    /// Whether the text compiles.
    pub valid: bool,
    /// What would become of the call; a text that does not compile denies.
    pub decision: DryRunDecision,
    /// Why it would be denied: the rule's reason, or what is wrong with the text.
    pub reason: Option<String>,
    /// The rule that would deny it.
    pub rule_id: Option<String>,
    /// The messages of all WARN_AGENT rules that fire, in the order of the text; they change nothing about the decision.
    pub warnings: Vec<String>,
    /// Every mistake in the text.
    pub errors: Vec<String>,
}

/// What would become of a sample call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum DryRunDecision {
    /// It would pass.
    Allow,
    /// It would be refused.
    Deny,
}

/// Tries a policy's text on a sample call. The first DENY rule that fires decides, in the order of the text and whatever the
/// priorities: an author reads from top to bottom.
pub fn dry_run(dsl: &str, facts: &Facts<'_>) -> DryRun {
    let rules = match parse::rules(dsl) {
        Ok(rules) => rules,
        Err(errors) => {
            return DryRun {
                valid: false,
                decision: DryRunDecision::Deny,
                reason: Some(errors.to_string()),
                rule_id: None,
                warnings: Vec::new(),
                errors: errors.iter().map(ToString::to_string).collect(),
            };
        }
    };
    let firing = |action| {
        rules
            .iter()
            .filter(move |rule| rule.action == action)
            .filter_map(|rule| Some((rule, rule.fires(facts)?)))
    };
    let denial = firing(Action::Deny).next();
    DryRun {
        valid: true,
        decision: match denial {
            Some(_) => DryRunDecision::Deny,
            None => DryRunDecision::Allow,
        },
        reason: denial.as_ref().map(|(_, reason)| reason.to_string()),
        rule_id: denial.as_ref().map(|(rule, _)| rule.id.to_string()),
        warnings: firing(Action::WarnAgent)
            .map(|(_, message)| message.to_string())
            .collect(),
        errors: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
