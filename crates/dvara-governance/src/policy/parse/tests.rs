use proptest::prelude::*;

use super::*;
use crate::policy::expression::MAX_EXPRESSION_BYTES;
use crate::policy::pattern::MAX_PATTERNS;
use crate::policy::rule::{Action, Trigger};
use crate::policy::sample::policy_of;

/// What reading a policy says, one mistake a line.
fn said(dsl: &str) -> String {
    match rules(dsl) {
        Ok(_) => "fine".to_owned(),
        Err(errors) => errors.to_string(),
    }
}

/// A policy of one rule with this line 5.
fn rule_with(line: &str) -> String {
    format!(
        "version: \"1\"\nrules:\n  - id: r\n    conditions: {{max_tokens: {{limit: 5}}}}\n    {line}\n"
    )
}

/// A policy of one rule on these conditions, which begin at line 4, column 15.
fn on(conditions: &str) -> String {
    policy_of(&format!("conditions: {conditions}"))
}

/// Every key of the grammar.
const DOCUMENTED: &str = r#"
version: "1"
rules:
  - id: all-of-it
    description: every key of a rule
    priority: -3
    conditions:
      model: {allowlist: [gpt-4o], denylist: [o1]}
      max_tokens: {limit: 4096}
      tools: {denylist: [shell]}
      data_residency: {allowed_regions: [eu-west-1]}
      time_of_day:
        timezone: Europe/Berlin
        deny_hours: [{start: "22:00", end: "06:00"}, {start: "12:00", end: "24:00"}]
        deny_days: [SAT, sunday]
      mcp_server: {allowlist: [github]}
      mcp_tool: {denylist: [delete_repository]}
      mcp_arg: {rules: [{name: path, pattern: '^/etc/', denylist: [a], allowlist: [b]}]}
      budget_utilization: {threshold_pct: 90}
    action: warn_agent
    deny_message: unused
    warn_message: careful
  - {id: short, expression: 'request.stream'}
  - {id: default-threshold, conditions: {budget_utilization: }, action: Deny}
"#;

#[test]
fn policies_as_documented_are_read() {
    let rules = rules(DOCUMENTED).unwrap_or_else(|errors| panic!("{errors}"));
    let [all, short, default] = rules.as_slice() else {
        panic!("three rules");
    };
    assert_eq!((&*all.id, all.priority), ("all-of-it", -3));
    assert_eq!((all.action, &*all.reason), (Action::WarnAgent, "careful"));
    assert!(matches!(&all.trigger, Trigger::Conditions(blocks) if blocks.len() == 9));
    assert_eq!((short.action, short.priority), (Action::Deny, 100));
    assert_eq!(&*short.reason, "Request blocked by policy rule: short");
    assert_eq!(default.action, Action::Deny);
}

#[test]
fn policy_without_rules_is_empty() {
    for dsl in [
        "version: '1'",
        "version: 1\nrules:\n",
        "version: '1'\nrules: []",
    ] {
        assert_eq!(said(dsl), "fine");
        assert!(rules(dsl).unwrap().is_empty());
    }
}

#[test]
fn warning_without_a_message_names_its_rule() {
    let rules = rules(&rule_with("action: WARN_AGENT")).unwrap();
    assert_eq!(&*rules[0].reason, "Warning from policy rule: r");
}

#[test]
fn all_mistakes_are_said_at_once_up_to_a_bound() {
    let dsl = "version: '3'\nrules:\n- id: a\n  acton: x\n- id: b\n  priority: low\n";
    assert_eq!(
        said(dsl),
        "line 1, column 10: `version` is not one that is known; use `version: \"1\"`\n\
         line 4, column 3: unknown key `acton` in a rule; did you mean `action`?\n\
         line 5, column 3: a rule needs `conditions` or an `expression`\n\
         line 6, column 13: `priority` must be a whole number, found a text"
    );
    let many = format!("version: '1'\nrules:\n{}", "- {}\n".repeat(100));
    let errors = rules(&many).err().unwrap();
    assert_eq!(errors.iter().count(), PolicyErrors::MAX_REPORTED);
}

