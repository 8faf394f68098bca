//! `thinking_blocks`: reasoning that a vendor gave and gets back unchanged.

use crate::json::{self, Member};
use crate::request::{Message, ReadError};

/// A block of reasoning.
pub(crate) struct Thought<'c> {
    /// Its position among the blocks of the answer that it was part of.
    pub(crate) index: Option<usize>,
    /// Its members as they came, without the position, which is ours.
    pub(crate) members: Vec<Member<'c>>,
}

/// Whether a message has some.
pub(super) fn are_there(message: &Message<'_>) -> bool {
    let mut fields = message.rest.iter();
    fields.any(|field| field.name == "thinking_blocks" && json::is_filled_array(field.value))
}

/// The `thinking_blocks` of a message, in the order in which they stood: those without a position come first.
///
/// # Errors
/// When they are no list of blocks of reasoning.
pub(crate) fn thoughts<'c>(
    index: usize,
    message: &'c Message<'c>,
) -> Result<Vec<Thought<'c>>, ReadError> {
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
