//! What the model said before: its texts, its calls, its plan for them, and its thinking at the place where it stood.
//!
//! Cohere's API takes no text beside calls: what a model says before it calls tools is its `tool_plan`, or thinking.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::thoughts::Thought;
use super::{Turns, is_blank_text};
use crate::cohere::encode::literal;
use crate::cohere::fields::{OTHER_CALL, REASONING, TEXT_ONLY, refusal};
use crate::json;
use crate::request::{Block, Field, Message, ReadError, ToolUse};

/// What a message of the model's consists of; texts as literals.
#[derive(Default)]
struct Parts<'m, 'c> {
    /// Texts and thinking, in their order.
    content: Vec<Content<'m>>,
    reasoning: Vec<&'m str>,
    calls: Vec<&'m ToolUse<'c>>,
}

enum Content<'m> {
    Text(&'m str),
    Thinking(&'m str),
}

impl<'c> Turns<'_, 'c> {
    pub(super) fn assistant(
        &mut self,
        index: usize,
        message: &Message<'c>,
    ) -> Result<(), ReadError> {
        let thoughts = self.thoughts(index, message)?;
        let parts = self.parts(index, message, thoughts)?;
        let plan = own(message, "tool_plan")
            .map(|own| text_of(index, own))
            .transpose()?
            .filter(|plan| !inside(plan).trim().is_empty());
        let is_thinking = |content: &Content<'_>| matches!(content, Content::Thinking(_));
        let has_thinking = parts.content.iter().any(is_thinking);
        if parts.content.is_empty() && parts.calls.is_empty() && plan.is_none() {
            self.note_reasoning(&parts.reasoning);
            return Ok(());
        }
        self.begin("assistant");
        if parts.calls.is_empty() {
            // Thinking says again what the reasoning says.
            if !has_thinking {
                self.note_reasoning(&parts.reasoning);
            }
            self.plan(plan.map(inside).as_slice());
            self.content(&parts.content);
        } else {
            let mut plan = Vec::from_iter(plan.map(inside));
            if plan.is_empty() {
                plan.extend(unsaid(&parts));
            }
            plan.extend(parts.content.iter().filter_map(|content| match content {
                Content::Text(text) => Some(inside(text)),
                Content::Thinking(_) => None,
            }));
            self.plan(&plan);
            let (thinking, _): (Vec<_>, Vec<_>) = parts.content.into_iter().partition(is_thinking);
            self.content(&thinking);
            self.calls(index, &parts.calls);
        }
        if let Some(citations) = own(message, "citations") {
            self.out.json(",\"citations\":").raw(citations);
        }
        self.out.json("}");
        Ok(())
    }

    /// Takes a message apart; `thoughts` stand where they stood.
    fn parts<'m>(
        &self,
        index: usize,
        message: &'m Message<'c>,
        thoughts: Vec<Thought<'m>>,
    ) -> Result<Parts<'m, 'c>, ReadError>
    where
        'c: 'm,
    {
        let mut parts = Parts::default();
        let mut thoughts = thoughts.into_iter().peekable();
        for (position, block) in message.blocks.iter().enumerate() {
            let at = || format!("messages[{index}].content[{position}]");
            let content = match block {
                Block::Text(text) if is_blank_text(text) => continue,
                Block::Text(text) => Content::Text(literal(self.request, text)),
                Block::Reasoning { text, .. } => {
                    parts.reasoning.push(literal(self.request, text));
                    continue;
                }
                Block::ToolUse(call) => {
                    parts.calls.push(call);
                    continue;
                }
                Block::Opaque { kind, value } => opaque(index, position, kind, value)?,
                Block::Image(_) => return Err(refusal(at(), TEXT_ONLY)),
                Block::Document(_) | Block::ToolResult(_) => {
                    return Err(super::parts::unknown_part(at(), ""));
                }
            };
            let written = parts.content.len();
            while let Some(thought) = thoughts.next_if(|thought| thought.index <= Some(written)) {
                parts.content.push(Content::Thinking(thought.thinking));
            }
            parts.content.push(content);
        }
        let rest = thoughts.map(|thought| Content::Thinking(thought.thinking));
        parts.content.extend(rest);
        Ok(parts)
    }

    fn note_reasoning(&mut self, reasoning: &[&str]) {
        if !reasoning.is_empty() {
            let (field, reason) = REASONING;
            self.drops.add(field, reason);
        }
    }

    /// The plan of a message: the insides of literals, each on a line of its own.
    fn plan(&mut self, lines: &[&str]) {
        let mut before = ",\"tool_plan\":\"";
        for line in lines.iter().filter(|line| !line.trim().is_empty()) {
            self.out.json(before).json(line);
            before = "\\n";
        }
        if before == "\\n" {
            self.out.json("\"");
        }
    }

    fn content(&mut self, content: &[Content<'_>]) {
        match content {
            [] => {}
            [Content::Text(text)] => {
                self.out.json(",\"content\":").json(text);
            }
            several => {
                for (order, content) in several.iter().enumerate() {
                    self.out
                        .json(if order == 0 { ",\"content\":[" } else { "," });
                    match content {
                        Content::Text(text) => {
                            self.out.json("{\"type\":\"text\",\"text\":").json(text)
                        }
                        Content::Thinking(text) => self
                            .out
                            .json("{\"type\":\"thinking\",\"thinking\":")
                            .json(text),
                    };
                    self.out.json("}");
                }
                self.out.json("]");
            }
        }
    }

    fn calls(&mut self, index: usize, calls: &[&ToolUse<'c>]) {
        for (order, call) in calls.iter().enumerate() {
            let id = call.id.clone().unwrap_or_else(|| {
                let id = format!("call_{index}");
                self.legacy_call = Some(id.clone());
                Cow::Owned(id)
            });
            self.out
                .json(if order == 0 { ",\"tool_calls\":[" } else { "," });
            self.out.json("{\"id\":").text(&id);
            self.out
                .json(",\"type\":\"function\",\"function\":{\"name\":")
                .text(&call.name);
            // A call without arguments still has an object of them.
            let arguments = if is_blank_text(&call.arguments) {
                "\"{}\""
            } else {
                literal(self.request, &call.arguments)
            };
            self.out.json(",\"arguments\":").json(arguments).json("}}");
        }
        self.out.json("]");
    }
}

/// What stands between the quotes of a literal.
fn inside(literal: &str) -> &str {
    &literal[1..literal.len() - 1]
}

/// What of the reasoning is not among the thinking. An answer's reasoning is its thinking and, behind it, its plan.
fn unsaid<'m>(parts: &Parts<'m, '_>) -> Vec<&'m str> {
    let thinking = parts.content.iter().filter_map(|content| match content {
        Content::Thinking(text) => Some(inside(text)),
        Content::Text(_) => None,
    });
    let said: String = thinking.collect();
    let reasoning = parts.reasoning.iter().copied().map(inside);
    reasoning
        .filter_map(|text| match text.strip_prefix(&*said) {
            Some(plan) => Some(plan),
            None => said.is_empty().then_some(text),
        })
        .collect()
}

/// A member of the message that Cohere's API has, too.
fn own<'m>(message: &'m Message<'_>, name: &'static str) -> Option<&'m RawValue> {
    message
        .rest
        .iter()
        .find(is_given(name))
        .map(|field| field.value)
}

