//! Messages → turns that alternate, and a system prompt beside them.
//!
//! - Everything that system and developer messages say goes into `system`, in order, wherever it stood.
//! - Messages of one side that follow each other become one turn. In the user's, tool results come first, as Anthropic's
//!   API demands (Handle tool calls).
//! - Texts without a visible character are left out: Anthropic's API refuses them. So are turns with nothing else.

mod assistant;
mod blocks;

use super::fields::refusal;
use super::output::{CALL_IT, Form, JSON_ONLY, Pull};
use crate::fields::Drops;
use crate::request::{Block, ChatRequest, Conversation, Message, ReadError, Role};
use crate::turns::{Side, Turn, cache_mark, last_block, turns};
use crate::writer::Writer;
use blocks::Place;

/// Writes `messages` and `system`.
///
/// # Errors
/// Names the part of a message that Anthropic's API cannot say.
pub(super) fn write(
    out: &mut Writer,
    request: &ChatRequest,
    conversation: &Conversation<'_>,
    form: &Form<'_>,
    drops: &mut Drops,
) -> Result<(), ReadError> {
    let mut turns = Turns {
        out,
        request,
        drops,
        turns: 0,
        blocks: 0,
        plain: None,
        legacy_call: None,
    };
    turns.write_all(&conversation.messages)?;
    turns.write_system(&conversation.messages, form)
}

struct Turns<'w, 'c> {
    out: &'w mut Writer,
    request: &'c ChatRequest,
    drops: &'w mut Drops,
    turns: usize,
    /// Blocks of the list that is being written.
    blocks: usize,
    /// Where the literal of the last block begins, if that is a text and nothing else.
    plain: Option<usize>,
    /// The id given to the last call that came without one.
    legacy_call: Option<String>,
}

impl<'c> Turns<'_, 'c> {
    fn write_all(&mut self, messages: &'c [Message<'c>]) -> Result<(), ReadError> {
        self.out.json(",\"messages\":[");
        for turn in turns(messages)? {
            self.turn(&turn)?;
        }
        if self.turns == 0 {
            return Err(refusal(
                "messages",
                "it needs a message of the user or the assistant that has some content",
            ));
        }
        self.out.json("]");
        Ok(())
    }

    fn turn(&mut self, turn: &Turn<'c>) -> Result<(), ReadError> {
        if self.turns > 0 {
            self.out.json(",");
        }
        self.turns += 1;
        self.out.json(match turn.side {
            Side::User => "{\"role\":\"user\",\"content\":",
            Side::Assistant => "{\"role\":\"assistant\",\"content\":",
        });
        let start = self.begin_list();
        for (index, message) in &turn.messages {
            match message.role {
                Role::Assistant => self.assistant_message(*index, message)?,
                Role::Tool => self.tool_message(*index, message)?,
                _ => self.user_message(*index, message)?,
            }
        }
        self.end_list(start);
        self.out.json("}");
        Ok(())
    }

    fn user_message(&mut self, index: usize, message: &'c Message<'c>) -> Result<(), ReadError> {
        self.note_losses(message);
        let last = last_block(message);
        for (position, block) in message.blocks.iter().enumerate() {
            let place = Place {
                message: index,
                position,
                extras: &message.extras,
                mark: cache_mark(message).filter(|_| Some(position) == last),
            };
            self.block(place, block)?;
        }
        Ok(())
    }

    fn tool_message(&mut self, index: usize, message: &'c Message<'c>) -> Result<(), ReadError> {
        self.note_losses(message);
        for block in &message.blocks {
            if let Block::ToolResult(result) = block {
                self.tool_result(index, message, result)?;
            }
        }
        Ok(())
    }

    /// Opens a list of blocks; the answer is for [`Self::end_list`].
    fn begin_list(&mut self) -> usize {
        let start = self.out.len();
        self.out.json("[");
        self.blocks = 0;
        self.plain = None;
        start
    }

    /// Closes a list of blocks. One that holds a single text becomes that text.
    fn end_list(&mut self, start: usize) {
        match self.plain {
            Some(literal) if self.blocks == 1 => {
                self.out.truncate(self.out.len() - "}".len());
                self.out.close_gap(start, literal);
            }
            _ => {
                self.out.json("]");
            }
        }
    }

    fn write_system(
        &mut self,
        messages: &'c [Message<'c>],
        form: &Form<'_>,
    ) -> Result<(), ReadError> {
        let before = self.out.len();
        self.out.json(",\"system\":");
        let start = self.begin_list();
        for (index, message) in messages.iter().enumerate() {
            if message.role != Role::System {
                continue;
            }
            let foreign = message
                .blocks
                .iter()
                .any(|block| !matches!(block, Block::Text(_)));
            if foreign {
                return Err(refusal(
                    format!("messages[{index}].content"),
                    "its system prompt is text",
                ));
            }
            self.user_message(index, message)?;
        }
        let told = match form {
            Form::Instruction => Some(JSON_ONLY),
            Form::Tool {
                pull: Pull::Told, ..
            } => Some(CALL_IT),
            Form::Free | Form::Native(_) | Form::Tool { .. } => None,
        };
        if let Some(text) = told {
            self.begin_block("text");
            self.out.json(",\"text\":");
            self.plain = Some(self.out.len());
            self.out.text(text).json("}");
        }
        if self.blocks == 0 {
            self.out.truncate(before);
        } else {
            self.end_list(start);
        }
        Ok(())
    }

    /// Says what of a message has no place in Anthropic's API.
    fn note_losses(&mut self, message: &Message<'_>) {
        if message.name.is_some() && message.role != Role::Tool {
            self.drops
                .add("messages.name", "Anthropic's messages have no names");
        }
        for field in &message.rest {
            let says_nothing = matches!(field.value.get(), "null" | "[]" | "{}" | "false" | "\"\"");
            let known = match &*field.name {
                "cache_control" => true,
                "thinking_blocks" => message.role == Role::Assistant,
                "is_error" => message.role == Role::Tool,
                _ => false,
            };
            if !says_nothing && !known {
                self.drops.add(
                    "messages",
                    "a member of a message has no place in Anthropic's API",
                );
            }
        }
    }
}
