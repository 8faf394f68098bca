//! A read body → [`Conversation`], one level at a time, everything borrowed.
//!
//! This is the lazy half of reading: it runs only for calls that somebody looks into. A part that no type names
//! is kept as opaque; a part that can't be judged is refused, because what can't be read can't be governed.

mod blocks;

use std::fmt::Arguments;

use serde_json::value::RawValue;

use super::keys::{BodyKey, Found, find};
use crate::json::{self, Member};
use crate::request::{
    ChatRequest, Conversation, Field, Number, OutputFormat, ReadError, Sampling, Text, Tool,
    ToolChoice, ToolFunction,
};
use crate::splice::Span;

/// The conversation of a call.
pub(crate) fn conversation(request: &ChatRequest) -> Result<Conversation<'_>, ReadError> {
    let reader = Reader {
        whole: request.text(),
    };
    let json::Members(members) =
        serde_json::from_str(reader.whole).expect("checked when the body was read");
    let mut conversation = Conversation {
        messages: Vec::with_capacity(request.message_count()),
        tools: Vec::new(),
        tool_choice: None,
        parallel_tools: None,
        sampling: Sampling {
            max_tokens: request.max_tokens(),
            choices: request.choices(),
            ..Sampling::default()
        },
        output: OutputFormat::Text,
        rest: Vec::new(),
    };
    for member in members {
        reader.take(&mut conversation, member)?;
    }
    Ok(conversation)
}

/// Reads values of one body and knows where they stand in it.
#[derive(Clone, Copy)]
struct Reader<'a> {
    whole: &'a str,
}

impl<'a> Reader<'a> {
    fn take(
        self,
        conversation: &mut Conversation<'a>,
        member: Member<'a>,
    ) -> Result<(), ReadError> {
        let value = member.value;
        let key = match find::<BodyKey>(&member.key) {
            Found::Known(key) => key,
            Found::OtherSpelling(_) | Found::Unknown => {
                conversation.rest.push(field(member));
                return Ok(());
            }
        };
        if json::is_null(value) {
            return Ok(());
        }
        let sampling = &mut conversation.sampling;
        match key {
            BodyKey::Messages => {
                let messages: Vec<json::Members<'a>> =
                    serde_json::from_str(value.get()).expect("checked when the body was read");
                for (index, message) in messages.into_iter().enumerate() {
                    let message = self.message(format_args!("messages[{index}]"), message.0)?;
                    conversation.messages.push(message);
                }
            }
            BodyKey::Tools | BodyKey::Functions => {
                for (index, tool) in self
                    .items(format_args!("tools"), value)?
                    .into_iter()
                    .enumerate()
                {
                    let bare = key == BodyKey::Functions;
                    conversation.tools.push(self.tool(index, tool, bare)?);
                }
            }
            BodyKey::ToolChoice | BodyKey::FunctionCall => {
                conversation.tool_choice = Some(tool_choice(value));
            }
            BodyKey::ParallelToolCalls => conversation.parallel_tools = json::boolean(value),
            BodyKey::ResponseFormat => conversation.output = output_format(value),
            BodyKey::Temperature => {
                sampling.temperature = Some(number(format_args!("temperature"), value)?)
            }
            BodyKey::TopP => sampling.top_p = Some(number(format_args!("top_p"), value)?),
            BodyKey::FrequencyPenalty => {
                sampling.frequency_penalty =
                    Some(number(format_args!("frequency_penalty"), value)?);
            }
            BodyKey::PresencePenalty => {
                sampling.presence_penalty = Some(number(format_args!("presence_penalty"), value)?);
            }
            BodyKey::Seed => sampling.seed = Some(number(format_args!("seed"), value)?),
            BodyKey::Stop => sampling.stop = self.stop(value)?,
            // Facts that the request itself answers for.
            BodyKey::Model
            | BodyKey::Stream
            | BodyKey::StreamOptions
            | BodyKey::User
            | BodyKey::MaxTokens
            | BodyKey::MaxCompletionTokens
            | BodyKey::Choices => {}
            BodyKey::Metadata | BodyKey::Logprobs => conversation.rest.push(field(member)),
        }
        Ok(())
    }

