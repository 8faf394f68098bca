//! Streams of OpenAI's dialect: what a vendor sends, and what a caller hears.

use bytes::Bytes;
use dvara_testkit::vendor::Turn;
use serde_json::{Value, json};

/// A stream's text, and why it ended.
pub(crate) async fn heard(answer: reqwest::Response) -> (String, String) {
    heard_of(answer, "/content").await
}

/// The arguments of a stream's first tool call, and why it ended.
pub(crate) async fn heard_call(answer: reqwest::Response) -> (String, String) {
    heard_of(answer, "/tool_calls/0/function/arguments").await
}

async fn heard_of(answer: reqwest::Response, member: &str) -> (String, String) {
    assert_eq!(answer.status(), 200);
    let stream = answer.text().await.unwrap();
    let (mut text, mut end) = (String::new(), String::new());
    for data in stream
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
    {
        let event: Value = serde_json::from_str(data).unwrap();
        text.push_str(
            event["choices"][0]["delta"]
                .pointer(member)
                .and_then(Value::as_str)
                .unwrap_or_default(),
        );
        end.push_str(
            event["choices"][0]["finish_reason"]
                .as_str()
                .unwrap_or_default(),
        );
    }
    assert!(stream.ends_with("data: [DONE]\n\n"), "{stream}");
    (text, end)
}

/// A vendor's stream that says these pieces.
pub(crate) fn stream_of(pieces: &[&str]) -> Turn {
    let deltas = pieces.iter().map(|piece| json!({"content": piece}));
    stream_of_deltas(deltas, "stop")
}

/// A vendor's stream of one tool's call, whose arguments come in these pieces.
pub(crate) fn call_of(pieces: &[&str]) -> Turn {
    let deltas = pieces
        .iter()
        .map(|piece| json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}));
    let first = json!({"tool_calls": [{"index": 0, "id": "c", "type": "function",
        "function": {"name": "send", "arguments": ""}}]});
    stream_of_deltas(std::iter::once(first).chain(deltas), "tool_calls")
}

fn stream_of_deltas(deltas: impl Iterator<Item = Value>, finish: &str) -> Turn {
    let event = |delta: Value, finish: Value| {
        let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
        Bytes::from(format!("data: {chunk}\n\n"))
    };
    let mut events = vec![event(
        json!({"role": "assistant", "content": ""}),
        Value::Null,
    )];
    events.extend(deltas.map(|delta| event(delta, Value::Null)));
    events.push(event(json!({}), json!(finish)));
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    Turn::pieces(events)
}
