//! Chat completions.

use serde_json::{Value, json};

use super::{CREATED, PIECE, Script, TOKENS, padded};

/// A JSON answer of `bytes` and a stream of `chunks` chunks, at least two.
pub(crate) fn script(bytes: usize, chunks: usize) -> Script {
    let chunks = chunks.max(2);
    let pieces = (0..chunks)
        .map(|index| match index {
            0 => chunk(json!({ "role": "assistant", "content": "" }), Value::Null),
            last if last + 1 == chunks => chunk(json!({}), "stop".into()),
            _ => chunk(json!({ "content": PIECE }), Value::Null),
        })
        .map(|chunk| event(&chunk))
        .collect();
    let mut usage = chunk(json!({}), Value::Null);
    usage["choices"] = json!([]);
    usage["usage"] = tokens();
    let end = "data: [DONE]\n\n".to_owned();
    Script {
        json: padded(bytes, completion),
        pieces,
        end_with_usage: format!("{}{end}", event(&usage)),
        end,
    }
}

fn tokens() -> Value {
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

fn event(value: &Value) -> String {
    format!("data: {value}\n\n")
}
