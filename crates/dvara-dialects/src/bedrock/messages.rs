//! Messages → turns that alternate, and a system prompt beside them (Bedrock, Converse: Message, SystemContentBlock).
//!
//! - Everything that system and developer messages say goes into `system`, in order, wherever it stood.
//! - Messages of one side that follow each other become one turn. In the user's, tool results come first.
//! - Texts without a visible character are left out: Bedrock refuses them. So are turns with nothing else. Tools may give back
//!   nothing.

mod assistant;
mod blocks;
mod files;
mod media;
mod names;

use super::fields::refusal;
use super::model::Model;
use crate::anthropic::output::{CALL_IT, Form, JSON_ONLY, Pull};
use crate::fields::Drops;
use crate::request::{Block, ChatRequest, Conversation, Message, ReadError, Role};
use crate::turns::{Side, Turn, cache_mark, last_block, turns};
use crate::writer::Writer;
use blocks::Place;
use names::Names;

/// Writes `messages` and `system`, without the brace before them.
///
/// # Errors
/// Names the part of a message that Bedrock's API cannot say.
pub(super) fn write(
    out: &mut Writer,
    request: &ChatRequest,
    conversation: &Conversation<'_>,
    form: &Form<'_>,
    model: &Model,
    drops: &mut Drops,
) -> Result<(), ReadError> {
    let mut turns = Turns {
        out,
        request,
        model,
        drops,
        last: None,
        blocks: 0,
        result_mark: None,
        names: Names::default(),
        legacy_call: None,
    };
    turns.write_all(&conversation.messages)?;
    turns.write_system(&conversation.messages, form)
}

/// What ends a turn.
const END: &str = "]}";

struct Turns<'w, 'c> {
    out: &'w mut Writer,
    request: &'c ChatRequest,
    model: &'w Model,
    drops: &'w mut Drops,
    /// Whose turn was written last.
    last: Option<Side>,
    /// Blocks of the list that is being written.
    blocks: usize,
    /// The cache marker of the tool result that is being written.
    result_mark: Option<&'c serde_json::value::RawValue>,
    /// Names that documents have.
    names: Names,
    /// The id given to the last call that came without one.
    legacy_call: Option<String>,
}

impl<'c> Turns<'_, 'c> {
    fn write_all(&mut self, messages: &'c [Message<'c>]) -> Result<(), ReadError> {
        self.out.json("\"messages\":[");
        for turn in turns(messages)? {
            self.turn(&turn)?;
        }
        if self.last.is_none() {
            return Err(refusal(
                "messages",
                "it needs a message of the user or the assistant that has some content",
            ));
        }
        self.out.json("]");
        Ok(())
    }

    fn turn(&mut self, turn: &Turn<'c>) -> Result<(), ReadError> {
        let before = self.out.len();
        if self.last == Some(turn.side) {
            // Nothing was left of the turn between: this one goes on where that side had ended.
            self.out.truncate(before - END.len());
            self.blocks = 1;
        } else {
            self.blocks = 0;
            if self.last.is_some() {
                self.out.json(",");
            }
            self.out.json(match turn.side {
                Side::User => "{\"role\":\"user\",\"content\":[",
                Side::Assistant => "{\"role\":\"assistant\",\"content\":[",
            });
        }
        for (index, message) in &turn.messages {
            match message.role {
                Role::Assistant => self.assistant_message(*index, message)?,
                Role::Tool => self.tool_message(*index, message)?,
                _ => self.user_message(*index, message)?,
            }
        }
        if self.blocks == 0 {
            // Nothing was left of it but reasoning that this model does not take.
            self.out.truncate(before);
            return Ok(());
        }
        self.last = Some(turn.side);
        self.out.json(END);
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
                in_result: false,
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

    fn write_system(
        &mut self,
        messages: &'c [Message<'c>],
        form: &Form<'_>,
    ) -> Result<(), ReadError> {
        let before = self.out.len();
        self.out.json(",\"system\":[");
        self.blocks = 0;
        for (index, message) in messages.iter().enumerate() {
            if message.role != Role::System {
                continue;
            }
            let foreign = message.blocks.iter().any(|block| match block {
                Block::Text(_) => false,
                Block::Opaque { kind, .. } => !matches!(&**kind, "guardContent" | "cachePoint"),
                _ => true,
            });
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
            self.begin_block("{\"text\":");
            self.out.text(text).json("}");
        }
        if self.blocks == 0 {
            self.out.truncate(before);
        } else {
            self.out.json("]");
        }
        Ok(())
    }

    /// Says what of a message has no place in Bedrock's API.
    fn note_losses(&mut self, message: &Message<'_>) {
        if message.name.is_some() && message.role != Role::Tool {
            self.drops
                .add("messages.name", "Bedrock's messages have no names");
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
                    "a member of a message has no place in Bedrock's API",
                );
            }
        }
    }
}
