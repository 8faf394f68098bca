//! Streams of OpenAI's dialect: what a vendor sends, and what a caller hears.

use bytes::Bytes;
use dvara_testkit::vendor::Turn;
use serde_json::{Value, json};

/// A stream's text, and why it ended.
pub(crate) async fn heard(answer: reqwest::Response) -> (String, String) {
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
            event["choices"][0]["delta"]["content"]
                .as_str()
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
    let event = |delta: Value, finish: Value| {
        let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
        Bytes::from(format!("data: {chunk}\n\n"))
    };
    let mut events = vec![event(
        json!({"role": "assistant", "content": ""}),
        Value::Null,
    )];
    events.extend(
        pieces
            .iter()
            .map(|piece| event(json!({"content": piece}), Value::Null)),
    );
    events.push(event(json!({}), json!("stop")));
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    Turn::pieces(events)
}
