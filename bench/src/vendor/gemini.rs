//! Gemini's generateContent and its stream, which ends with its last answer and no word of its own.

use serde_json::{Value, json};

use super::{EVENT_STREAM, PIECE, Script, TOKENS, data, padded, stream};

pub(super) fn script(bytes: usize, chunks: usize) -> Script {
    let opening = data(&answer("", Value::Null));
    let text = data(&answer(PIECE, Value::Null));
    let closing = data(&answer("", "STOP".into()));
    Script::new(
        padded(bytes, |text| answer(text, "STOP".into()).to_string()),
        EVENT_STREAM,
        stream(chunks, &opening, &text, &closing),
        Vec::new(),
    )
}

fn answer(text: &str, finish_reason: Value) -> Value {
    let (prompt, candidates) = TOKENS;
    let mut candidate = json!({
        "content": { "parts": [{ "text": text }], "role": "model" },
        "index": 0,
    });
    if !finish_reason.is_null() {
        candidate["finishReason"] = finish_reason;
    }
    json!({
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": prompt,
            "candidatesTokenCount": candidates,
            "totalTokenCount": prompt + candidates,
            "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": prompt }],
        },
        "modelVersion": "gemini-2.5-flash",
        "responseId": "bench",
    })
}
