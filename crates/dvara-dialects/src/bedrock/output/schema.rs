//! A schema as Bedrock takes it for answers.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json::{self, Member};
use crate::splice::{Edits, Span};

/// A schema whose objects have no more members than they name: Bedrock demands that each says so (Get validated JSON results from
/// models: supported JSON Schema features). An answer without further members fits the client's schema as well. Borrowed
/// when every object says so; all else stays byte for byte.
pub(in crate::bedrock) fn closed(schema: &RawValue) -> Cow<'_, str> {
    let text = schema.get();
    let mut edits = Edits::new();
    close(schema, text, &mut edits);
    if edits.is_empty() {
        return Cow::Borrowed(text);
    }
    let edited = edits.apply(&bytes::Bytes::copy_from_slice(text.as_bytes()));
    Cow::Owned(String::from_utf8(edited.to_vec()).expect("made of texts"))
}

fn close(schema: &RawValue, whole: &str, edits: &mut Edits<'_>) {
    let Some(members) = json::members(schema) else {
        return;
    };
    let find = |key: &str| members.iter().find(|member| member.key == key);
    if is_object(find("type")) && find("additionalProperties").is_none() {
        let inside = Span::of(schema.get(), whole).start + 1;
        let comma = if members.is_empty() { "" } else { "," };
        edits.replace(
            Span::before(inside),
            format!("\"additionalProperties\":false{comma}"),
        );
    }
    for member in &members {
        match &*member.key {
            "properties" | "$defs" | "definitions" => {
                for inner in json::members(member.value).unwrap_or_default() {
                    close(inner.value, whole, edits);
                }
            }
            "anyOf" | "oneOf" => {
                for inner in json::items(member.value).unwrap_or_default() {
                    close(inner, whole, edits);
                }
            }
            "items" => close(member.value, whole, edits),
            _ => {}
        }
    }
}

/// Whether a schema of this `type` is one of objects: `"object"`, alone or in a list.
fn is_object(kind: Option<&Member<'_>>) -> bool {
    let is_object = |value: &RawValue| json::string(value).as_deref() == Some("object");
    kind.is_some_and(|kind| {
        let kinds = json::items(kind.value).unwrap_or_default();
        is_object(kind.value) || kinds.into_iter().any(is_object)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_that_are_open_are_closed_and_nothing_else_changes() {
        for (schema, expected) in [
            (
                r#"{ "type":"object","properties":{"z":{},"a":{"enum":[1.0,1e2]}} }"#,
                r#"{"additionalProperties":false, "type":"object","properties":{"z":{},"a":{"enum":[1.0,1e2]}} }"#,
            ),
            (
                r#"{"type":"object","additionalProperties":false,"properties":{"a":{"type":"array","items":{"type":["object","null"]}}}}"#,
                r#"{"type":"object","additionalProperties":false,"properties":{"a":{"type":"array","items":{"additionalProperties":false,"type":["object","null"]}}}}"#,
            ),
            (
                r##"{"$ref":"#/$defs/x","$defs":{"x":{"anyOf":[{"type":"object"},{"type":"object","additionalProperties":{}}]}}}"##,
                r##"{"$ref":"#/$defs/x","$defs":{"x":{"anyOf":[{"additionalProperties":false,"type":"object"},{"type":"object","additionalProperties":{}}]}}}"##,
            ),
        ] {
            let value: &RawValue = serde_json::from_str(schema).unwrap();
            assert_eq!(closed(value), expected);
        }
        for schema in [
            r#"{"type":"object","additionalProperties":false}"#,
            r#"{"type":"string"}"#,
            "true",
            "[]",
            "{}",
        ] {
            let value: &RawValue = serde_json::from_str(schema).unwrap();
            assert!(matches!(closed(value), Cow::Borrowed(_)), "{schema}");
        }
    }
}
