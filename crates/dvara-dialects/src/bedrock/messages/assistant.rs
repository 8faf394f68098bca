//! What the model said before: its texts, its calls, and its reasoning at the place where it stood.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use super::Turns;
use super::blocks::{Place, identifier};
use crate::bedrock::fields::refusal;
use crate::bedrock::model::Family;
use crate::json;
use crate::request::{Block, Message, ReadError, ToolUse};
use crate::turns::{Piece, Thought, cache_mark, input, pieces};

impl<'c> Turns<'_, 'c> {
    pub(super) fn assistant_message(
        &mut self,
        index: usize,
        message: &'c Message<'c>,
    ) -> Result<(), ReadError> {
        self.note_losses(message);
        for piece in pieces(index, message)? {
            let (block, position, calls, is_last) = match piece {
                Piece::Thought(thought) => {
                    self.thought(&thought);
                    continue;
                }
                Piece::Block {
                    block,
                    position,
                    calls,
                    is_last,
                } => (block, position, calls, is_last),
            };
            let place = Place {
                message: index,
                position,
                extras: &message.extras,
                mark: cache_mark(message).filter(|_| is_last),
                in_result: false,
            };
            match block {
                Block::ToolUse(call) => self.tool_use(place, call, calls)?,
                Block::Opaque { kind, .. } if matches!(&**kind, "custom" | "function" | "") => {
                    let at = format!("messages[{index}].tool_calls");
                    return Err(refusal(at, "its calls are calls of functions"));
                }
                other => self.block(place, other)?,
            }
        }
        Ok(())
    }

    /// A block of reasoning: what it says and its signature, byte for byte.
    fn thought(&mut self, thought: &Thought<'c>) {
        let member = |key: &str| {
            let mut members = thought.members.iter();
            members
                .find(|member| member.key == key)
                .map(|member| member.value)
        };
        let text = member("thinking");
        let signature = member("signature").filter(|value| value.get() != "\"\"");
        let hidden = redacted(member("redactedContent"), member("data"));
        let is_signed = hidden.is_some() || signature.is_some();
        if !self.takes_back(is_signed) {
            self.drops.add(
                "messages.thinking_blocks",
                "this model takes no such reasoning back",
            );
            return;
        }
        if let Some(hidden) = hidden {
            self.begin_block("{\"reasoningContent\":{\"redactedContent\":");
            self.out.json(&hidden).json("}}");
            return;
        }
        self.begin_block("{\"reasoningContent\":{\"reasoningText\":{\"text\":");
        self.out.json(text.map_or("\"\"", RawValue::get));
        if let Some(signature) = signature {
            self.out.json(",\"signature\":").raw(signature);
        }
        self.out.json("}}}");
    }

    /// Whether the model takes reasoning back. Claude's is signed, and others' is not; an id that hides the model hides that too.
    fn takes_back(&self, is_signed: bool) -> bool {
        match self.model.family {
            Family::Claude(_) => is_signed,
            Family::Nova | Family::Nova2 | Family::DeepseekR1 => !is_signed,
            Family::Hidden => true,
            Family::GptOss | Family::Gpt | Family::Other => false,
        }
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
        let input = input(call, place.message, number)?;
        self.begin_block("{\"toolUse\":{\"toolUseId\":");
        self.out.text(&id).json(",\"name\":").text(&call.name);
        self.out.json(",\"input\":").json(input).json("}}");
        self.end_block(place, &[]);
        Ok(())
    }
}

/// Reasoning that only its vendor can read, as a literal: Bedrock's own, or Anthropic's, whose text Bedrock has in base64.
fn redacted<'c>(
    bedrocks: Option<&'c RawValue>,
    anthropics: Option<&RawValue>,
) -> Option<Cow<'c, str>> {
    if let Some(own) = bedrocks {
        return Some(Cow::Borrowed(own.get()));
    }
    let data = anthropics.and_then(json::string)?;
    Some(Cow::Owned(format!("\"{}\"", STANDARD.encode(&*data))))
}
