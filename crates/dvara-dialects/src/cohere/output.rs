//! `response_format` → the form that Cohere's models keep to (Cohere, Structured Outputs).
//!
//! A schema holds whether it is called strict or not: Cohere's models can't write anything else. Beside
//! tools it has no format; beside documents that is the vendor's to judge.

use serde_json::value::RawValue;

use super::fields::{DESCRIPTION_OF_A_FORMAT, FORMAT_BESIDE_TOOLS, MEMBER_OF_A_FORMAT};
use crate::fields::Drops;
use crate::json;
use crate::request::{ChatRequest, Conversation, OutputFormat};
use crate::writer::Writer;

/// Writes `response_format`.
pub(super) fn write(
    out: &mut Writer,
    request: &ChatRequest,
    conversation: &Conversation<'_>,
    drops: &mut Drops,
) {
    if !matches!(conversation.output, OutputFormat::Text) && !conversation.tools.is_empty() {
        let (field, reason) = FORMAT_BESIDE_TOOLS;
        drops.add(field, reason);
        return;
    }
    let schema = match &conversation.output {
        OutputFormat::Text => return,
        OutputFormat::Json => own_schema(request, drops),
        OutputFormat::Schema {
            schema,
            description,
            ..
        } => {
            if description.is_some() {
                let (field, reason) = DESCRIPTION_OF_A_FORMAT;
                drops.add(field, reason);
            }
            *schema
        }
    };
    out.json(",\"response_format\":{\"type\":\"json_object\"");
    if let Some(schema) = schema.filter(|schema| !json::is_null(schema)) {
        out.json(",\"json_schema\":").raw(schema);
    }
    out.json("}");
}

/// The schema of a `json_object`, which only Cohere's dialect has there, under either of its names.
fn own_schema<'c>(request: &'c ChatRequest, drops: &mut Drops) -> Option<&'c RawValue> {
    let json::Members(members) = serde_json::from_str(request.text()).ok()?;
    let format = members
        .into_iter()
        .find(|member| member.key == "response_format")?;
    let mut schema = None;
    for member in json::members(format.value)? {
        match &*member.key {
            "type" => {}
            "json_schema" | "schema" if schema.is_none() => schema = Some(member.value),
            _ => {
                let (field, reason) = MEMBER_OF_A_FORMAT;
                drops.add(field, reason);
            }
        }
    }
    schema
}
