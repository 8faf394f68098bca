//! What the model said before: its texts, its calls, and its thinking at the place where it stood.

use serde_json::value::RawValue;

use super::blocks::{Place, identifier};
use super::{Turns, cache_mark, says_something};
use crate::json::{self, Member};
use crate::request::{Block, Message, ReadError, ToolUse};

/// A block of thinking that the vendor signed.
struct Thought<'c> {
    /// Its position among the blocks of the answer that it was part of.
    index: Option<usize>,
    members: Vec<Member<'c>>,
}

/// Whether a message has thinking to replay.
pub(super) fn has_thinking(message: &Message<'_>) -> bool {
    let mut fields = message.rest.iter();
    fields.any(|field| field.name == "thinking_blocks" && json::is_filled_array(field.value))
}

impl<'c> Turns<'_, 'c> {
    pub(super) fn assistant_message(
        &mut self,
        index: usize,
        message: &'c Message<'c>,
    ) -> Result<(), ReadError> {
        self.note_losses(message);
        let thoughts = thoughts(index, message)?;
        let replayed = !thoughts.is_empty();
        let mut thoughts = thoughts.into_iter().peekable();
        // Texts come before calls, whatever order the members of the message have.
        let is_call = |block: &Block<'_>| matches!(block, Block::ToolUse(_));
        let numbered = || message.blocks.iter().enumerate();
        let texts = numbered().filter(|(_, block)| !is_call(block));
        let calls = numbered().filter(|(_, block)| is_call(block));
        let blocks: Vec<_> = texts
            .chain(calls)
            // Reasoning without a signature says again what the blocks of thinking say.
            .filter(|(_, block)| !(replayed && matches!(block, Block::Reasoning { .. })))
            .collect();
        let last = blocks.iter().rposition(|(_, block)| says_something(block));
        let (mut written, mut calls) = (0, 0);
        for (order, (position, block)) in blocks.into_iter().enumerate() {
            while let Some(thought) = thoughts.next_if(|thought| thought.index <= Some(written)) {
                self.thought(&thought);
                written += 1;
            }
            let place = Place {
                message: index,
                position,
                extras: &message.extras,
                mark: cache_mark(message).filter(|_| Some(order) == last),
            };
            match block {
                Block::ToolUse(call) => {
                    self.tool_use(place, call, calls)?;
                    calls += 1;
                }
                Block::Opaque { kind, .. } if matches!(&**kind, "custom" | "function" | "") => {
                    return Err(unknown_call(index));
                }
                other => self.block(place, other)?,
            }
            written += usize::from(says_something(block));
        }
        for thought in thoughts {
            self.thought(&thought);
        }
        Ok(())
    }

    /// A block of thinking, byte for byte, but for the position that we gave it.
    fn thought(&mut self, thought: &Thought<'c>) {
        if self.blocks > 0 {
            self.out.json(",");
        }
        self.blocks += 1;
        self.plain = None;
        let mut before = "{";
        for member in &thought.members {
            self.out.json(before).json(member.raw_key).json(":");
            self.out.raw(member.value);
            before = ",";
        }
        self.out.json("}");
    }

    fn tool_use(
        &mut self,
        place: Place<'c>,
        call: &ToolUse<'c>,
        number: usize,
    ) -> Result<(), ReadError> {
        let id = match &call.id {
            Some(id) => identifier(id),
            None => {
                let id = format!("call_{}", place.message);
                self.legacy_call = Some(id.clone());
                id
            }
        };
        let input = call.arguments.text.trim();
        let input = if input.is_empty() { "{}" } else { input };
        let is_object = input.starts_with('{') && serde_json::from_str::<&RawValue>(input).is_ok();
        if !is_object {
            let at = match call.id {
                Some(_) => format!("tool_calls[{number}].function.arguments"),
                None => "function_call.arguments".to_owned(),
            };
            let at = format!("messages[{}].{at}", place.message);
            let message = format!("`{at}` must be the text of a JSON object");
            return Err(ReadError::invalid(at, message));
        }
        self.begin_block("tool_use");
        self.out.json(",\"id\":").text(&id);
        self.out.json(",\"name\":").text(&call.name);
        self.out.json(",\"input\":").json(input);
        self.end_block(place, &["caller", "toolset_name"]);
        Ok(())
    }
}

/// The `thinking_blocks` of a message, in the order in which they stood: those without a position come first.
fn thoughts<'c>(index: usize, message: &'c Message<'c>) -> Result<Vec<Thought<'c>>, ReadError> {
    let at = || format!("messages[{index}].thinking_blocks");
    let mut fields = message
        .rest
        .iter()
        .filter(|field| field.name == "thinking_blocks" && !json::is_null(field.value));
    let Some(field) = fields.next() else {
        return Ok(Vec::new());
    };
    if fields.next().is_some() {
        let text = format!("`{}` must not be given twice", at());
        return Err(ReadError::invalid(at(), text));
    }
    let refusal = || {
        let text = format!(
            "`{}` must be the list of blocks that came with the answer",
            at()
        );
        ReadError::invalid(at(), text)
    };
    let mut thoughts = Vec::new();
    for item in json::items(field.value).ok_or_else(refusal)? {
        let mut members = json::members(item).ok_or_else(refusal)?;
        let kind = members.iter().find(|member| member.key == "type");
        let kind = kind.and_then(|kind| json::string(kind.value));
        if !matches!(kind.as_deref(), Some("thinking" | "redacted_thinking")) {
            return Err(refusal());
        }
        let position = members.iter().find(|member| member.key == "index");
        let position = position.and_then(|position| position.value.get().parse().ok());
        members.retain(|member| member.key != "index");
        thoughts.push(Thought {
            index: position,
            members,
        });
    }
    // Stable, and `None` is the smallest.
    thoughts.sort_by_key(|thought| thought.index);
    Ok(thoughts)
}

fn unknown_call(index: usize) -> ReadError {
    let at = format!("messages[{index}].tool_calls");
    crate::anthropic::fields::refusal(at, "its calls are calls of functions")
}
