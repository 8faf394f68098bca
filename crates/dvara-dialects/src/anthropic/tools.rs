//! Tools and the choice among them.

use serde_json::value::RawValue;

use super::STRUCTURED_OUTPUT;
use super::fields::refusal;
use super::generation::Generation;
use super::output::{Form, Pull};
use crate::fields::Drops;
use crate::json;
use crate::request::{Conversation, ReadError, Tool, ToolChoice, ToolFunction};
use crate::writer::Writer;

/// Writes `tools` and `tool_choice`.
///
/// # Errors
/// Names the tool that only another vendor understands.
pub(super) fn write(
    out: &mut Writer,
    conversation: &Conversation<'_>,
    form: &Form<'_>,
    generation: Generation,
    drops: &mut Drops,
) -> Result<(), ReadError> {
    let has_own = matches!(form, Form::Tool { .. });
    if conversation.tools.is_empty() && !has_own {
        if matches!(&conversation.tool_choice, Some(choice) if !matches!(choice, ToolChoice::None | ToolChoice::Auto))
        {
            drops.add("tool_choice", "there are no tools to choose from");
        }
        return Ok(());
    }
    out.json(",\"tools\":[");
    for (index, tool) in conversation.tools.iter().enumerate() {
        if index > 0 {
            out.json(",");
        }
        match tool {
            Tool::Function(tool) => function(out, tool, generation, drops),
            Tool::Opaque(value) => out.raw(opaque(index, value)?),
        };
    }
    if let Form::Tool {
        schema,
        description,
        ..
    } = form
    {
        if !conversation.tools.is_empty() {
            out.json(",");
        }
        out.json("{\"name\":").text(STRUCTURED_OUTPUT);
        let description = description.map_or("The answer, in its final form.", |text| text);
        out.json(",\"description\":").text(description);
        input_schema(out, *schema);
        out.json("}");
    }
    out.json("]");
    choice(out, conversation, form)
}

fn function<'w>(
    out: &'w mut Writer,
    tool: &ToolFunction<'_>,
    generation: Generation,
    drops: &mut Drops,
) -> &'w mut Writer {
    out.json("{\"name\":").text(&tool.name);
    if let Some(description) = &tool.description {
        out.json(",\"description\":").text(&description.text);
    }
    input_schema(out, tool.parameters);
    if tool.strict == Some(true) {
        if generation.fits_schemas() {
            out.json(",\"strict\":true");
        } else {
            drops.add("tools.function.strict", "this model has no strict tools");
        }
    }
    for field in &tool.rest {
        out.json(",").text(&field.name).json(":").raw(field.value);
    }
    out.json("}")
}

fn input_schema(out: &mut Writer, schema: Option<&RawValue>) {
    out.json(",\"input_schema\":");
    schema_of_object(out, schema);
}

/// A schema as it came, but for the `type` that Anthropic's API and Amazon's demand.
pub(crate) fn schema_of_object(out: &mut Writer, schema: Option<&RawValue>) {
    let Some(schema) = schema else {
        out.json("{\"type\":\"object\"}");
        return;
    };
    match json::members(schema) {
        Some(members) if members.is_empty() => {
            out.json("{\"type\":\"object\"}");
        }
        Some(members) if !members.iter().any(|member| member.key == "type") => {
            out.json("{\"type\":\"object\",").json(&schema.get()[1..]);
        }
        Some(_) | None => {
            out.raw(schema);
        }
    }
}

/// A tool that is no function: Anthropic's own goes on as it came.
fn opaque(index: usize, value: &RawValue) -> Result<&RawValue, ReadError> {
    let at = format!("tools[{index}]");
    let members = json::members(value)
        .ok_or_else(|| ReadError::invalid(&*at, format!("`{at}` must be an object")))?;
    let member = |key: &str| members.iter().find(|member| member.key == key);
    let kind = member("type").and_then(|kind| json::string(kind.value));
    match kind.as_deref() {
        Some("function") => Err(ReadError::invalid(
            &*at,
            format!("`{at}.function` must be an object with a `name`"),
        )),
        Some("custom") if member("custom").is_some() => Err(refusal(
            at,
            "it has no tools with free-form input; offer a function",
        )),
        Some(_) => Ok(value),
        None if member("name").is_some() && member("input_schema").is_some() => Ok(value),
        None => Err(ReadError::invalid(
            &*at,
            format!("`{at}` must say its `type`"),
        )),
    }
}

fn choice(
    out: &mut Writer,
    conversation: &Conversation<'_>,
    form: &Form<'_>,
) -> Result<(), ReadError> {
    let serial = conversation.parallel_tools == Some(false);
    match form {
        Form::Tool {
            pull: Pull::Forced, ..
        } => {
            out.json(",\"tool_choice\":{\"type\":\"tool\",\"name\":");
            out.text(STRUCTURED_OUTPUT);
        }
        Form::Tool {
            pull: Pull::Any, ..
        } => {
            out.json(",\"tool_choice\":{\"type\":\"any\"");
        }
        Form::Tool {
            pull: Pull::Told, ..
        } => {
            out.json(",\"tool_choice\":{\"type\":\"auto\"");
        }
        Form::Free | Form::Instruction | Form::Native(_) => {
            match &conversation.tool_choice {
                None if !serial => return Ok(()),
                None | Some(ToolChoice::Auto) => {
                    out.json(",\"tool_choice\":{\"type\":\"auto\"");
                }
                Some(ToolChoice::None) => {
                    out.json(",\"tool_choice\":{\"type\":\"none\"}");
                    return Ok(());
                }
                Some(ToolChoice::Required) => {
                    out.json(",\"tool_choice\":{\"type\":\"any\"");
                }
                Some(ToolChoice::Named(name)) => {
                    out.json(",\"tool_choice\":{\"type\":\"tool\",\"name\":");
                    out.text(name);
                }
                Some(ToolChoice::Opaque(value)) => return opaque_choice(out, value, serial),
            };
        }
    }
    if serial {
        out.json(",\"disable_parallel_tool_use\":true");
    }
    out.json("}");
    Ok(())
}

/// A choice in Anthropic's own words.
fn opaque_choice(out: &mut Writer, value: &RawValue, serial: bool) -> Result<(), ReadError> {
    let members = json::members(value).unwrap_or_default();
    let kind = members.iter().find(|member| member.key == "type");
    let kind = kind.and_then(|kind| json::string(kind.value));
    match kind.as_deref() {
        Some("auto" | "any" | "none") => {
            out.json(",\"tool_choice\":");
            let says = |key| members.iter().any(|member| member.key == key);
            if serial && kind.as_deref() != Some("none") && !says("disable_parallel_tool_use") {
                out.json("{\"disable_parallel_tool_use\":true,")
                    .json(&value.get()[1..]);
            } else {
                out.raw(value);
            }
            Ok(())
        }
        Some(_) => Err(refusal(
            "tool_choice",
            "it knows `auto`, `none`, `required` and one named function",
        )),
        None => Err(ReadError::invalid(
            "tool_choice",
            "`tool_choice` must be `auto`, `none`, `required` or name a function",
        )),
    }
}
