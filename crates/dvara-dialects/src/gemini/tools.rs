//! Tools and the choice among them.

use serde_json::value::RawValue;

use super::fields::{Said, refusal};
use crate::fields::Drops;
use crate::json;
use crate::request::{Conversation, ReadError, Tool, ToolChoice, ToolFunction};
use crate::writer::Writer;

pub(super) const NO_TOOLS: &str = "there are no tools to choose from";
pub(super) const CONFIG_SAYS_IT: &str = "`toolConfig` says it already";
pub(super) const NOT_STRICT: &str = "it has no strict tools";
pub(super) const NO_MEMBER_OF_A_TOOL: &str = "a member of a tool has no place in Google's API";
pub(super) const NO_SUCH_TOOL: &str =
    "it has no tools of this type; offer a function, or one of its own without a `type`";
pub(super) const NO_SUCH_CHOICE: &str =
    "it knows `auto`, `none`, `required` and one named function";

/// Writes `tools` and `toolConfig`.
///
/// # Errors
/// Names the tool that only another vendor understands.
pub(super) fn write(
    out: &mut Writer,
    conversation: &Conversation<'_>,
    said: &Said<'_>,
    drops: &mut Drops,
) -> Result<(), ReadError> {
    if conversation.tools.is_empty() {
        if matches!(&conversation.tool_choice, Some(choice) if !matches!(choice, ToolChoice::None | ToolChoice::Auto))
        {
            drops.add("tool_choice", NO_TOOLS);
        }
        return Ok(());
    }
    out.json(",\"tools\":[");
    let mut before = "{\"functionDeclarations\":[";
    for tool in &conversation.tools {
        if let Tool::Function(tool) = tool {
            out.json(before);
            function(out, tool, drops);
            before = ",";
        }
    }
    let mut others = "";
    if before == "," {
        out.json("]}");
        others = ",";
    }
    for (index, tool) in conversation.tools.iter().enumerate() {
        if let Tool::Opaque(value) = tool {
            out.json(others).raw(own(index, value)?);
            others = ",";
        }
    }
    out.json("]");
    if said.goes_on("toolConfig") {
        if conversation.tool_choice.is_some() {
            drops.add("tool_choice", CONFIG_SAYS_IT);
        }
        return Ok(());
    }
    choice(out, conversation)
}

fn function(out: &mut Writer, tool: &ToolFunction<'_>, drops: &mut Drops) {
    out.json("{\"name\":").text(&tool.name);
    if let Some(description) = &tool.description {
        out.json(",\"description\":").text(&description.text);
    }
    if let Some(schema) = tool.parameters {
        out.json(",\"parametersJsonSchema\":").raw(schema);
    }
    if tool.strict == Some(true) {
        drops.add("tools.function.strict", NOT_STRICT);
    }
    if tool.rest.iter().any(|field| !json::is_null(field.value)) {
        drops.add("tools.function", NO_MEMBER_OF_A_TOOL);
    }
    out.json("}");
}

/// A tool of Google's own, such as `{"googleSearch":{}}`, goes on as it came.
fn own(index: usize, value: &RawValue) -> Result<&RawValue, ReadError> {
    let at = format!("tools[{index}]");
    let members = json::members(value)
        .ok_or_else(|| ReadError::invalid(&*at, format!("`{at}` must be an object")))?;
    if members.is_empty() || members.iter().any(|member| member.key == "type") {
        return Err(refusal(at, NO_SUCH_TOOL));
    }
    Ok(value)
}

fn choice(out: &mut Writer, conversation: &Conversation<'_>) -> Result<(), ReadError> {
    let mode = match &conversation.tool_choice {
        None => return Ok(()),
        Some(ToolChoice::Auto) => "AUTO",
        Some(ToolChoice::None) => "NONE",
        Some(ToolChoice::Required | ToolChoice::Named(_)) => "ANY",
        Some(ToolChoice::Opaque(_)) => return Err(refusal("tool_choice", NO_SUCH_CHOICE)),
    };
    out.json(",\"toolConfig\":{\"functionCallingConfig\":{\"mode\":")
        .text(mode);
    if let Some(ToolChoice::Named(name)) = &conversation.tool_choice {
        out.json(",\"allowedFunctionNames\":[").text(name).json("]");
    }
    out.json("}}");
    Ok(())
}