/// Whether a field has this name, and says something.
pub(super) fn is_given(name: &'static str) -> impl Fn(&&Field<'_>) -> bool {
    move |field| field.name == name && !json::is_null(field.value)
}

fn text_of(index: usize, plan: &RawValue) -> Result<&str, ReadError> {
    match json::string(plan) {
        Some(_) => Ok(plan.get()),
        None => {
            let at = format!("messages[{index}].tool_plan");
            let message = format!("`{at}` must be a text");
            Err(ReadError::invalid(at, message))
        }
    }
}

/// What stands in the content of a message of the model's and is no text. What it said instead of an answer is text like any
/// other; thinking in Cohere's own form is thinking.
fn opaque<'m>(
    index: usize,
    position: usize,
    kind: &str,
    value: &'m RawValue,
) -> Result<Content<'m>, ReadError> {
    let at = || format!("messages[{index}].content[{position}]");
    let member = |key: &str| {
        let members = json::members(value).unwrap_or_default();
        let found = members.into_iter().find(|member| member.key == key);
        found.map(|member| member.value)
    };
    let text = |value: Option<&'m RawValue>| {
        let text = value.filter(|text| json::string(text).is_some());
        text.map(RawValue::get).ok_or_else(|| {
            let at = at();
            let message = format!("`{at}` must be a text");
            ReadError::invalid(at, message)
        })
    };
    match kind {
        "refusal" if value.get().starts_with('"') => Ok(Content::Text(text(Some(value))?)),
        "refusal" => Ok(Content::Text(text(member("refusal"))?)),
        "thinking" => Ok(Content::Thinking(text(member("thinking"))?)),
        "custom" | "function" | "" => {
            Err(refusal(format!("messages[{index}].tool_calls"), OTHER_CALL))
        }
        _ => Err(super::parts::unknown_part(at(), kind)),
    }
}
