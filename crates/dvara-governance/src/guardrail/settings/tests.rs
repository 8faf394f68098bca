use serde_json::json;

use super::*;

fn tenant(metadata: Value) -> (GuardrailSettings, Vec<String>) {
    let Value::Object(metadata) = metadata else {
        panic!("metadata are an object")
    };
    let (settings, problems) = GuardrailSettings::default().with_tenant(&metadata);
    (settings, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn defaults_are_the_documented_ones() {
    let settings = GuardrailSettings::default();
    assert!(settings.enabled);
    assert_eq!((settings.action, settings.threshold), (Action::Log, 0.7));
    assert_eq!(
        settings.classifier_action,
        ClassifierAction::Use(Action::Flag)
    );
    assert_eq!(settings.default_max_response_tokens, None);
    assert_eq!(
        (
            settings.window.warning_percent,
            settings.window.hard_percent
        ),
        (70, None)
    );
    assert_eq!(settings.window.strategy, PruningStrategy::None);
}

#[test]
fn every_key_of_the_metadata_is_understood() {
    let (settings, problems) = tenant(json!({
        "guardrail.enabled": "false", "guardrail.action": "block", "guardrail.risk-score-threshold": 0.5,
        "guardrail.classifier-action": "INHERIT", "guardrail.content.competitor_mention.action": "FLAG",
        "guardrail.max-input-tokens": "10", "guardrail.max-messages-per-request": 11, "guardrail.max-message-length": "12",
        "guardrail.default-max-response-tokens": "13", "guardrail.context.warning-threshold-pct": "60",
        "guardrail.context.hard-threshold-pct": "80", "guardrail.context.pruning-strategy": "TRUNCATE_MIDDLE",
        "guardrail.competitors": "Acme Corp, Globex", "guardrail.topics": ["Politics"],
        "guardrail.denylist": "{\"launch\": \"project x\"}", "guardrail.custom-injection-patterns": "[a-z]+ now\n\nopen sesame",
        "pii.action": "whatever",
    }));
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(
        (settings.enabled, settings.action, settings.threshold),
        (false, Action::Block, 0.5)
    );
    assert_eq!(settings.classifier_action, ClassifierAction::Inherit);
    assert_eq!(
        settings.category_actions.get(Category::CompetitorMention),
        Some(Action::Flag)
    );
    assert_eq!(settings.category_actions.get(Category::Sexual), None);
    let limits = SizeLimits {
        max_input_tokens: 10,
        max_messages_per_request: 11,
        max_message_length: 12,
    };
    assert_eq!(settings.limits, limits);
    assert_eq!(settings.default_max_response_tokens, Some(13));
    let strategy = PruningStrategy::TruncateMiddle;
    assert_eq!(
        settings.window,
        WindowSettings {
            warning_percent: 60,
            hard_percent: Some(80),
            strategy
        }
    );
    let entries = |list: &[Named]| {
        list.iter()
            .map(|n| format!("{}={}", n.label, n.text))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        entries(&settings.lists.competitors),
        ["acme-corp=Acme Corp", "globex=Globex"]
    );
    assert_eq!(entries(&settings.lists.topics), ["politics=Politics"]);
    assert_eq!(entries(&settings.lists.denylist), ["launch=project x"]);
    assert_eq!(
        entries(&settings.lists.injection_patterns),
        ["1=[a-z]+ now", "3=open sesame"]
    );
}

#[test]
fn a_wrong_value_is_named_with_its_fix_and_the_platforms_stays() {
    let (settings, problems) = tenant(json!({
        "guardrail.action": "DENY", "guardrail.risk-score-threshold": "70", "guardrail.content.weather.action": "LOG",
        "guardrail.competitors": 7, "guardrail.max-message-length": "-1", "guardrail.enabled": "yes",
    }));
    assert!(settings == GuardrailSettings::default());
    let expected = [
        "guardrail.action: write BLOCK, FLAG or LOG",
        "guardrail.competitors: write words between commas, or a JSON array of strings",
        "guardrail.content.weather.action: no such category; write one of injection, jailbreak, profanity, violence, sexual, \
         competitor-mention, topic-restriction, content-policy, hallucination, custom",
        "guardrail.enabled: write true or false",
        "guardrail.max-message-length: write a whole number, 0 or more",
        "guardrail.risk-score-threshold: write a number from 0 to 1",
    ];
    let mut problems = problems;
    problems.sort();
    assert_eq!(problems, expected);
}
