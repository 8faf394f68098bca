//! Reasoning in the words of `thinking_blocks`, so that a conversation may move between Bedrock and Anthropic.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::json;

/// A block of reasoning that people may read, as an object without its closing brace. Both are insides of literals.
pub(super) fn readable(text: &str, signature: &str) -> String {
    let mut open = format!("{{\"type\":\"thinking\",\"thinking\":\"{text}\"");
    if !signature.is_empty() {
        open.push_str(",\"signature\":\"");
        open.push_str(signature);
        open.push('"');
    }
    open
}

/// A block of reasoning that only its vendor can read, likewise: Bedrock's bytes are Anthropic's text. Bytes that are no text stay
/// in base64, under Bedrock's name for them.
pub(super) fn hidden(bytes: &[u8]) -> String {
    let (name, text) = match std::str::from_utf8(bytes) {
        Ok(text) => ("data", json::quote(text)),
        Err(_) => ("redactedContent", json::quote(&STANDARD.encode(bytes))),
    };
    format!("{{\"type\":\"redacted_thinking\",\"{name}\":{text}")
}

/// The bytes of a `redactedContent`; `None` when it is no base64.
pub(super) fn bytes(redacted: &str) -> Option<Vec<u8>> {
    STANDARD.decode(redacted).ok()
}
