use serde_json::json;

use super::*;
use crate::policy::sample::llm_call;

#[test]
fn text_that_does_not_compile_denies_with_what_is_wrong() {
    let run = dry_run("version: '1'\nrule: []\nname: x\n", &llm_call());
    let first = "line 2, column 1: unknown key `rule` in a policy; did you mean `rules`?";
    let second = "line 3, column 1: unknown key `name` in a policy; name and description are set on the policy, not in its text";
    assert_eq!(
        serde_json::to_value(&run).unwrap(),
        json!({
            "valid": false,
            "decision": "DENY",
            "reason": format!("{first}\n{second}"),
            "rule_id": null,
            "warnings": [],
            "errors": [first, second],
        })
    );
}

#[test]
fn first_denial_in_the_order_of_the_text_decides() {
    let dsl = "
version: '1'
rules:
- {id: never, priority: 1, expression: 'false'}
- {id: first, priority: 500, expression: 'true', deny_message: no}
- {id: second, priority: 1, expression: 'true'}
- {id: hm, action: WARN_AGENT, expression: 'true', warn_message: careful}
- {id: quiet, action: WARN_AGENT, expression: 'false'}
";
    assert_eq!(
        serde_json::to_value(dry_run(dsl, &llm_call())).unwrap(),
        json!({
            "valid": true,
            "decision": "DENY",
            "reason": "no",
            "rule_id": "first",
            "warnings": ["careful"],
            "errors": [],
        })
    );
}

#[test]
fn call_that_no_rule_denies_is_allowed() {
    let warns =
        "version: '1'\nrules:\n- {id: hm, action: WARN_AGENT, priority: 1, expression: 'true'}\n";
    let run = dry_run(warns, &llm_call());
    assert_eq!((run.valid, run.decision), (true, DryRunDecision::Allow));
    assert_eq!(run.warnings, ["Warning from policy rule: hm"]);
    assert_eq!((run.reason, run.rule_id), (None, None));
    let empty = dry_run("version: '1'", &llm_call());
    assert_eq!(empty.decision, DryRunDecision::Allow);
}
