//! What the rules would make of a call: the same questions as for a real one, and nothing is recorded.

use std::sync::Arc;

use dvara_dialects::texts::Said;
use dvara_governance::guardrail::{Direction, WindowVerdict};
use dvara_governance::pii::Counts;
use dvara_governance::policy::{Denial, Divergence, Evaluation};
use dvara_governance::tenant::TenantRules;
use serde_json::{Value, json};

use super::guardrails::{foreign, lengths};
use super::policies::PolicyQuestion;
use super::window::Judged;
use crate::read::Request;

/// Every decision, as `POST /internal/routes/explain` shows it. Types, counts and ids of rules, never a text.
pub(crate) fn explain(
    request: &Request,
    said: &[Said<'_>],
    rules: &Arc<TenantRules>,
    policies: Option<&PolicyQuestion<'_>>,
    region: Option<&str>,
    judged: Option<Judged>,
) -> Value {
    let size = rules
        .guardrails
        .settings()
        .limits
        .check_lengths(lengths(request, said));
    json!({
        "policy": policies.map(|policies| policy(&policies.ask(region))),
        "size": size.err(),
        "pii": personal_data(said, rules),
        "guardrails": guardrails(said, rules),
        "contextWindow": judged.map(context_window),
    })
}

fn context_window(judged: Judged) -> Value {
    let (verdict, left_out) = match judged.verdict {
        WindowVerdict::Fits => ("fits", Vec::new()),
        WindowVerdict::Warning(_) => ("warning", Vec::new()),
        WindowVerdict::Exceeded => ("exceeded", Vec::new()),
        WindowVerdict::Prune(places) => ("pruned", places),
    };
    json!({
        "tokens": judged.tokens,
        "exact": judged.exact,
        "maxContextTokens": judged.window,
        "verdict": verdict,
        "prunedMessages": left_out,
    })
}

fn policy(evaluation: &Evaluation) -> Value {
    let denial = |denial: &Denial| json!({"policy_id": &*denial.policy_id, "rule_id": &*denial.rule_id, "reason": &*denial.reason});
    let warnings = evaluation.warnings.iter().map(|warning| {
        json!({"policy_id": &*warning.policy_id, "rule_id": &*warning.rule_id, "message": &*warning.message})
    });
    let shadow = evaluation.shadow.iter().map(|shadow| {
        json!({
            "policy_id": &*shadow.policy_id,
            "rule_id": &*shadow.rule_id,
            "reason": &*shadow.reason,
            "divergence_type": shadow.divergence.map(Divergence::as_str),
        })
    });
    json!({
        "denial": evaluation.denial.as_ref().map(denial),
        "warnings": warnings.collect::<Vec<_>>(),
        "shadow": shadow.collect::<Vec<_>>(),
    })
}

fn personal_data(said: &[Said<'_>], rules: &TenantRules) -> Value {
    let mut counts = Counts::default();
    if rules.pii.settings.enabled {
        for one in said {
            counts.add_all(&rules.pii.detectors.scan(&one.text));
        }
    }
    let action = rules.pii.settings.action.as_str();
    json!({"action": action, "found": counts.payload("request")})
}

fn guardrails(said: &[Said<'_>], rules: &TenantRules) -> Value {
    let mut found = Vec::new();
    rules.guardrails.scan_request(foreign(said), &mut found);
    let outcome = rules.guardrails.outcome(found);
    json!(outcome.audit_payload(Direction::Request))
}
