//! Messages → contents of a user and a model, and the system instruction beside them.
//!
//! - Everything that system and developer messages say goes into `systemInstruction`, in order, wherever it stood.
//! - Messages of one side that follow each other become one content: the answers to several calls belong into one.
//! - The result of a tool is known by the name of its function, which is looked up from the call that it answers. Results of
//!   calls that were made together stand in the order of these: models without ids know them by their places.

use std::borrow::Cow;
use std::collections::HashMap;

use dvara_types::ProviderKind;

use super::fields::refusal;
use super::generation::Generation;
use super::parts::{NO_CONTENTS, SYSTEM_IS_TEXT};
use crate::fields::Drops;
use crate::request::{Block, ChatRequest, Conversation, Message, ReadError, Role, Text};
use crate::target::Target;
use crate::writer::Writer;

/// A text as it stands in the body, quotes included.
pub(super) fn literal<'c>(request: &'c ChatRequest, text: &Text<'_>) -> &'c str {
    &request.text()[text.span.start..text.span.end]
}

/// Writes `contents` and `systemInstruction`.
///
/// # Errors
/// Names the part of a message that Google's API cannot say.
pub(super) fn write(
    out: &mut Writer,
    request: &ChatRequest,
    conversation: &Conversation<'_>,
    target: &Target<'_>,
    drops: &mut Drops,
) -> Result<(), ReadError> {
    let mut contents = Contents {
        out,
        request,
        drops,
        ids: ids(target),
        demands_signatures: Generation::of(target.model).demands_signatures(),
        calls: HashMap::new(),
        side: None,
        parts: 0,
    };
    contents.write_all(&conversation.messages)?;
    contents.write_system(&conversation.messages)
}

/// Which ids of calls are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ids {
    /// All of them, those that the gateway made up too.
    All,
    /// Those that somebody else gave.
    Given,
    /// None.
    Nobodys,
}

/// What a target knows calls by. Of older models, those of the Gemini API give ids now and then and take them back; Vertex AI's
/// have none.
fn ids(target: &Target<'_>) -> Ids {
    if Generation::of(target.model).wants_ids() {
        Ids::All
    } else if target.kind == ProviderKind::Gemini {
        Ids::Given
    } else {
        Ids::Nobodys
    }
}

/// The ids and functions of a message's calls, in their order.
fn calls<'c>(message: &'c Message<'c>) -> impl Iterator<Item = (Option<&'c str>, &'c str)> {
    message.blocks.iter().filter_map(|block| match block {
        Block::ToolUse(call) => Some((call.id.as_deref(), &*call.name)),
        _ => None,
    })
}

/// The places of the messages in the order in which they are written: results that follow one another in the order of the calls
/// before them.
fn in_call_order(messages: &[Message<'_>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..messages.len()).collect();
    let is_result = |at: &usize| messages[*at].role == Role::Tool;
    let mut asked: Vec<Option<&str>> = Vec::new();
    for run in order.chunk_by_mut(|one, next| is_result(one) && is_result(next)) {
        if is_result(&run[0]) {
            run.sort_by_key(|at| {
                let call = answered(&messages[*at]);
                asked
                    .iter()
                    .position(|asked| call.is_some() && *asked == call)
            });
        } else if messages[run[0]].role == Role::Assistant {
            asked = calls(&messages[run[0]]).map(|(id, _)| id).collect();
        }
    }
    order
}

/// The call that a message is the result of.
fn answered<'c>(message: &'c Message<'c>) -> Option<&'c str> {
    message.blocks.iter().find_map(|block| match block {
        Block::ToolResult(result) => result.call.as_deref(),
        _ => None,
    })
}

/// Whose content it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    User,
    Model,
}

/// The contents of a call, on their way into its body.
pub(super) struct Contents<'w, 'c> {
    pub(super) out: &'w mut Writer,
    pub(super) request: &'c ChatRequest,
    pub(super) drops: &'w mut Drops,
    pub(super) ids: Ids,
    pub(super) demands_signatures: bool,
    /// The functions of the calls so far, by their ids; a later call of the same id is another one.
    calls: HashMap<&'c str, &'c str>,
    /// The content that is being written.
    side: Option<Side>,
    /// How many parts it has.
    pub(super) parts: usize,
}

impl<'c> Contents<'_, 'c> {
    fn write_all(&mut self, messages: &'c [Message<'c>]) -> Result<(), ReadError> {
        self.out.json("\"contents\":[");
        for index in in_call_order(messages) {
            let message = &messages[index];
            let side = match &message.role {
                Role::System => continue,
                Role::User | Role::Tool => Side::User,
                Role::Assistant => Side::Model,
                Role::Other(_) => return Err(unknown_role(index)),
            };
            self.message(index, side, message)?;
        }
        if self.side.is_none() {
            return Err(refusal("messages", NO_CONTENTS));
        }
        self.out.json("]}]");
        Ok(())
    }

    fn message(
        &mut self,
        index: usize,
        side: Side,
        message: &'c Message<'c>,
    ) -> Result<(), ReadError> {
        let before = self.out.len();
        let open = (self.side, self.parts);
        if self.side != Some(side) {
            self.out.json(match self.side {
                None => "",
                Some(_) => "]},",
            });
            self.out.json(match side {
                Side::User => "{\"role\":\"user\",\"parts\":[",
                Side::Model => "{\"role\":\"model\",\"parts\":[",
            });
            self.side = Some(side);
            self.parts = 0;
        }
        let had = self.parts;
        match side {
            Side::User => self.user_parts(index, message)?,
            Side::Model => {
                self.model_parts(index, message)?;
                let named = calls(message).filter_map(|(id, name)| Some((id?, name)));
                self.calls.extend(named);
            }
        }
        if self.parts == had {
            // A message without content leaves no trace.
            self.out.truncate(before);
            (self.side, self.parts) = open;
        }
        Ok(())
    }

    fn write_system(&mut self, messages: &'c [Message<'c>]) -> Result<(), ReadError> {
        let before = self.out.len();
        self.out.json(",\"systemInstruction\":{\"parts\":[");
        self.parts = 0;
        for (index, message) in messages.iter().enumerate() {
            if message.role != Role::System {
                continue;
            }
            let is_text = |block: &Block<'_>| matches!(block, Block::Text(_));
            if !message.blocks.iter().all(is_text) {
                let at = format!("messages[{index}].content");
                return Err(refusal(at, SYSTEM_IS_TEXT));
            }
            self.user_parts(index, message)?;
        }
        if self.parts == 0 {
            self.out.truncate(before);
        } else {
            self.out.json("]}");
        }
        Ok(())
    }

    /// The name of the function that a result is of: the call's, or the message's own where calls had no ids.
    pub(super) fn function_of<'m>(
        &'m self,
        index: usize,
        call: Option<&'m str>,
        message: &'m Message<'c>,
    ) -> Result<Cow<'m, str>, ReadError> {
        let of_call = call.and_then(|call| self.calls.get(call).copied());
        of_call
            .map(Cow::Borrowed)
            .or_else(|| message.name.as_deref().map(Cow::Borrowed))
            .ok_or_else(|| {
                let at = format!("messages[{index}].tool_call_id");
                let text = format!("`{at}` must name a call that stands before it");
                ReadError::invalid(at, text)
            })
    }
}

fn unknown_role(index: usize) -> ReadError {
    let at = format!("messages[{index}].role");
    let message =
        format!("`{at}` must be `system`, `developer`, `user`, `assistant`, `tool` or `function`");
    ReadError::invalid(at, message)
}
