//! Amazon Bedrock's Converse, and ConverseStream in binary frames.

use serde_json::{Value, json};

use super::{PIECE, Script, TOKENS, padded, stream};

pub(super) fn script(bytes: usize, chunks: usize) -> Script {
    let opening = message("messageStart", &json!({ "role": "assistant" }));
    let text = json!({ "contentBlockIndex": 0, "delta": { "text": PIECE } });
    let text = message("contentBlockDelta", &text);
    let closing = [
        message("contentBlockStop", &json!({ "contentBlockIndex": 0 })),
        message("messageStop", &json!({ "stopReason": "end_turn" })),
    ]
    .concat();
    let metadata = json!({ "usage": usage(), "metrics": { "latencyMs": 551 } });
    Script::new(
        padded(bytes, answer),
        "application/vnd.amazon.eventstream",
        stream(chunks, &opening, &text, &closing),
        message("metadata", &metadata),
    )
}

fn answer(text: &str) -> String {
    json!({
        "output": { "message": { "role": "assistant", "content": [{ "text": text }] } },
        "stopReason": "end_turn",
        "usage": usage(),
        "metrics": { "latencyMs": 551 },
    })
    .to_string()
}

fn usage() -> Value {
    let (input, output) = TOKENS;
    json!({ "inputTokens": input, "outputTokens": output, "totalTokens": input + output })
}

/// One message of the stream (Amazon Transcribe, Event stream encoding).
fn message(kind: &str, payload: &Value) -> Vec<u8> {
    let headers = [
        header(":event-type", kind),
        header(":content-type", "application/json"),
        header(":message-type", "event"),
    ]
    .concat();
    let payload = payload.to_string();
    let size = |bytes: usize| (bytes as u32).to_be_bytes();
    let mut message = Vec::new();
    message.extend(size(12 + headers.len() + payload.len() + 4));
    message.extend(size(headers.len()));
    message.extend(crc32fast::hash(&message).to_be_bytes());
    message.extend(headers);
    message.extend(payload.bytes());
    message.extend(crc32fast::hash(&message).to_be_bytes());
    message
}

/// A header whose value is text, which is kind 7.
fn header(name: &str, text: &str) -> Vec<u8> {
    let mut header = vec![name.len() as u8];
    header.extend(name.bytes());
    header.push(7);
    header.extend((text.len() as u16).to_be_bytes());
    header.extend(text.bytes());
    header
}
