use super::*;
use crate::request::{ChatRequest, ReadLimits};
use bytes::Bytes;

fn holds(condition: &str) -> bool {
    let body = r#"{
        "model": "mock/x", "user": "ann", "stream": true,
        "tools": [{"type": "function", "function": {"name": "f"}}],
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "What is"}, {"type": "text", "text": "the weather?"}]}
        ]
    }"#;
    let request =
        ChatRequest::read_openai(Bytes::from_static(body.as_bytes()), &ReadLimits::default());
    let request = request.unwrap();
    let conversation = request.conversation().unwrap();
    let facts = Facts::of(&request, &conversation, request.model());
    Matcher::parse(condition).unwrap().matches(&facts)
}

#[test]
fn conditions_hold_as_their_words_say() {
    for (condition, expected) in [
        (r#"model == "mock/x""#, true),
        (r#"model != "mock/x""#, false),
        (r#"model like "mock/*""#, true),
        (r#"model like "mock""#, false),
        (r#"last contains "weather""#, true),
        (r#"last contains "Weather""#, false),
        (r#"last == "What is\nthe weather?""#, true),
        (r#"last starts_with "What" and last ends_with "?""#, true),
        (r#"role == "user""#, true),
        (r#"system contains "brief""#, true),
        (r#"last contains "brief""#, false),
        (r#"any contains "brief""#, true),
        (r#"user == "ann""#, true),
        ("tools", true),
        ("stream and not json", true),
        ("images", false),
        ("not not tools", true),
        ("messages == 2", true),
        ("messages<2 or messages>2", false),
        (
            "messages >= 2 and messages <= 2 and not messages != 2",
            true,
        ),
        // `and` binds tighter than `or`.
        ("tools or json and images", true),
        ("(tools or json) and images", false),
        (r#"not (tools and json)"#, true),
    ] {
        assert_eq!(holds(condition), expected, "{condition}");
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (condition, at, part) in [
        ("", 1, "a word"),
        ("modle == \"x\"", 1, "a word"),
        ("model = \"x\"", 7, "`==`"),
        ("model == x", 10, "double quotes"),
        ("model == \"x", 10, "double quotes"),
        ("tools tools", 7, "the end"),
        ("(tools", 7, "`)`"),
        ("tools and", 10, "a word"),
        ("messages > many", 12, "a number"),
        ("messages 5", 10, "`==`"),
        ("tools android", 7, "the end"),
    ] {
        let error = Matcher::parse(condition).unwrap_err();
        assert_eq!(error.at, at, "{condition}: {error}");
        assert!(error.what.contains(part), "{condition}: {error}");
    }
}

#[test]
fn nesting_is_bounded_and_negation_is_not_nesting() {
    let nested = |depth: usize| format!("{}tools{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Matcher::parse(&nested(31)).is_ok());
    assert!(Matcher::parse(&nested(100_000)).is_err());
    assert!(Matcher::parse(&format!("{}tools", "not ".repeat(100_000))).is_ok());
}
