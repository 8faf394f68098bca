//! Embeddings as OpenAI answers them (OpenAI, The embedding object). The vector of a text is its length and a half, so that a
//! test sees which text it is of.

use bytes::Bytes;
use serde_json::{Value, json};

/// The vector of a text of one byte in base64, as OpenAI's clients ask for it.
const ONE_BYTE: &str = "AACAPwAAAD8=";

/// The answer to `call`, or the complaint that OpenAI would have.
pub(super) fn to(call: &Value, reports_usage: bool) -> Result<Bytes, String> {
    let texts: Vec<&Value> = match &call["input"] {
        Value::Array(items) => items.iter().collect(),
        text @ Value::String(_) => vec![text],
        _ => return Err("'$.input' is invalid.".to_owned()),
    };
    let in_base64 = call["encoding_format"] == "base64";
    let data: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let length = text.as_str().unwrap_or_default().len();
            let embedding = match (in_base64, length) {
                (true, 1) => json!(ONE_BYTE),
                _ => json!([length, 0.5]),
            };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    let mut answer = json!({"object": "list", "data": data, "model": call["model"]});
    if reports_usage {
        answer["usage"] = json!({"prompt_tokens": texts.len(), "total_tokens": texts.len()});
    }
    Ok(answer.to_string().into())
}
