//! Chat completions.

use serde_json::{Value, json};

use super::{CREATED, EVENT_STREAM, PIECE, Script, TOKENS, data, padded, stream};

/// What ends a stream of this shape.
pub(super) const DONE: &[u8] = b"data: [DONE]\n\n";

pub(super) fn script(bytes: usize, chunks: usize) -> Script {
    let opening = chunk(json!({ "role": "assistant", "content": "" }), Value::Null);
    let text = chunk(json!({ "content": PIECE }), Value::Null);
    let closing = chunk(json!({}), "stop".into());
    let mut usage = chunk(json!({}), Value::Null);
    usage["choices"] = json!([]);
    usage["usage"] = tokens();
    Script {
        json: padded(bytes, completion),
        stream_type: EVENT_STREAM,
        pieces: stream(chunks, &data(&opening), &data(&text), &data(&closing)),
        end: DONE.to_vec(),
        end_with_usage: [&data(&usage), DONE].concat(),
    }
}

pub(super) fn tokens() -> Value {
    let (prompt, completion) = TOKENS;
    json!({ "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion })
}

fn chunk(delta: Value, finish_reason: Value) -> Value {
    json!({
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": "gpt-4o-mini-2024-07-18",
        "system_fingerprint": "fp_bench",
        "choices": [{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason }],
    })
}

fn completion(content: &str) -> String {
    json!({
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": CREATED,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": content, "refusal": null },
            "logprobs": null,
            "finish_reason": "stop",
        }],
        "usage": tokens(),
        "system_fingerprint": "fp_bench",
    })
    .to_string()
}
