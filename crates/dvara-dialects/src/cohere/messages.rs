//! Messages, each at its place, in the members that Cohere's API knows.
//!
//! - Texts without a visible character are left out, because the API refuses a turn without content (Cohere, Errors). So are
//!   messages with nothing else.
//! - What came with a message or a part and has no place there is left out and reported: the API refuses what it does not know.

mod assistant;
mod parts;
mod thoughts;

use super::encode::literal;
use super::fields::{
    MEMBER_OF_A_MESSAGE, MEMBER_OF_A_PART, NAME, NOTHING_SAID, REASONING, refusal,
};
use crate::fields::Drops;
use crate::json;
use crate::request::{
    Block, ChatRequest, Conversation, Extra, Message, ReadError, Role, Text, ToolResult,
};
use crate::writer::Writer;

/// Writes `messages`.
///
/// # Errors
/// Names the part of a message that Cohere's API cannot say.
pub(super) fn write(
    out: &mut Writer,
    request: &ChatRequest,
    conversation: &Conversation<'_>,
    drops: &mut Drops,
) -> Result<(), ReadError> {
    out.json(",\"messages\":[");
    let mut turns = Turns {
        out,
        request,
        drops,
        messages: 0,
        legacy_call: None,
    };
    for (index, message) in conversation.messages.iter().enumerate() {
        turns.message(index, message)?;
    }
    if turns.messages == 0 {
        return Err(refusal("messages", NOTHING_SAID));
    }
    out.json("]");
    Ok(())
}

struct Turns<'w, 'c> {
    out: &'w mut Writer,
    request: &'c ChatRequest,
    drops: &'w mut Drops,
    /// How many were written.
    messages: usize,
    /// The id given to the last call that came without one.
    legacy_call: Option<String>,
}

impl<'c> Turns<'_, 'c> {
    fn message(&mut self, index: usize, message: &Message<'c>) -> Result<(), ReadError> {
        self.note_losses(message);
        match &message.role {
            Role::System => self.said(index, message, "system"),
            Role::User => self.said(index, message, "user"),
            Role::Assistant => self.assistant(index, message),
            Role::Tool => self.tool(index, message),
            Role::Other(_) => Err(unknown_role(index)),
        }
    }

    /// A message of texts, and of images where the role has them.
    fn said(
        &mut self,
        index: usize,
        message: &Message<'c>,
        role: &'static str,
    ) -> Result<(), ReadError> {
        let mut blocks = self.without_reasoning(&message.blocks);
        blocks.retain(|(_, block)| !is_blank(block));
        if blocks.is_empty() {
            return Ok(());
        }
        self.begin(role);
        self.out.json(",\"content\":");
        if let [(_, Block::Text(text))] = &blocks[..] {
            self.out.json(literal(self.request, text));
        } else {
            for (order, (position, block)) in blocks.into_iter().enumerate() {
                self.out.json(if order == 0 { "[" } else { "," });
                let at = format!("messages[{index}].content[{position}]");
                self.part(at, block, role == "user")?;
            }
            self.out.json("]");
        }
        self.out.json("}");
        Ok(())
    }

    /// What a tool gave back.
    fn tool(&mut self, index: usize, message: &Message<'c>) -> Result<(), ReadError> {
        for block in &message.blocks {
            if let Block::ToolResult(result) = block {
                self.result(index, result)?;
            }
        }
        Ok(())
    }

    fn result(&mut self, index: usize, result: &ToolResult<'c>) -> Result<(), ReadError> {
        self.note_extras(&result.extras);
        let call = result.call.as_deref().or(self.legacy_call.as_deref());
        let call = call.map(json::quote).ok_or_else(|| {
            let at = format!("messages[{index}].tool_call_id");
            let text = format!("`{at}` must name the call that it answers");
            ReadError::validation(at, text)
        })?;
        self.begin("tool");
        self.out.json(",\"tool_call_id\":").json(&call);
        self.out.json(",\"content\":");
        match &self.without_reasoning(&result.blocks)[..] {
            // A result has content, also when there is nothing to say.
            [] => {
                self.out.json("\"\"");
            }
            [(_, Block::Text(text))] => {
                self.out.json(literal(self.request, text));
            }
            blocks => {
                for (order, (position, block)) in blocks.iter().enumerate() {
                    self.out.json(if order == 0 { "[" } else { "," });
                    let at = format!("messages[{index}].content[{position}]");
                    self.result_part(at, block)?;
                }
                self.out.json("]");
            }
        }
        self.out.json("}");
        Ok(())
    }

    /// The blocks and their positions. Only models reason.
    fn without_reasoning<'m>(&mut self, blocks: &'m [Block<'c>]) -> Vec<(usize, &'m Block<'c>)> {
        let is_reasoning = |block: &Block<'_>| matches!(block, Block::Reasoning { .. });
        if blocks.iter().any(is_reasoning) {
            let (field, reason) = REASONING;
            self.drops.add(field, reason);
        }
        let blocks = blocks.iter().enumerate();
        blocks.filter(|(_, block)| !is_reasoning(block)).collect()
    }

    /// Begins a message: its role.
    fn begin(&mut self, role: &str) {
        if self.messages > 0 {
            self.out.json(",");
        }
        self.messages += 1;
        self.out.json("{\"role\":\"").json(role).json("\"");
    }

    /// Says what of a message has no place in Cohere's API.
    fn note_losses(&mut self, message: &Message<'_>) {
        if message.name.is_some() && message.role != Role::Tool {
            let (field, reason) = NAME;
            self.drops.add(field, reason);
        }
        for field in &message.rest {
            let says_nothing = matches!(field.value.get(), "null" | "[]" | "{}" | "false" | "\"\"");
            let own = ["thinking_blocks", "tool_plan", "citations"];
            let known = message.role == Role::Assistant && own.contains(&&*field.name);
            if !says_nothing && !known {
                let (field, reason) = MEMBER_OF_A_MESSAGE;
                self.drops.add(field, reason);
            }
        }
        self.note_extras(&message.extras);
    }

    /// The same of what came with parts and calls. The `index` of a call is what streams have, and clients keep.
    fn note_extras(&mut self, extras: &[Extra<'_>]) {
        let is_lost =
            |extra: &Extra<'_>| extra.field.name != "index" && !json::is_null(extra.field.value);
        if extras.iter().any(is_lost) {
            let (field, reason) = MEMBER_OF_A_PART;
            self.drops.add(field, reason);
        }
    }
}

fn is_blank(block: &Block<'_>) -> bool {
    matches!(block, Block::Text(text) if is_blank_text(text))
}

fn is_blank_text(text: &Text<'_>) -> bool {
    text.text.trim().is_empty()
}

fn unknown_role(index: usize) -> ReadError {
    let at = format!("messages[{index}].role");
    let message =
        format!("`{at}` must be `system`, `developer`, `user`, `assistant`, `tool` or `function`");
    ReadError::invalid(at, message)
}
