//! Tools and the choice among them (Bedrock, ToolConfiguration).

use super::cache;
use super::fields::refusal;
use super::model::Model;
use crate::anthropic::STRUCTURED_OUTPUT;
use crate::anthropic::output::{Form, Pull};
use crate::anthropic::tools::schema_of_object;
use crate::fields::Drops;
use crate::json;
use crate::request::{Block, Conversation, ReadError, Tool, ToolChoice, ToolFunction};
use crate::writer::Writer;
use serde_json::value::RawValue;

/// What of the choice stands in the model's own fields: Converse has no words for it, Claude has (Anthropic, Tool use: `none`,
/// `disable_parallel_tool_use`). Its type must not stand there beside a choice in Converse's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ModelChoice {
    None,
    Serial,
    SerialBesideAChoice,
}

impl ModelChoice {
    /// The client's field that it says.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::None => "tool_choice",
            Self::Serial | Self::SerialBesideAChoice => "parallel_tool_calls",
        }
    }

    pub(super) fn as_json(self) -> &'static str {
        match self {
            Self::None => "{\"type\":\"none\"}",
            Self::Serial => "{\"type\":\"auto\",\"disable_parallel_tool_use\":true}",
            Self::SerialBesideAChoice => "{\"disable_parallel_tool_use\":true}",
        }
    }
}