    fn stop(self, value: &'a RawValue) -> Result<Vec<Text<'a>>, ReadError> {
        if value.get().starts_with('"') {
            return Ok(vec![self.text(format_args!("stop"), value)?]);
        }
        self.items(format_args!("stop"), value)?
            .into_iter()
            .map(|item| self.text(format_args!("stop"), item))
            .collect()
    }

    /// A tool; `bare` for the oldest form, which has no `type` around the function.
    fn tool(self, index: usize, value: &'a RawValue, bare: bool) -> Result<Tool<'a>, ReadError> {
        let at = format_args!("tools[{index}]");
        let outer = self.members(at, value)?;
        let (function, outer) = if bare {
            (Some(outer), Vec::new())
        } else {
            let function = only(at, &outer, "function")?.and_then(json::members);
            (function, outer)
        };
        let Some(function) = function else {
            return Ok(Tool::Opaque(value));
        };
        let Some(name) = only(at, &function, "name")?.and_then(json::string) else {
            return Ok(Tool::Opaque(value));
        };
        let description = only(at, &function, "description")?.filter(|value| !json::is_null(value));
        Ok(Tool::Function(ToolFunction {
            name,
            description: description
                .map(|text| self.text(format_args!("{at}.function.description"), text))
                .transpose()?,
            parameters: only(at, &function, "parameters")?.filter(|value| !json::is_null(value)),
            strict: only(at, &function, "strict")?.and_then(json::boolean),
            rest: others(outer, &["type", "function"])
                .chain(others(
                    function,
                    &["name", "description", "parameters", "strict"],
                ))
                .collect(),
        }))
    }

    fn members(self, at: Arguments<'_>, value: &'a RawValue) -> Result<Vec<Member<'a>>, ReadError> {
        json::members(value)
            .ok_or_else(|| ReadError::invalid(at.to_string(), format!("`{at}` must be an object")))
    }

    fn items(self, at: Arguments<'_>, value: &'a RawValue) -> Result<Vec<&'a RawValue>, ReadError> {
        json::items(value)
            .ok_or_else(|| ReadError::invalid(at.to_string(), format!("`{at}` must be a list")))
    }

    fn text(self, at: Arguments<'_>, value: &'a RawValue) -> Result<Text<'a>, ReadError> {
        json::string(value)
            .map(|text| Text {
                text,
                span: Span::of(value.get(), self.whole),
            })
            .ok_or_else(|| ReadError::invalid(at.to_string(), format!("`{at}` must be a text")))
    }
}

/// The one value under `key`. Two of them are refused: a vendor may take the other one.
fn only<'a>(
    at: Arguments<'_>,
    members: &[Member<'a>],
    key: &str,
) -> Result<Option<&'a RawValue>, ReadError> {
    let mut found = members.iter().filter(|member| member.key == key);
    match (found.next(), found.next()) {
        (first, None) => Ok(first.map(|member| member.value)),
        (_, Some(_)) => Err(ReadError::invalid(
            at.to_string(),
            format!("`{at}.{key}` must not be given twice"),
        )),
    }
}

/// The members that have none of these names.
fn others<'a>(
    members: Vec<Member<'a>>,
    names: &'static [&'static str],
) -> impl Iterator<Item = Field<'a>> {
    members
        .into_iter()
        .filter(|member| !names.contains(&&*member.key))
        .map(field)
}

fn field(member: Member<'_>) -> Field<'_> {
    Field {
        name: member.key,
        value: member.value,
    }
}

fn number<'a>(at: Arguments<'_>, value: &'a RawValue) -> Result<Number<'a>, ReadError> {
    serde_json::from_str::<f64>(value.get())
        .map(|_| Number(value.get()))
        .map_err(|_| ReadError::validation(at.to_string(), format!("`{at}` must be a number")))
}

fn tool_choice(value: &RawValue) -> ToolChoice<'_> {
    match json::string(value).as_deref() {
        Some("auto") => return ToolChoice::Auto,
        Some("none") => return ToolChoice::None,
        Some("required") => return ToolChoice::Required,
        Some(_) | None => {}
    }
    let Some(members) = json::members(value) else {
        return ToolChoice::Opaque(value);
    };
    // `{"type":"function","function":{"name":…}}`, and the oldest form `{"name":…}`.
    let function = member(&members, "function").and_then(json::members);
    let name = member(function.as_ref().unwrap_or(&members), "name").and_then(json::string);
    name.map_or(ToolChoice::Opaque(value), ToolChoice::Named)
}

fn member<'a>(members: &[Member<'a>], key: &str) -> Option<&'a RawValue> {
    members
        .iter()
        .find(|member| member.key == key)
        .map(|member| member.value)
}

fn output_format(value: &RawValue) -> OutputFormat<'_> {
    let members = json::members(value).unwrap_or_default();
    let kind = member(&members, "type").and_then(json::string);
    match kind.as_deref() {
        Some("json_object") => OutputFormat::Json,
        Some("json_schema") => {
            let schema = member(&members, "json_schema")
                .and_then(json::members)
                .unwrap_or_default();
            OutputFormat::Schema {
                name: member(&schema, "name")
                    .and_then(json::string)
                    .unwrap_or("response".into()),
                description: member(&schema, "description").and_then(json::string),
                schema: member(&schema, "schema"),
                strict: member(&schema, "strict").and_then(json::boolean),
            }
        }
        Some(_) | None => OutputFormat::Text,
    }
}
