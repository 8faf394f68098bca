//! Tenants' own patterns, and what is done with findings.

use std::borrow::Cow;

use super::super::{CustomPattern, Detectors, Kind, for_json, placeholder, replace, tokens};
use super::{found, of};

fn reason(pattern: &str) -> String {
    CustomPattern::new("staff id", pattern)
        .unwrap_err()
        .to_string()
}

#[test]
fn a_tenants_pattern_is_found_beside_the_built_in_rules() {
    let pattern = CustomPattern::new("staff id", r"\bEMP-[0-9]{6}\b").unwrap();
    let detectors = Detectors::new(vec![pattern]).unwrap();
    let text = "EMP-123456 is a@b.io, not EMP-1234567";
    assert_eq!(
        of(text, &detectors.scan(text)),
        [(Kind::Custom, "EMP-123456"), (Kind::Email, "a@b.io")]
    );
}

#[test]
fn a_pattern_that_cannot_be_in_force_says_why() {
    assert!(
        reason("(").contains("not a regular expression: unclosed group"),
        "{}",
        reason("(")
    );
    assert!(reason("a+").contains("any length; write `{1,20}`"));
    assert!(reason("a{1,600}").contains("may match 600 bytes, and 512 are allowed"));
    assert!(reason("a?").contains("matches an empty text"));
    assert!(reason("(?:[a-z]{1,20}){1,26}").contains("512"));
    assert!(
        reason("a(?=b)").contains("look-around"),
        "{}",
        reason("a(?=b)")
    );
}

#[test]
fn no_more_than_so_many_patterns_are_in_force() {
    let pattern = CustomPattern::new("x", "x").unwrap();
    assert!(Detectors::new(vec![pattern.clone(); 32]).is_ok());
    let problem = Detectors::new(vec![pattern; 33]).unwrap_err();
    assert!(problem.reason.contains("32"), "{problem}");
}

#[test]
fn the_surest_finding_stands_then_the_longest_then_the_earliest() {
    // The URL's password and host look like an e-mail address.
    assert_eq!(
        found("https://user:secret@example.com"),
        [(Kind::UrlCredentials, "https://user:secret@example.com")]
    );
    let patterns =
        ["abcd", "cdefgh", "ghij"].map(|pattern| CustomPattern::new(pattern, pattern).unwrap());
    let detectors = Detectors::new(patterns.to_vec()).unwrap();
    let text = "abcdefghij";
    assert_eq!(of(text, &detectors.scan(text)), [(Kind::Custom, "cdefgh")]);
    let text = "abcd ghij";
    assert_eq!(detectors.scan(text).len(), 2);
}

#[test]
fn a_placeholder_names_the_kind_or_the_tenants_label() {
    assert_eq!(placeholder(Kind::Email, None), "[REDACTED_EMAIL]");
    assert_eq!(
        placeholder(Kind::Custom, Some("Staff -- id #1")),
        "[REDACTED_STAFF_ID_1]"
    );
}

#[test]
fn findings_are_replaced_and_the_rest_stays() {
    let text = "ä a@b.io ö c@d.io";
    let findings = Detectors::default().scan(text);
    let replaced = replace(text, &findings, |finding, value| {
        (value != "c@d.io").then(|| Cow::Owned(placeholder(finding.kind, None)))
    });
    assert_eq!(replaced, "ä [REDACTED_EMAIL] ö c@d.io");
}

#[test]
fn nothing_is_found_in_what_stands_for_something_already() {
    for text in [
        "passport [REDACTED_PASSPORT_NUMBER]",
        "Dr. [REDACTED_PERSON_NAME]",
        "{{PII_EMAIL_0112ab}}",
        "phone {{PII_PHONE_NUMBER_01998877665544332211}}",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
    let greedy = Detectors::new(vec![CustomPattern::new("x", "[A-Z_]{3,20}").unwrap()]).unwrap();
    assert_eq!(greedy.scan("[REDACTED_EMAIL] {{PII_EMAIL_ab}}"), []);
}

#[test]
fn arguments_of_tools_stay_json() {
    let text = r#"{"mail": "a \"q\" a@b.io", "card": 4111111111111111}"#;
    let findings = Detectors::default().scan(text);
    let replaced = replace(text, &findings, |finding, _| {
        Some(for_json(text, finding, placeholder(finding.kind, None)).into())
    });
    assert_eq!(
        replaced,
        r#"{"mail": "a \"q\" [REDACTED_EMAIL]", "card": "[REDACTED_CREDIT_CARD]"}"#
    );
    assert!(serde_json::from_str::<serde_json::Value>(&replaced).is_ok());
}

#[test]
fn tokens_become_what_they_stand_for_and_others_stay() {
    let open = |kind: &str, digits: &str| (digits == "0a").then(|| format!("<{kind}>"));
    let text = "{{PII_EMAIL_0a}} and {{PII_PHONE_NUMBER_0a}}, {{PII_EMAIL_0b}} {{PII_ {{x}} ä";
    assert_eq!(
        tokens(text, open).as_deref(),
        Some("<EMAIL> and <PHONE_NUMBER>, {{PII_EMAIL_0b}} {{PII_ {{x}} ä")
    );
    assert_eq!(tokens("nothing {{PII_EMAIL_0b}}", open), None);
}
