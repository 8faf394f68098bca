//! Tools and the choice among them (Cohere, Tool use).
//!
//! A named choice is a demand for some call, with no other tool on offer: Cohere's API has no word for one tool among many.

use serde_json::value::RawValue;

use super::encode::literal;
use super::fields::{
    CHOICE_WITHOUT_TOOLS, MEMBER_OF_A_TOOL, OTHER_CHOICE, OTHER_TOOL, SOME_STRICT_TOOLS, Said,
    refusal,
};
use crate::fields::Drops;
use crate::json;
use crate::request::{ChatRequest, Conversation, ReadError, Tool, ToolChoice, ToolFunction};
use crate::writer::Writer;

/// Writes `tools`, `tool_choice` and `strict_tools`.
///
/// # Errors
/// Names the tool or the choice that only another vendor understands.
pub(super) fn write(
    out: &mut Writer,
    request: &ChatRequest,
    conversation: &Conversation<'_>,
    said: &Said<'_>,
    drops: &mut Drops,
) -> Result<(), ReadError> {
    let choice = conversation.tool_choice.as_ref();
    if conversation.tools.is_empty() {
        if !matches!(choice, None | Some(ToolChoice::None | ToolChoice::Auto)) {
            let (field, reason) = CHOICE_WITHOUT_TOOLS;
            drops.add(field, reason);
        }
        return Ok(());
    }
    let offered = offered(conversation)?;
    for (index, tool) in offered.iter().enumerate() {
        out.json(if index == 0 { ",\"tools\":[" } else { "," });
        function(out, request, tool, drops);
    }
    out.json("]");
    if let Some(word) = choice.map(word).transpose()?.flatten() {
        out.json(",\"tool_choice\":\"").json(word).json("\"");
    }
    if !said.has_own("strict_tools") {
        strict(out, &offered, drops);
    }
    Ok(())
}

/// The tools that the model gets to see.
fn offered<'c>(conversation: &'c Conversation<'c>) -> Result<Vec<&'c ToolFunction<'c>>, ReadError> {
    let mut functions = Vec::with_capacity(conversation.tools.len());
    for (index, tool) in conversation.tools.iter().enumerate() {
        match tool {
            Tool::Function(function) => functions.push(function),
            Tool::Opaque(value) => return Err(no_function(index, value)),
        }
    }
    if let Some(ToolChoice::Named(name)) = &conversation.tool_choice {
        functions.retain(|function| function.name == *name);
        if functions.is_empty() {
            return Err(ReadError::invalid(
                "tool_choice",
                "`tool_choice` must name one of the `tools`",
            ));
        }
    }
    Ok(functions)
}

fn no_function(index: usize, value: &RawValue) -> ReadError {
    let at = format!("tools[{index}]");
    let members = json::members(value).unwrap_or_default();
    let kind = members.iter().find(|member| member.key == "type");
    let kind = kind.and_then(|kind| json::string(kind.value));
    match kind.as_deref() {
        Some("function") => {
            let message = format!("`{at}.function` must be an object with a `name`");
            ReadError::invalid(at, message)
        }
        Some(_) => refusal(at, OTHER_TOOL),
        None => {
            let message = format!("`{at}` must say its `type`");
            ReadError::invalid(at, message)
        }
    }
}

fn function(out: &mut Writer, request: &ChatRequest, tool: &ToolFunction<'_>, drops: &mut Drops) {
    out.json("{\"type\":\"function\",\"function\":{\"name\":")
        .text(&tool.name);
    if let Some(description) = &tool.description {
        out.json(",\"description\":")
            .json(literal(request, description));
    }
    // The API demands a schema, also of a function without parameters.
    let schema = tool.parameters.map_or(NO_PARAMETERS, |schema| schema.get());
    out.json(",\"parameters\":").json(schema).json("}}");
    if tool.rest.iter().any(|field| !json::is_null(field.value)) {
        let (field, reason) = MEMBER_OF_A_TOOL;
        drops.add(field, reason);
    }
}

const NO_PARAMETERS: &str = "{\"type\":\"object\",\"properties\":{}}";

/// Cohere's word for a choice; nothing where the choice is the model's.
fn word(choice: &ToolChoice<'_>) -> Result<Option<&'static str>, ReadError> {
    match choice {
        ToolChoice::Auto => Ok(None),
        ToolChoice::None => Ok(Some("NONE")),
        ToolChoice::Required | ToolChoice::Named(_) => Ok(Some("REQUIRED")),
        ToolChoice::Opaque(value) => match value.get() {
            "\"REQUIRED\"" => Ok(Some("REQUIRED")),
            "\"NONE\"" => Ok(Some("NONE")),
            object if object.starts_with('{') => Err(refusal("tool_choice", OTHER_CHOICE)),
            _ => Err(ReadError::invalid(
                "tool_choice",
                "`tool_choice` must be `auto`, `none`, `required` or name a function",
            )),
        },
    }
}

fn strict(out: &mut Writer, offered: &[&ToolFunction<'_>], drops: &mut Drops) {
    let is_strict = |tool: &&ToolFunction<'_>| tool.strict == Some(true);
    if offered.iter().all(is_strict) {
        out.json(",\"strict_tools\":true");
    } else if offered.iter().any(is_strict) {
        let (field, reason) = SOME_STRICT_TOOLS;
        drops.add(field, reason);
    }
}
