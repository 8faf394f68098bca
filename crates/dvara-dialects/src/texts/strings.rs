//! The strings of a document that no type names.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json;

/// Members whose strings nobody has written as a text: names of kinds, ids, addresses, encoded bytes, signatures.
pub(super) const NO_TEXTS: [&str; 18] = [
    "type",
    "id",
    "role",
    "format",
    "data",
    "bytes",
    "signature",
    "encrypted_content",
    "file_id",
    "file_data",
    "image_url",
    "url",
    "uri",
    "mime_type",
    "media_type",
    "mimeType",
    "cache_control",
    "thoughtSignature",
];

/// Calls `each` with every string in `value` that may be a text, and its literal.
pub(super) fn each<'a>(value: &'a RawValue, each_text: &mut impl FnMut(Cow<'a, str>, &'a str)) {
    match value.get().as_bytes().first() {
        Some(b'"') => {
            if let Some(text) = json::string(value) {
                each_text(text, value.get());
            }
        }
        Some(b'[') => {
            for item in json::items(value).unwrap_or_default() {
                each(item, each_text);
            }
        }
        Some(b'{') => {
            for member in json::members(value).unwrap_or_default() {
                if !NO_TEXTS.contains(&&*member.key) {
                    each(member.value, each_text);
                }
            }
        }
        _ => {}
    }
}
