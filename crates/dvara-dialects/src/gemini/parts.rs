//! The parts of a content.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::contents::{Contents, Ids, literal};
use super::fields::refusal;
use super::signature;
use crate::json;
use crate::request::{Block, Message, ReadError, Role, ToolResult, ToolUse};

pub(super) const NO_MEMBER_OF_A_MESSAGE: &str =
    "a member of a message has no place in Google's API";
pub(super) const NO_MEMBER_OF_A_PART: &str = "a member of a part has no place in Google's API";
pub(super) const NO_NAMES: &str = "Google's messages have no names";
pub(super) const NO_REASONING: &str = "only signatures prove to Google that reasoning is its own";
pub(super) const NOT_ITS_THOUGHTS: &str = "they are another vendor's thoughts";
pub(super) const NO_CONTENTS: &str =
    "it needs a message of the user or the assistant that has some content";
pub(super) const SYSTEM_IS_TEXT: &str = "its system instruction is text";
pub(super) const CALLS_ARE_OF_FUNCTIONS: &str = "its calls are calls of functions";

/// How the ids begin that are given to calls which Google gave none.
pub(super) const MINTED: &str = "call_gemini_";

impl<'c> Contents<'_, 'c> {
    /// Begins a part; [`Self::end`] ends it.
    pub(super) fn begin(&mut self) {
        if self.parts > 0 {
            self.out.json(",");
        }
        self.parts += 1;
        self.out.json("{");
    }

    pub(super) fn end(&mut self) {
        self.out.json("}");
    }

    /// What the user says, a tool gave back, or the system instructs.
    pub(super) fn user_parts(
        &mut self,
        index: usize,
        message: &'c Message<'c>,
    ) -> Result<(), ReadError> {
        self.note_losses(message);
        for (position, block) in message.blocks.iter().enumerate() {
            match block {
                Block::ToolResult(result) => self.result(index, message, result)?,
                other => self.part(index, position, other)?,
            }
        }
        Ok(())
    }

    /// What the model said before.
    pub(super) fn model_parts(
        &mut self,
        index: usize,
        message: &'c Message<'c>,
    ) -> Result<(), ReadError> {
        self.note_losses(message);
        let extra = |block: usize| {
            let extras = message.extras.iter();
            let mut of_block = extras
                .filter(|extra| extra.block == block && extra.field.name == signature::MEMBER);
            signature::of_client(of_block.next()?.field.value)
        };
        let mut of_message = message.rest.iter();
        let of_message = of_message.find(|field| field.name == signature::MEMBER);
        let mut of_text = of_message.and_then(|field| signature::of_client(field.value));
        let numbered = || message.blocks.iter().enumerate();
        let is_call = |block: &Block<'_>| matches!(block, Block::ToolUse(_));
        let is_signed = of_text.is_some() || numbered().any(|(block, _)| extra(block).is_some());
        let last_text = numbered()
            .rfind(|(_, block)| matches!(block, Block::Text(text) if !text.text.is_empty()))
            .map(|(block, _)| block);
        // Texts come before calls, whatever order the members of the message have.
        for (position, block) in numbered().filter(|(_, block)| !is_call(block)) {
            match block {
                Block::Text(text) if Some(position) == last_text => {
                    self.begin();
                    self.out.json("\"text\":").json(literal(self.request, text));
                    self.sign(of_text.take());
                    self.end();
                }
                Block::Reasoning { .. } if is_signed => {}
                Block::Opaque { kind, .. } if matches!(&**kind, "custom" | "function" | "") => {
                    let at = format!("messages[{index}].tool_calls");
                    return Err(refusal(at, CALLS_ARE_OF_FUNCTIONS));
                }
                other => self.part(index, position, other)?,
            }
        }
        if let Some(signature) = of_text {
            // It came behind the last text, in a part of its own.
            self.begin();
            self.out.json("\"text\":\"\"");
            self.sign(Some(signature));
            self.end();
        }
        let calls: Vec<_> = numbered()
            .filter_map(|(position, block)| match block {
                Block::ToolUse(call) => Some((call, extra(position))),
                _ => None,
            })
            .collect();
        // The first call of a step carries the signature of all.
        let lacks = self.demands_signatures && calls.iter().all(|(_, signed)| signed.is_none());
        for (number, (call, signed)) in calls.into_iter().enumerate() {
            self.call(index, number, call)?;
            match signed {
                Some(signature) => self.sign(Some(signature)),
                None if lacks && number == 0 => {
                    self.out
                        .json(",\"thoughtSignature\":")
                        .json(signature::NONE);
                }
                None => {}
            }
            self.end();
        }
        Ok(())
    }

    fn sign(&mut self, signature: Option<&RawValue>) {
        if let Some(signature) = signature {
            self.out.json(",\"thoughtSignature\":").raw(signature);
        }
    }

    /// A call, whose part stays open for its signature.
    fn call(&mut self, index: usize, number: usize, call: &ToolUse<'c>) -> Result<(), ReadError> {
        let arguments = call.arguments.text.trim();
        let arguments = if arguments.is_empty() {
            "{}"
        } else {
            arguments
        };
        let is_object =
            arguments.starts_with('{') && serde_json::from_str::<&RawValue>(arguments).is_ok();
        if !is_object {
            let at = match call.id {
                Some(_) => format!("tool_calls[{number}].function.arguments"),
                None => "function_call.arguments".to_owned(),
            };
            let at = format!("messages[{index}].{at}");
            let message = format!("`{at}` must be the text of a JSON object");
            return Err(ReadError::invalid(at, message));
        }
        self.begin();
        self.out.json("\"functionCall\":{");
        self.id(call.id.as_deref());
        self.out.json("\"name\":").text(&call.name);
        self.out.json(",\"args\":").json(arguments).json("}");
        Ok(())
    }

    fn id(&mut self, id: Option<&str>) {
        let is_said = |id: &&str| match self.ids {
            Ids::All => true,
            Ids::Given => !id.starts_with(MINTED),
            Ids::Nobodys => false,
        };
        if let Some(id) = id.filter(is_said) {
            self.out.json("\"id\":").text(id).json(",");
        }
    }

    /// What a tool gave back: an object as it is, anything else under the name that Google's models look for.
    fn result(
        &mut self,
        index: usize,
        message: &'c Message<'c>,
        result: &'c ToolResult<'c>,
    ) -> Result<(), ReadError> {
        let call = result.call.as_deref();
        let name = self.function_of(index, call, message)?.into_owned();
        let mut failed = message.rest.iter().filter(|field| field.name == "is_error");
        let failed = failed.any(|field| field.value.get() == "true");
        let text = text_of(result);
        self.begin();
        self.out.json("\"functionResponse\":{");
        self.id(call);
        self.out.json("\"name\":").text(&name);
        self.out.json(",\"response\":");
        let trimmed = text.trim();
        let is_object = !failed
            && trimmed.starts_with('{')
            && serde_json::from_str::<&RawValue>(trimmed).is_ok();
        if is_object {
            self.out.json(trimmed);
        } else {
            self.out.json(if failed {
                "{\"error\":"
            } else {
                "{\"output\":"
            });
            self.out.text(&text).json("}");
        }
        self.out.json("}");
        self.end();
        // Its other parts stand beside it.
        for (position, block) in result.blocks.iter().enumerate() {
            if !matches!(block, Block::Text(_)) {
                self.part(index, position, block)?;
            }
        }
        Ok(())
    }

    fn part(&mut self, index: usize, position: usize, block: &Block<'c>) -> Result<(), ReadError> {
        let at = || format!("messages[{index}].content[{position}]");
        match block {
            Block::Text(text) if text.text.is_empty() => Ok(()),
            Block::Text(text) => {
                self.begin();
                self.out.json("\"text\":").json(literal(self.request, text));
                self.end();
                Ok(())
            }
            Block::Image(image) => self.image(&at(), image),
            Block::Document(document) => self.document(&at(), document),
            Block::Reasoning { .. } => {
                self.drops.add("messages.reasoning_content", NO_REASONING);
                Ok(())
            }
            Block::Opaque { kind, value } => self.opaque(at(), kind, value),
            Block::ToolUse(_) => Err(refusal(at(), "only the assistant calls tools")),
            Block::ToolResult(_) => Err(refusal(at(), "a tool result stands in no other message")),
        }
    }

    /// Says what of a message has no place in Google's API.
    fn note_losses(&mut self, message: &Message<'_>) {
        if message.name.is_some() && message.role != Role::Tool {
            self.drops.add("messages.name", NO_NAMES);
        }
        for field in &message.rest {
            let says_nothing = matches!(field.value.get(), "null" | "[]" | "{}" | "false" | "\"\"");
            match &*field.name {
                _ if says_nothing => {}
                signature::MEMBER => {}
                "is_error" if message.role == Role::Tool => {}
                "thinking_blocks" => self.drops.add("messages.thinking_blocks", NOT_ITS_THOUGHTS),
                _ => self.drops.add("messages", NO_MEMBER_OF_A_MESSAGE),
            }
        }
        let extras = message.extras.iter().chain(results(message));
        for extra in extras {
            let is_known = matches!(&*extra.field.name, signature::MEMBER | "index");
            if !is_known && !json::is_null(extra.field.value) {
                self.drops.add("messages.content", NO_MEMBER_OF_A_PART);
            }
        }
    }
}

fn results<'m>(message: &'m Message<'_>) -> impl Iterator<Item = &'m crate::request::Extra<'m>> {
    message.blocks.iter().flat_map(|block| match block {
        Block::ToolResult(result) => &result.extras[..],
        _ => &[],
    })
}

fn text_of<'r>(result: &'r ToolResult<'_>) -> Cow<'r, str> {
    let mut texts = result.blocks.iter().filter_map(|block| match block {
        Block::Text(text) => Some(&*text.text),
        _ => None,
    });
    match (texts.next(), texts.next()) {
        (None, _) => Cow::Borrowed(""),
        (Some(only), None) => Cow::Borrowed(only),
        (Some(first), Some(second)) => {
            let all: Vec<&str> = [first, second].into_iter().chain(texts).collect();
            Cow::Owned(all.join("\n"))
        }
    }
}