/// Writes `toolConfig`; gives back what the model's own fields must say beside.
///
/// # Errors
/// Names the tool or the choice that Bedrock's API cannot say.
pub(super) fn write(
    out: &mut Writer,
    conversation: &Conversation<'_>,
    form: &Form<'_>,
    model: &Model,
    drops: &mut Drops,
) -> Result<Option<ModelChoice>, ReadError> {
    let called = called(conversation);
    let is_forbidden = matches!(conversation.tool_choice, Some(ToolChoice::None));
    // A model that is offered nothing calls nothing; but a conversation with calls needs their tools.
    let has_calls = !called.is_empty();
    let is_offered = !is_forbidden || has_calls;
    let offered: &[Tool<'_>] = if is_offered { &conversation.tools } else { &[] };
    let mut list = List { out, tools: 0 };
    for (index, tool) in offered.iter().enumerate() {
        match tool {
            Tool::Function(tool) => list.function(tool, model, drops),
            Tool::Opaque(value) => list.opaque(index, value)?,
        }
    }
    if offered.is_empty() {
        for name in called {
            list.spec(name, None, None);
            list.out.json("}}");
        }
    }
    if let Form::Tool {
        schema,
        description,
        ..
    } = form
    {
        let description = description.map_or("The answer, in its final form.", |text| text);
        list.spec(STRUCTURED_OUTPUT, Some(description), *schema);
        list.out.json("}}");
    }
    if list.tools == 0 {
        let asks = !matches!(
            conversation.tool_choice,
            None | Some(ToolChoice::None | ToolChoice::Auto)
        );
        if asks {
            drops.add("tool_choice", "there are no tools to choose from");
        }
        return Ok(None);
    }
    out.json("]");
    let chosen = choice(out, conversation, form)?;
    out.json("}");
    let is_serial = conversation.parallel_tools == Some(false) && !conversation.tools.is_empty();
    let is_forbidden = is_forbidden && has_calls;
    Ok(beside(form, model, chosen, is_forbidden, is_serial, drops))
}

/// The names of the tools that the conversation has calls of, each once.
fn called<'c>(conversation: &'c Conversation<'_>) -> Vec<&'c str> {
    let mut names = Vec::new();
    for message in &conversation.messages {
        for block in &message.blocks {
            let name = match block {
                Block::ToolUse(call) => &*call.name,
                _ => continue,
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// `toolConfig.tools`, begun with the first of them.
struct List<'w> {
    out: &'w mut Writer,
    tools: usize,
}

impl List<'_> {
    fn begin(&mut self) {
        self.out.json(if self.tools == 0 {
            ",\"toolConfig\":{\"tools\":["
        } else {
            ","
        });
        self.tools += 1;
    }

    /// A function, up to the braces that end it.
    fn spec(&mut self, name: &str, description: Option<&str>, schema: Option<&RawValue>) {
        self.begin();
        self.out.json("{\"toolSpec\":{\"name\":").text(name);
        if let Some(description) = description.filter(|text| !text.is_empty()) {
            self.out.json(",\"description\":").text(description);
        }
        self.out.json(",\"inputSchema\":{\"json\":");
        schema_of_object(self.out, schema);
        self.out.json("}");
    }

    fn function(&mut self, tool: &ToolFunction<'_>, model: &Model, drops: &mut Drops) {
        let description = tool.description.as_ref().map(|text| &*text.text);
        self.spec(&tool.name, description, tool.parameters);
        if tool.strict == Some(true) {
            if model.fits_schemas {
                self.out.json(",\"strict\":true");
            } else {
                drops.add("tools.function.strict", "this model has no strict tools");
            }
        }
        self.out.json("}}");
        for field in &tool.rest {
            if json::is_null(field.value) {
                continue;
            }
            if field.name != "cache_control" {
                drops.add("tools", "a member of a tool has no place in Bedrock's API");
            } else if let Some(point) = cache::of_tool(field.value, model, drops) {
                self.begin();
                self.out.json(point);
            }
        }
    }

    /// A tool that is no function: Converse's own goes on as it came.
    fn opaque(&mut self, index: usize, value: &RawValue) -> Result<(), ReadError> {
        let at = format!("tools[{index}]");
        let members = json::members(value)
            .ok_or_else(|| ReadError::invalid(&*at, format!("`{at}` must be an object")))?;
        let own = members
            .iter()
            .find(|member| matches!(&*member.key, "systemTool" | "toolSpec" | "cachePoint"));
        if let Some(own) = own {
            self.begin();
            self.out.json("{").text(&own.key).json(":");
            self.out.raw(own.value).json("}");
            return Ok(());
        }
        let kind = members.iter().find(|member| member.key == "type");
        match kind.and_then(|kind| json::string(kind.value)).as_deref() {
            Some("function") => Err(ReadError::invalid(
                &*at,
                format!("`{at}.function` must be an object with a `name`"),
            )),
            Some(_) => Err(refusal(
                at,
                "its tools are functions, and those of Converse: `{\"systemTool\":…}`",
            )),
            None => Err(ReadError::invalid(
                &*at,
                format!("`{at}` must say its `type`"),
            )),
        }
    }
}

/// Writes `toolChoice`, unless the model may choose; whether it was written.
fn choice(
    out: &mut Writer,
    conversation: &Conversation<'_>,
    form: &Form<'_>,
) -> Result<bool, ReadError> {
    let named = |out: &mut Writer, name: &str| {
        out.json(",\"toolChoice\":{\"tool\":{\"name\":").text(name);
        out.json("}}");
    };
    match (form, &conversation.tool_choice) {
        (Form::Tool { pull, .. }, _) => match pull {
            Pull::Forced => named(out, STRUCTURED_OUTPUT),
            Pull::Any => {
                out.json(",\"toolChoice\":{\"any\":{}}");
            }
            Pull::Told => return Ok(false),
        },
        (_, None | Some(ToolChoice::Auto | ToolChoice::None)) => return Ok(false),
        (_, Some(ToolChoice::Required)) => {
            out.json(",\"toolChoice\":{\"any\":{}}");
        }
        (_, Some(ToolChoice::Named(name))) => named(out, name),
        (_, Some(ToolChoice::Opaque(value))) => {
            out.json(",\"toolChoice\":").raw(own_choice(value)?);
        }
    }
    Ok(true)
}

/// A choice in Converse's own words.
fn own_choice(value: &RawValue) -> Result<&RawValue, ReadError> {
    let members = json::members(value).unwrap_or_default();
    match members.as_slice() {
        [one] if matches!(&*one.key, "auto" | "any" | "tool") => Ok(value),
        [] => Err(ReadError::invalid(
            "tool_choice",
            "`tool_choice` must be `auto`, `none`, `required` or name a function",
        )),
        _ => Err(refusal(
            "tool_choice",
            "it knows `auto`, `none`, `required` and one named function",
        )),
    }
}

/// What Converse can't say of the choice: in the model's own words, or reported.
fn beside(
    form: &Form<'_>,
    model: &Model,
    chosen: bool,
    is_forbidden: bool,
    is_serial: bool,
    drops: &mut Drops,
) -> Option<ModelChoice> {
    let (is_ours, is_forced) = match form {
        Form::Tool { pull, .. } => (true, *pull == Pull::Forced),
        Form::Free | Form::Instruction | Form::Native(_) => (false, false),
    };
    if is_forbidden && !is_forced {
        // Without any calls, the tool that takes the answer could not be called either.
        if model.claude().is_some() && !is_ours {
            return Some(ModelChoice::None);
        }
        drops.add(
            "tool_choice",
            "a conversation with calls needs its tools, and this model can't be kept from calling them",
        );
    }
    if !is_serial {
        return None;
    }
    if model.claude().is_none() {
        drops.add(
            "parallel_tool_calls",
            "this model can't be held to one call at a time",
        );
        return None;
    }
    Some(if chosen {
        ModelChoice::SerialBesideAChoice
    } else {
        ModelChoice::Serial
    })
}
