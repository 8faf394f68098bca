//! Mistral's chat completions: OpenAI's shape, with usage in the last chunk whether asked for or not.

use serde_json::{Value, json};

use super::openai::{DONE, tokens};
use super::{CREATED, EVENT_STREAM, PIECE, Script, data, padded, stream};

pub(super) fn script(bytes: usize, chunks: usize) -> Script {
    let opening = chunk(json!({ "role": "assistant", "content": "" }), Value::Null);
    let text = chunk(json!({ "content": PIECE }), Value::Null);
    let mut closing = chunk(json!({ "content": "" }), "stop".into());
    closing["usage"] = tokens();
    Script::new(
        padded(bytes, completion),
        EVENT_STREAM,
        stream(chunks, &data(&opening), &data(&text), &data(&closing)),
        DONE.to_vec(),
    )
}

fn chunk(delta: Value, finish_reason: Value) -> Value {
    json!({
        "id": "bench",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": "mistral-large-latest",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }],
    })
}

fn completion(content: &str) -> String {
    json!({
        "id": "bench",
        "object": "chat.completion",
        "created": CREATED,
        "model": "mistral-large-latest",
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": content, "tool_calls": null },
            "finish_reason": "stop",
        }],
        "usage": tokens(),
    })
    .to_string()
}
