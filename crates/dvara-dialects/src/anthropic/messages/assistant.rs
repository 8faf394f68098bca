//! What the model said before: its texts, its calls, and its thinking at the place where it stood.

use super::Turns;
use super::blocks::{Place, identifier};
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
            };
            match block {
                Block::ToolUse(call) => self.tool_use(place, call, calls)?,
                Block::Opaque { kind, .. } if matches!(&**kind, "custom" | "function" | "") => {
                    return Err(unknown_call(index));
                }
                other => self.block(place, other)?,
            }
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
        let input = input(call, place.message, number)?;
        self.begin_block("tool_use");
        self.out.json(",\"id\":").text(&id);
        self.out.json(",\"name\":").text(&call.name);
        self.out.json(",\"input\":").json(input);
        self.end_block(place, &["caller", "toolset_name"]);
        Ok(())
    }
}

fn unknown_call(index: usize) -> ReadError {
    let at = format!("messages[{index}].tool_calls");
    crate::anthropic::fields::refusal(at, "its calls are calls of functions")
}
