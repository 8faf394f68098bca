//! Calls and policies to test with.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::condition::Condition;
use super::facts::{Facts, McpFacts};
use super::parse;
use super::rule::{Rule, Trigger};

/// An LLM call with a model and nothing else to ask about, on a Friday at noon UTC.
pub(super) fn llm_call() -> Facts<'static> {
    Facts {
        model: Some("gpt-4o"),
        max_tokens: None,
        tools: &[],
        stream: false,
        user: None,
        tenant_id: "acme",
        tenant_region: None,
        key_id: None,
        region: Some("eu-west-1"),
        mcp: None,
        budget_utilization_pct: None,
        now: at("2026-03-06T12:00:00Z"),
    }
}

/// A tool call with these arguments.
pub(super) fn mcp_call(arguments: &Value) -> Facts<'_> {
    Facts {
        model: None,
        mcp: Some(McpFacts {
            server: "github",
            tool: "create_issue",
            arguments,
        }),
        ..llm_call()
    }
}

pub(super) fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

/// A policy of one DENY rule `r` with this condition or expression in YAML's flow style.
pub(super) fn policy_of(trigger: &str) -> String {
    format!("version: '1'\nrules:\n- id: r\n  {trigger}\n")
}

/// The one rule of a policy.
pub(super) fn rule_of(trigger: &str) -> Rule {
    let dsl = policy_of(trigger);
    let rules = parse::rules(&dsl).unwrap_or_else(|errors| panic!("{dsl}{errors}"));
    rules.into_iter().next().unwrap()
}

/// The conditions of the one rule of a policy.
pub(super) fn conditions_of(conditions: &str) -> Box<[Condition]> {
    match rule_of(&format!("conditions: {conditions}")).trigger {
        Trigger::Conditions(conditions) => conditions,
        Trigger::Expression(_) => panic!("conditions"),
    }
}
