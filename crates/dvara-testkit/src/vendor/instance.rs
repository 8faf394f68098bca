//! The least value that fits a JSON schema, as far as tests need it.

use serde_json::{Map, Value, json};

/// A value for `schema`: its first `enum` value or `const`, else one of its type with all its properties.
pub(super) fn of_schema(schema: &Value) -> Value {
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(value) = schema.pointer("/enum/0") {
        return value.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("string") => json!("text"),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        Some("array") => json!([of_schema(&schema["items"])]),
        Some(_) | None => Value::Object(properties(schema)),
    }
}

fn properties(schema: &Value) -> Map<String, Value> {
    let Some(properties) = schema["properties"].as_object() else {
        return Map::new();
    };
    properties
        .iter()
        .map(|(name, schema)| (name.clone(), of_schema(schema)))
        .collect()
}
