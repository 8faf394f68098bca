//! The turns of a conversation, for vendors whose turns alternate: messages of one side that follow each other are one turn, and
//! what says nothing is left out.

mod thoughts;

use serde_json::value::RawValue;

use crate::json;
use crate::request::{Block, Message, ReadError, Role, Text, ToolUse};
pub(crate) use thoughts::{Thought, thoughts};

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    User,
    Assistant,
}

/// A message and its position in the call.
pub(crate) type Numbered<'c> = (usize, &'c Message<'c>);

/// Messages of one side.
pub(crate) struct Turn<'c> {
    pub(crate) side: Side,
    /// In order, but for tool results, which come first.
    pub(crate) messages: Vec<Numbered<'c>>,
}

/// The turns of a conversation, system messages aside.
///
/// # Errors
/// Names the role that nobody knows.
pub(crate) fn turns<'c>(messages: &'c [Message<'c>]) -> Result<Vec<Turn<'c>>, ReadError> {
    let mut turns: Vec<Turn<'c>> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let side = match &message.role {
            Role::System => continue,
            Role::User | Role::Tool => Side::User,
            Role::Assistant => Side::Assistant,
            Role::Other(_) => return Err(unknown_role(index)),
        };
        if !has_content(message) {
            continue;
        }
        match turns.last_mut().filter(|turn| turn.side == side) {
            Some(turn) => turn.messages.push((index, message)),
            None => turns.push(Turn {
                side,
                messages: vec![(index, message)],
            }),
        }
    }
    for turn in &mut turns {
        // Stable: what is no result keeps its place behind them.
        turn.messages
            .sort_by_key(|(_, message)| message.role != Role::Tool);
    }
    Ok(turns)
}

fn unknown_role(index: usize) -> ReadError {
    let at = format!("messages[{index}].role");
    let message =
        format!("`{at}` must be `system`, `developer`, `user`, `assistant`, `tool` or `function`");
    ReadError::invalid(at, message)
}

/// Whether anything of a message would be sent.
fn has_content(message: &Message<'_>) -> bool {
    message.role == Role::Tool
        || message.blocks.iter().any(says_something)
        || (message.role == Role::Assistant && thoughts::are_there(message))
}

/// Whether a block says anything: a text without a visible character does not.
pub(crate) fn says_something(block: &Block<'_>) -> bool {
    match block {
        Block::Text(text) => !is_blank(text),
        Block::Reasoning { .. } => false,
        Block::Image(_)
        | Block::Document(_)
        | Block::ToolUse(_)
        | Block::ToolResult(_)
        | Block::Opaque { .. } => true,
    }
}

/// Whether a text has no visible character.
pub(crate) fn is_blank(text: &Text<'_>) -> bool {
    text.text.trim().is_empty()
}

/// The prompt-cache marker of a message, which its last block gets.
pub(crate) fn cache_mark<'c>(message: &'c Message<'c>) -> Option<&'c RawValue> {
    message
        .rest
        .iter()
        .find(|field| field.name == "cache_control" && !json::is_null(field.value))
        .map(|field| field.value)
}

/// The position of the last block that says something: it carries the marker of its message.
pub(crate) fn last_block(message: &Message<'_>) -> Option<usize> {
    message.blocks.iter().rposition(says_something)
}

/// Something that an assistant said, at its place.
pub(crate) enum Piece<'c> {
    /// Reasoning that is replayed.
    Thought(Thought<'c>),
    /// A block of the message.
    Block {
        block: &'c Block<'c>,
        /// Where it stands in the message.
        position: usize,
        /// How many calls stand before it.
        calls: usize,
        /// It carries the marker of its message.
        is_last: bool,
    },
}

/// What an assistant said: texts before calls, whatever order the members of the message have, and its thoughts where they
/// stood.
///
/// # Errors
/// When its `thinking_blocks` can't be read.
pub(crate) fn pieces<'c>(
    index: usize,
    message: &'c Message<'c>,
) -> Result<Vec<Piece<'c>>, ReadError> {
    let thoughts = thoughts(index, message)?;
    let replayed = !thoughts.is_empty();
    let mut thoughts = thoughts.into_iter().peekable();
    let is_call = |block: &Block<'_>| matches!(block, Block::ToolUse(_));
    let numbered = || message.blocks.iter().enumerate();
    let texts = numbered().filter(|(_, block)| !is_call(block));
    let blocks: Vec<_> = texts
        .chain(numbered().filter(|(_, block)| is_call(block)))
        // Reasoning without a signature says again what the blocks of thinking say.
        .filter(|(_, block)| !(replayed && matches!(block, Block::Reasoning { .. })))
        .collect();
    let last = blocks.iter().rposition(|(_, block)| says_something(block));
    let mut pieces = Vec::with_capacity(blocks.len());
    let (mut written, mut calls) = (0, 0);
    for (order, (position, block)) in blocks.into_iter().enumerate() {
        while let Some(thought) = thoughts.next_if(|thought| thought.index <= Some(written)) {
            pieces.push(Piece::Thought(thought));
            written += 1;
        }
        pieces.push(Piece::Block {
            block,
            position,
            calls,
            is_last: Some(order) == last,
        });
        calls += usize::from(is_call(block));
        written += usize::from(says_something(block));
    }
    pieces.extend(thoughts.map(Piece::Thought));
    Ok(pieces)
}

/// The input of a call: its arguments, which must be an object. Empty ones are `{}`. `number` is its position among the calls of
/// its message.
///
/// # Errors
/// Names the arguments that are none.
pub(crate) fn input<'t>(
    call: &'t ToolUse<'_>,
    message: usize,
    number: usize,
) -> Result<&'t str, ReadError> {
    let input = call.arguments.text.trim();
    let input = if input.is_empty() { "{}" } else { input };
    if input.starts_with('{') && serde_json::from_str::<&RawValue>(input).is_ok() {
        return Ok(input);
    }
    let at = match call.id {
        Some(_) => format!("tool_calls[{number}].function.arguments"),
        None => "function_call.arguments".to_owned(),
    };
    let at = format!("messages[{message}].{at}");
    let text = format!("`{at}` must be the text of a JSON object");
    Err(ReadError::invalid(at, text))
}

/// What an assistant said instead of an answer: a `refusal`, alone or as a part. `None` when it is no text.
pub(crate) fn refusal_text(value: &RawValue) -> Option<&RawValue> {
    let text = match value.get().starts_with('"') {
        true => Some(value),
        false => {
            let members = json::members(value).unwrap_or_default();
            let text = members.iter().find(|member| member.key == "refusal");
            text.map(|member| member.value)
        }
    };
    text.filter(|text| json::string(text).is_some())
}
