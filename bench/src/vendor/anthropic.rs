//! Messages.

use serde_json::{Value, json};

use super::{EVENT_STREAM, PIECE, Script, TOKENS, event, padded, stream};

pub(super) fn script(bytes: usize, chunks: usize) -> Script {
    let text = event(&json!({
        "type": "content_block_delta",
        "index": 0,
        "delta": { "type": "text_delta", "text": PIECE },
    }));
    Script::new(
        padded(bytes, |text| {
            message(json!([{ "type": "text", "text": text }]), "end_turn".into()).to_string()
        }),
        EVENT_STREAM,
        stream(chunks, &opening(), &text, &closing()),
        event(&json!({ "type": "message_stop" })),
    )
}

fn opening() -> Vec<u8> {
    let mut message = message(json!([]), Value::Null);
    message["usage"]["output_tokens"] = 1.into();
    let start = event(&json!({ "type": "message_start", "message": message }));
    let block = event(&json!({
        "type": "content_block_start",
        "index": 0,
        "content_block": { "type": "text", "text": "" },
    }));
    let ping = event(&json!({ "type": "ping" }));
    [start, block, ping].concat()
}

fn closing() -> Vec<u8> {
    let stop = event(&json!({ "type": "content_block_stop", "index": 0 }));
    let delta = event(&json!({
        "type": "message_delta",
        "delta": { "stop_reason": "end_turn", "stop_sequence": null },
        "usage": { "output_tokens": TOKENS.1 },
    }));
    [stop, delta].concat()
}

fn message(content: Value, stop_reason: Value) -> Value {
    let (input, output) = TOKENS;
    json!({
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": {
            "input_tokens": input,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": output,
            "service_tier": "standard",
        },
    })
}
