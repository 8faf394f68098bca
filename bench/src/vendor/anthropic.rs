//! Messages.

use serde_json::{Value, json};

use super::{PIECE, Script, TOKENS, padded};

/// A JSON answer of `bytes` and a stream of `chunks` pieces, at least two.
///
/// The first piece opens the message and its block, the last one closes them: with as many pieces of text between as
/// OpenAI sends, both dialects come to the same answer at the same pace.
pub(crate) fn script(bytes: usize, chunks: usize) -> Script {
    let chunks = chunks.max(2);
    let pieces = (0..chunks)
        .map(|index| match index {
            0 => opening(),
            last if last + 1 == chunks => closing(),
            _ => event(&json!({
                "type": "content_block_delta",
                "index": 0,
                "delta": { "type": "text_delta", "text": PIECE },
            })),
        })
        .collect();
    let end = event(&json!({ "type": "message_stop" }));
    Script {
        json: padded(bytes, |text| {
            message(json!([{ "type": "text", "text": text }]), "end_turn".into()).to_string()
        }),
        pieces,
        end_with_usage: end.clone(),
        end,
    }
}

fn opening() -> String {
    let mut message = message(json!([]), Value::Null);
    message["usage"]["output_tokens"] = 1.into();
    let start = event(&json!({ "type": "message_start", "message": message }));
    let block = event(&json!({
        "type": "content_block_start",
        "index": 0,
        "content_block": { "type": "text", "text": "" },
    }));
    let ping = event(&json!({ "type": "ping" }));
    format!("{start}{block}{ping}")
}

fn closing() -> String {
    let stop = event(&json!({ "type": "content_block_stop", "index": 0 }));
    let delta = event(&json!({
        "type": "message_delta",
        "delta": { "stop_reason": "end_turn", "stop_sequence": null },
        "usage": { "output_tokens": TOKENS.1 },
    }));
    format!("{stop}{delta}")
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

fn event(value: &Value) -> String {
    let kind = value["type"].as_str().unwrap_or_default();
    format!("event: {kind}\ndata: {value}\n\n")
}
