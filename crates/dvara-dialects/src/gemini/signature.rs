//! Signatures of thoughts, by which Google's models take up their reasoning where it stood (Gemini API, Thought signatures).
//!
//! They travel where Google's own OpenAI-compatible endpoint has them: `extra_content.google.thought_signature`, on the call
//! of a tool or on the message (Gemini API, OpenAI compatibility). A client that sends back what it got sends them back.

use serde_json::value::RawValue;

use crate::json;

/// The member that carries signatures.
pub(super) const MEMBER: &str = "extra_content";

/// What Google's models take in the place of a signature that nobody has: a history that another vendor's model began (Gemini
/// API, Thought signatures: FAQ).
pub(super) const NONE: &str = "\"skip_thought_signature_validator\"";

/// A signature on its way to the client, behind a comma; `literal` is its inside.
pub(super) fn to_client(literal: &str) -> String {
    format!(",\"{MEMBER}\":{{\"google\":{{\"thought_signature\":\"{literal}\"}}}}")
}

/// The signature that comes back in `extra_content`, as the literal that it is.
pub(super) fn of_client(extra: &RawValue) -> Option<&RawValue> {
    let google = member(extra, "google")?;
    let signature = member(google, "thought_signature")?;
    signature.get().starts_with('"').then_some(signature)
}

fn member<'a>(value: &'a RawValue, key: &str) -> Option<&'a RawValue> {
    let members = json::members(value)?;
    let found = members.into_iter().find(|member| member.key == key)?;
    Some(found.value)
}
