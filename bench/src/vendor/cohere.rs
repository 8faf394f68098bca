//! Cohere's Chat API, version 2.

use serde_json::{Value, json};

use super::{EVENT_STREAM, PIECE, Script, TOKENS, event, padded, stream};

pub(super) fn script(bytes: usize, chunks: usize) -> Script {
    let text = event(&json!({
        "type": "content-delta",
        "index": 0,
        "delta": { "message": { "content": { "text": PIECE } } },
    }));
    let closing = event(&json!({ "type": "content-end", "index": 0 }));
    let end = event(&json!({
        "type": "message-end",
        "delta": { "finish_reason": "COMPLETE", "usage": usage() },
    }));
    Script::new(
        padded(bytes, answer),
        EVENT_STREAM,
        stream(chunks, &opening(), &text, &closing),
        end,
    )
}

fn opening() -> Vec<u8> {
    let start = event(&json!({
        "id": "bench",
        "type": "message-start",
        "delta": { "message": { "role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": [] } },
    }));
    let content = event(&json!({
        "type": "content-start",
        "index": 0,
        "delta": { "message": { "content": { "type": "text", "text": "" } } },
    }));
    [start, content].concat()
}

fn answer(text: &str) -> String {
    json!({
        "id": "bench",
        "finish_reason": "COMPLETE",
        "message": { "role": "assistant", "content": [{ "type": "text", "text": text }] },
        "usage": usage(),
    })
    .to_string()
}

fn usage() -> Value {
    let (input, output) = TOKENS;
    json!({
        "billed_units": { "input_tokens": input, "output_tokens": output },
        "tokens": { "input_tokens": input, "output_tokens": output },
    })
}
