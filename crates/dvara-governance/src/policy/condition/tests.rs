use serde_json::json;

use super::*;
use crate::policy::sample::{at, conditions_of, llm_call, mcp_call};

/// Whether a block of conditions fires, asked of every condition in it.
fn fires(conditions: &str, facts: &Facts<'_>) -> bool {
    conditions_of(conditions)
        .iter()
        .all(|condition| condition.fires(facts))
}

/// Checks one block against calls, each with whether it should fire.
fn assert_fires(conditions: &str, calls: &[(Facts<'_>, bool)]) {
    for (index, (facts, expected)) in calls.iter().enumerate() {
        assert_eq!(
            fires(conditions, facts),
            *expected,
            "{conditions}, call {index}"
        );
    }
}

fn with_model(model: Option<&str>) -> Facts<'_> {
    Facts {
        model,
        ..llm_call()
    }
}

#[test]
fn model_fires_outside_its_allowlist_and_within_its_denylist() {
    assert_fires(
        "{model: {allowlist: [gpt-4o, o1]}}",
        &[
            (with_model(Some("gpt-4o")), false),
            (with_model(Some("o1")), false),
            (with_model(Some("gpt-4o-mini")), true),
            (with_model(Some("GPT-4o")), true),
            (with_model(None), false),
        ],
    );
    assert_fires(
        "{model: {denylist: [gpt-4o]}}",
        &[
            (with_model(Some("gpt-4o")), true),
            (with_model(Some("gpt-4o-2024-08-06")), false),
            (with_model(None), false),
        ],
    );
    assert_fires(
        "{model: {allowlist: [a, b], denylist: [b]}}",
        &[
            (with_model(Some("a")), false),
            (with_model(Some("b")), true),
            (with_model(Some("c")), true),
        ],
    );
}

#[test]
fn max_tokens_fires_above_its_limit_and_only_when_asked_for() {
    let asking = |max_tokens| Facts {
        max_tokens,
        ..llm_call()
    };
    assert_fires(
        "{max_tokens: {limit: 1000}}",
        &[
            (asking(Some(1001)), true),
            (asking(Some(u64::MAX)), true),
            (asking(Some(1000)), false),
            (asking(Some(0)), false),
            (asking(None), false),
        ],
    );
}

#[test]
fn tools_fire_when_any_of_them_does() {
    let offering = |tools| Facts {
        tools,
        ..llm_call()
    };
    assert_fires(
        "{tools: {denylist: [shell]}}",
        &[
            (offering(&["search", "shell"]), true),
            (offering(&["search"]), false),
            (offering(&[]), false),
        ],
    );
    assert_fires(
        "{tools: {allowlist: [search]}}",
        &[
            (offering(&["search", "shell"]), true),
            (offering(&["search", "search"]), false),
            (offering(&[]), false),
        ],
    );
}

#[test]
fn residency_fires_outside_its_regions_and_for_an_unknown_one() {
    let going_to = |region| Facts {
        region,
        ..llm_call()
    };
    assert_fires(
        "{data_residency: {allowed_regions: [eu-west-1, eu-central-1]}}",
        &[
            (going_to(Some("eu-central-1")), false),
            (going_to(Some("us-east-1")), true),
            (going_to(None), true),
        ],
    );
}

#[test]
fn budget_fires_from_its_threshold_on() {
    let spent = |budget_utilization_pct| Facts {
        budget_utilization_pct,
        ..llm_call()
    };
    assert_fires(
        "{budget_utilization: {threshold_pct: 90}}",
        &[
            (spent(Some(90.0)), true),
            (spent(Some(250.0)), true),
            (spent(Some(89.99)), false),
            (spent(Some(f64::NAN)), false),
            (spent(None), false),
        ],
    );
    assert_fires(
        "{budget_utilization: {}}",
        &[(spent(Some(75.0)), true), (spent(Some(74.9)), false)],
    );
}

#[test]
fn mcp_names_fire_on_tool_calls_alone() {
    let arguments = json!({});
    let call = mcp_call(&arguments);
    for (conditions, expected) in [
        ("{mcp_server: {allowlist: [github]}}", false),
        ("{mcp_server: {allowlist: [jira]}}", true),
        ("{mcp_server: {denylist: [github]}}", true),
        ("{mcp_server: {denylist: [jira]}}", false),
        ("{mcp_tool: {allowlist: [create_issue]}}", false),
        ("{mcp_tool: {allowlist: [list_issues]}}", true),
        ("{mcp_tool: {denylist: [create_issue]}}", true),
        ("{mcp_tool: {denylist: [create]}}", false),
    ] {
        assert_fires(conditions, &[(call, expected), (llm_call(), false)]);
    }
}

#[test]
fn all_blocks_must_fire_together() {
    let both = "{model: {denylist: [gpt-4o]}, max_tokens: {limit: 10}}";
    let asking = |model, max_tokens| Facts {
        model: Some(model),
        max_tokens: Some(max_tokens),
        ..llm_call()
    };
    assert_fires(
        both,
        &[
            (asking("gpt-4o", 11), true),
            (asking("gpt-4o", 10), false),
            (asking("o1", 11), false),
        ],
    );
}

/// Checks one rule of `mcp_arg` against arguments.
fn assert_fires_on(rule: &str, cases: &[(serde_json::Value, bool)]) {
    let conditions = format!("{{mcp_arg: {{rules: [{rule}]}}}}");
    for (arguments, expected) in cases {
        let facts = mcp_call(arguments);
        assert_eq!(
            fires(&conditions, &facts),
            *expected,
            "{rule} on {:.80}",
            arguments.to_string()
        );
    }
    assert!(!fires(&conditions, &llm_call()));
}

#[test]
fn argument_fires_by_pattern_and_by_lists() {
    assert_fires_on(
        "{name: path, pattern: '^/etc/'}",
        &[
            (json!({"path": "/etc/passwd"}), true),
            (json!({"path": "/home/etc/"}), false),
            (json!({"other": "/etc/passwd"}), false),
            (json!({"path": {}}), false),
            (json!({}), false),
            (json!(null), false),
            (json!("/etc/passwd"), false),
        ],
    );
    assert_fires_on(
        "{name: branch, denylist: [main, release]}",
        &[
            (json!({"branch": "main"}), true),
            (json!({"branch": "mainline"}), false),
        ],
    );
    assert_fires_on(
        "{name: branch, allowlist: [dev]}",
        &[
            (json!({"branch": "main"}), true),
            (json!({"branch": "dev"}), false),
            (json!({}), false),
        ],
    );
    assert_fires_on(
        "{name: a, pattern: x, denylist: [y], allowlist: [x1, y, z]}",
        &[
            (json!({"a": "x1"}), true),
            (json!({"a": "y"}), true),
            (json!({"a": "w"}), true),
            (json!({"a": "z"}), false),
        ],
    );
}

/// With backtracking this would not end.
#[test]
fn hostile_argument_is_answered_in_linear_time() {
    let hostile = "ab".repeat(256 * 1024);
    assert_fires_on(
        "{name: a, pattern: '^(a|b|ab)*(a|b|ab)*[^ab]$'}",
        &[
            (json!({ "a": hostile }), false),
            (json!({ "a": format!("{hostile}!") }), true),
        ],
    );
}

#[test]
fn scalars_are_compared_in_their_json_form() {
    assert_fires_on(
        "{name: value, denylist: ['5', '1.5', '-9223372036854775808', '18446744073709551615', '1e100', 'true', 'null']}",
        &[
            (json!({"value": 5}), true),
            (json!({"value": 1.5}), true),
            (json!({"value": i64::MIN}), true),
            (json!({"value": u64::MAX}), true),
            (json!({"value": true}), true),
            (json!({"value": null}), true),
            (json!({"value": "5"}), true),
            (json!({"value": 6}), false),
            (json!({"value": false}), false),
            (json!({"value": " 5"}), false),
        ],
    );
}

#[test]
fn lists_and_objects_do_not_hide_an_argument() {
    assert_fires_on(
        "{name: repo.branch, denylist: [main]}",
        &[
            (json!({"repo": {"branch": "main"}}), true),
            (
                json!({"repo": [{"branch": "dev"}, {"branch": "main"}]}),
                true,
            ),
            (json!({"repo": {"branch": ["dev", "main"]}}), true),
            (json!({"repo": {"branch": {"name": ["main"]}}}), true),
            (json!({"repo": {"branch": []}}), false),
            (json!({"repo": "main"}), false),
            (json!({"repo.branch": "main"}), false),
            (json!({"branch": "main"}), false),
        ],
    );
}

/// Checks a block `time_of_day` at moments.
fn assert_fires_at(times: &str, cases: &[(&str, bool)]) {
    let conditions = format!("{{time_of_day: {times}}}");
    for (now, expected) in cases {
        let facts = Facts {
            now: at(now),
            ..llm_call()
        };
        assert_eq!(fires(&conditions, &facts), *expected, "{times} at {now}");
    }
}

#[test]
fn hours_include_their_start_and_exclude_their_end() {
    assert_fires_at(
        "{deny_hours: [{start: '09:00', end: '17:30'}, {start: '23:59', end: '24:00'}]}",
        &[
            ("2026-03-06T08:59:59Z", false),
            ("2026-03-06T09:00:00Z", true),
            ("2026-03-06T17:29:59Z", true),
            ("2026-03-06T17:30:00Z", false),
            ("2026-03-06T23:58:59Z", false),
            ("2026-03-06T23:59:59Z", true),
            ("2026-03-07T00:00:00Z", false),
        ],
    );
}

#[test]
fn days_alone_fire_for_the_whole_day_of_their_zone() {
    // 6 March 2026 is a Friday; Tokyo is nine hours ahead.
    assert_fires_at(
        "{timezone: Asia/Tokyo, deny_days: [SAT, Sunday]}",
        &[
            ("2026-03-06T14:59:59Z", false),
            ("2026-03-06T15:00:00Z", true),
            ("2026-03-08T14:59:59Z", true),
            ("2026-03-08T15:00:00Z", false),
        ],
    );
}

#[test]
fn window_past_midnight_belongs_to_the_day_it_began_on() {
    assert_fires_at(
        "{deny_hours: [{start: '22:00', end: '06:00'}], deny_days: [FRI]}",
        &[
            ("2026-03-06T05:00:00Z", false), // began on Thursday
            ("2026-03-06T21:59:00Z", false),
            ("2026-03-06T22:00:00Z", true),
            ("2026-03-07T00:00:00Z", true),
            ("2026-03-07T05:59:59Z", true),
            ("2026-03-07T06:00:00Z", false),
            ("2026-03-07T22:00:00Z", false),
        ],
    );
    assert_fires_at(
        "{deny_hours: [{start: '22:00', end: '06:00'}]}",
        &[
            ("2026-03-06T05:59:00Z", true),
            ("2026-03-06T06:00:00Z", false),
            ("2026-03-06T22:00:00Z", true),
        ],
    );
}

#[test]
fn clocks_that_change_keep_the_hours_of_the_wall() {
    // Berlin skips 02:00 to 03:00 on 29 March 2026, at 01:00 UTC.
    assert_fires_at(
        "{timezone: Europe/Berlin, deny_hours: [{start: '02:00', end: '03:30'}]}",
        &[
            ("2026-03-28T01:00:00Z", true),  // 02:00 the day before
            ("2026-03-29T00:59:59Z", false), // 01:59
            ("2026-03-29T01:00:00Z", true),  // 03:00
            ("2026-03-29T01:29:59Z", true),
            ("2026-03-29T01:30:00Z", false),
        ],
    );
    assert_fires_at(
        "{timezone: Europe/Berlin, deny_hours: [{start: '02:00', end: '03:00'}]}",
        &[
            ("2026-03-29T00:59:59Z", false),
            ("2026-03-29T01:00:00Z", false),
        ],
    );
    // And has 02:00 to 03:00 twice on 25 October 2026.
    assert_fires_at(
        "{timezone: Europe/Berlin, deny_hours: [{start: '02:00', end: '03:00'}]}",
        &[
            ("2026-10-24T23:59:59Z", false),
            ("2026-10-25T00:00:00Z", true),
            ("2026-10-25T01:59:59Z", true),
            ("2026-10-25T02:00:00Z", false),
        ],
    );
}
