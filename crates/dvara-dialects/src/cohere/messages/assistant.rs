//! What the model said before: its texts, its calls, its plan for them, and its thinking at the place where it stood.
//!
//! Cohere's API takes no text beside calls: what a model says before it calls tools is its `tool_plan`, or thinking.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Turns, is_blank_text};
use crate::cohere::encode::literal;
use crate::cohere::fields::{FOREIGN_THOUGHT, OTHER_CALL, REASONING, TEXT_ONLY, refusal};
use crate::json;
use crate::request::{Block, Field, Message, ReadError, ToolUse};

/// A block of thinking, as the model gave it.
struct Thought<'m> {
    /// Its position among the blocks of the answer that it was part of.
    index: Option<usize>,
    /// Its text, as a literal.
    thinking: &'m str,
}

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
            .transpose()?;
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
            self.plan(plan.as_slice());
            self.content(&parts.content);
        } else {
            let mut plan = Vec::from_iter(plan);
            if plan.is_empty() && !has_thinking {
                plan = parts.reasoning;
            }
            plan.extend(parts.content.iter().filter_map(|content| match content {
                Content::Text(text) => Some(*text),
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

    /// The `thinking_blocks` of a message that are Cohere's own, in the order in which they stood: those without a position
    /// come first. Blocks of other vendors have signatures or other types, which Cohere's API refuses.
    fn thoughts<'m>(
        &mut self,
        index: usize,
        message: &'m Message<'c>,
    ) -> Result<Vec<Thought<'m>>, ReadError> {
        let at = format!("messages[{index}].thinking_blocks");
        let mut fields = message.rest.iter().filter(is_given("thinking_blocks"));
        let Some(field) = fields.next() else {
            return Ok(Vec::new());
        };
        if fields.next().is_some() {
            let text = format!("`{at}` must not be given twice");
            return Err(ReadError::invalid(at, text));
        }
        let refusal = || {
            let text = format!("`{at}` must be the list of blocks that came with the answer");
            ReadError::invalid(&*at, text)
        };
        let mut thoughts = Vec::new();
        for item in json::items(field.value).ok_or_else(refusal)? {
            match thought(item).ok_or_else(refusal)? {
                Some(thought) => thoughts.push(thought),
                None => {
                    let (field, reason) = FOREIGN_THOUGHT;
                    self.drops.add(field, reason);
                }
            }
        }
        // Stable, and `None` is the smallest.
        thoughts.sort_by_key(|thought| thought.index);
        Ok(thoughts)
    }

    fn note_reasoning(&mut self, reasoning: &[&str]) {
        if !reasoning.is_empty() {
            let (field, reason) = REASONING;
            self.drops.add(field, reason);
        }
    }

    /// The plan of a message: literals, each on a line of its own.
    fn plan(&mut self, lines: &[&str]) {
        let inside = |literal: &&str| !literal[1..literal.len() - 1].trim().is_empty();
        for (order, line) in lines
            .iter()
            .copied()
            .filter(|line| inside(line))
            .enumerate()
        {
            self.out.json(if order == 0 {
                ",\"tool_plan\":\""
            } else {
                "\\n"
            });
            self.out.json(&line[1..line.len() - 1]);
        }
        if lines.iter().any(inside) {
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

/// A member of the message that Cohere's API has, too.
fn own<'m>(message: &'m Message<'_>, name: &'static str) -> Option<&'m RawValue> {
    message
        .rest
        .iter()
        .find(is_given(name))
        .map(|field| field.value)
}

fn is_given(name: &'static str) -> impl Fn(&&Field<'_>) -> bool {
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

/// A block of thinking of Cohere's own; `Some(None)` for another vendor's, `None` for what is none at all.
#[expect(clippy::option_option, reason = "three outcomes, named above")]
fn thought(item: &RawValue) -> Option<Option<Thought<'_>>> {
    let members = json::members(item)?;
    let member = |key: &str| {
        members
            .iter()
            .find(|member| member.key == key)
            .map(|member| member.value)
    };
    let kind = member("type").and_then(json::string)?;
    let foreign = members
        .iter()
        .any(|member| !matches!(&*member.key, "type" | "thinking" | "index"));
    let thinking = member("thinking").filter(|text| json::string(text).is_some());
    let Some(thinking) = thinking.filter(|_| kind == "thinking" && !foreign) else {
        return Some(None);
    };
    Some(Some(Thought {
        index: member("index").and_then(|index| index.get().parse().ok()),
        thinking: thinking.get(),
    }))
}