#[test]
fn bounds_hold_and_are_named() {
    let filled = |bytes: usize| format!("version: '1'\n#{}", " ".repeat(bytes - 14));
    assert_eq!(said(&filled(MAX_DSL_BYTES)), "fine");
    assert_eq!(
        said(&filled(MAX_DSL_BYTES + 1)),
        "the policy has 65537 bytes; at most 65536 are allowed"
    );

    let rules_of = |count: usize| {
        let rules: String = (0..count)
            .map(|id| format!("- {{id: r{id}, expression: 'true'}}\n"))
            .collect();
        format!("version: '1'\nrules:\n{rules}")
    };
    assert_eq!(said(&rules_of(MAX_RULES)), "fine");
    assert_eq!(
        said(&rules_of(MAX_RULES + 1)),
        "line 203, column 3: the policy has 201 rules; at most 200 are allowed"
    );

    let expression = |bytes: usize| {
        let padded = format!("true{}", " ".repeat(bytes - 4));
        policy_of(&format!("expression: '{padded}'"))
    };
    assert_eq!(said(&expression(MAX_EXPRESSION_BYTES)), "fine");
    assert_eq!(
        said(&expression(MAX_EXPRESSION_BYTES + 1)),
        "line 4, column 15: the expression has 2049 bytes; at most 2048 are allowed"
    );

    let patterns = |count: usize| {
        let rules = "{name: a, pattern: b},".repeat(count);
        on(&format!("{{mcp_arg: {{rules: [{rules}]}}}}"))
    };
    assert_eq!(said(&patterns(MAX_PATTERNS)), "fine");
    assert!(said(&patterns(MAX_PATTERNS + 1)).ends_with("a policy has at most 100 patterns"));
}

#[test]
fn alias_bomb_is_refused() {
    let mut bomb = "version: '1'\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..9 {
        let item = format!("*a{},", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{item}]\n"));
    }
    assert!(said(&bomb).contains("not valid YAML"));
}

/// Every mistake there is, with its place and hint. Each case is a few indented lines under the heading that says what they
/// are, and then what must be said about them.
#[test]
fn mistakes_are_placed_and_hinted() {
    let (mut heading, mut written, mut expected) = ("", Vec::new(), Vec::new());
    for line in include_str!("mistakes.txt").lines().chain(["[end]"]) {
        if let Some(said) = line.strip_prefix("=> ") {
            expected.push(said);
            continue;
        }
        if !expected.is_empty() {
            let dsl = policy_of_case(heading, &written.join("\n"));
            assert_eq!(said(&dsl), expected.join("\n"), "{dsl}");
            written.clear();
            expected.clear();
        }
        match line.strip_prefix("  ") {
            Some(text) => written.push(text),
            None => heading = line,
        }
    }
}

fn policy_of_case(heading: &str, written: &str) -> String {
    match heading {
        "[policy]" => written.to_owned(),
        "[rules]" => format!("version: '1'\nrules:\n{written}\n"),
        "[line of a rule]" => rule_with(written),
        "[conditions]" => on(written),
        "[time_of_day]" => on(&format!("{{time_of_day: {written}}}")),
        "[mcp_arg]" => on(&format!("{{mcp_arg: {{rules: {written}}}}}")),
        other => panic!("unknown heading {other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever happens to a policy's text, reading it ends, and a refusal says why.
    #[test]
    fn garbled_policy_is_read_or_refused(
        at in 0..DOCUMENTED.len(),
        lost in 0..12_usize,
        got in "[ -~\\n]{0,6}",
    ) {
        let mut dsl = DOCUMENTED.to_owned();
        dsl.replace_range(at..(at + lost).min(DOCUMENTED.len()), &got);
        if let Err(errors) = rules(&dsl) {
            prop_assert!(errors.iter().count() > 0);
            prop_assert!(errors.iter().all(|error| !error.message.is_empty()));
        }
    }
}
