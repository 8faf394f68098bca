use super::*;
use crate::policy::sample::policy_of;

/// What reading a policy says, one mistake a line.
fn said(dsl: &str) -> String {
    match rules(dsl) {
        Ok(_) => "fine".to_owned(),
        Err(errors) => errors.to_string(),
    }
}

/// A policy of one rule with these further lines.
fn rule_with(lines: &str) -> String {
    format!(
        "version: \"1\"\nrules:\n  - id: r\n    conditions: {{max_tokens: {{limit: 5}}}}\n    {lines}\n"
    )
}

/// A policy of one rule on these conditions, which begin at line 4, column 15.
fn on(conditions: &str) -> String {
    policy_of(&format!("conditions: {conditions}"))
}

#[test]
fn explore() {
    let mut out = String::new();
    for dsl in [
        "version: '1'\nrule: []\n".to_owned(),
        "version: '1'\ntenant: acme\n".into(),
        "version: '1'\nname: mine\n".into(),
        "version: '1'\nstatus: SHADOW\n".into(),
        "version: '1'\nbanana: 1\n".into(),
        "version: '2'\n".into(),
        "rules: []\n".into(),
        "".into(),
        "- a\n".into(),
        "version: '1'\nrules: {a: 1}\n".into(),
        "version: '1'\nrules:\n  - just text\n".into(),
        "version: '1'\nversion: '1'\n".into(),
        "version: '1'\nrules: [\n".into(),
        "version: '1'\n---\nversion: '1'\n".into(),
        "version: '1'\nrules: *gone\n".into(),
        "version: '1'\n\trules: []\n".into(),
        rule_with("warn: true"),
        rule_with("shadow: true"),
        rule_with("message: no"),
        rule_with("tenant: acme"),
        rule_with("acton: DENY"),
        rule_with("banana: 1"),
        rule_with("action: warn"),
        rule_with("action: shadow"),
        rule_with("action: allow"),
        rule_with("action: block"),
        rule_with("action: DENI"),
        rule_with("action: banana"),
        rule_with("action: [DENY]"),
        rule_with("priority: high"),
        rule_with("priority: 1.5"),
        rule_with("priority: 4000000000"),
        rule_with("description: 5"),
        rule_with("expression: 'true'"),
        "version: '1'\nrules:\n- id: r\n".into(),
        "version: '1'\nrules:\n- id: r\n  condition: {}\n".into(),
        "version: '1'\nrules:\n- expression: 'true'\n".into(),
        "version: '1'\nrules:\n- id: 5\n  expression: 'true'\n".into(),
        "version: '1'\nrules:\n- id: ''\n  expression: 'true'\n".into(),
        "version: '1'\nrules:\n- id: r\n  expression: 'true'\n- id: r\n  expression: 'true'\n"
            .into(),
        on("{tenant: {allowlist: [acme]}}"),
        on("{modle: {allowlist: [a]}}"),
        on("{banana: {}}"),
        on("{}"),
        on("[]"),
        on("{model: {allow: [a]}}"),
        on("{model: {deny: [a]}}"),
        on("{model: {}}"),
        on("{model: {allowlist: []}}"),
        on("{model: {allowlist: a}}"),
        on("{model: {allowlist: [4]}}"),
        on("{max_tokens: {}}"),
        on("{max_tokens: {limit: 0}}"),
        on("{max_tokens: {limit: many}}"),
        on("{max_tokens: 5}"),
        on("{tools: {}}"),
        on("{data_residency: {}}"),
        on("{data_residency: {regions: [eu]}}"),
        on("{time_of_day: {}}"),
        on("{time_of_day: {timezone: Europe/Berln, deny_days: [MON]}}"),
        on("{time_of_day: {timezone: Mars, deny_days: [MON]}}"),
        on("{time_of_day: {deny_days: [MO]}}"),
        on("{time_of_day: {deny_days: [banana]}}"),
        on("{time_of_day: {deny_hours: [{start: '8:00', end: '25:00'}]}}"),
        on("{time_of_day: {deny_hours: [{start: '08:00'}]}}"),
        on("{time_of_day: {deny_hours: [{start: '08:00', end: '08:00'}]}}"),
        on("{time_of_day: {deny_hours: [{start: '08:00', end: '09:60'}]}}"),
        on("{mcp_server: {}}"),
        on("{mcp_tool: {}}"),
        on("{mcp_arg: {}}"),
        on("{mcp_arg: {rules: [{name: a}]}}"),
        on("{mcp_arg: {rules: [{pattern: a}]}}"),
        on("{mcp_arg: {rules: [{name: a, pattern: '('}]}}"),
        on("{mcp_arg: {rules: [{name: a, pattern: '\\w{500}'}]}}"),
        on("{mcp_arg: {rules: [{name: 'a..b', pattern: a}]}}"),
        on("{budget_utilization: {threshold_pct: 0}}"),
        on("{budget_utilization: {threshold_pct: '80'}}"),
    ] {
        out += &format!("{dsl}==> {}\n\n", said(&dsl));
    }
    println!("{out}");
}
