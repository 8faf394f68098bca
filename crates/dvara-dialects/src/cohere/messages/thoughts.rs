//! The thinking of a message, as it came with the answer that the message was.

use serde_json::value::RawValue;

use super::Turns;
use super::assistant::is_given;
use crate::cohere::fields::FOREIGN_THOUGHT;
use crate::json::{self, Member};
use crate::request::{Message, ReadError};

/// A block of thinking, as the model gave it.
pub(super) struct Thought<'m> {
    /// Its position among the blocks of the answer that it was part of.
    pub(super) index: Option<usize>,
    /// Its text, as a literal.
    pub(super) thinking: &'m str,
}

impl<'c> Turns<'_, 'c> {
    /// The `thinking_blocks` of a message that are Cohere's own, in the order in which they stood: those without a position
    /// come first. Blocks of other vendors have signatures or other types, which Cohere's API refuses.
    pub(super) fn thoughts<'m>(
        &mut self,
        index: usize,
        message: &'m Message<'c>,
    ) -> Result<Vec<Thought<'m>>, ReadError> {
        let at = format!("messages[{index}].thinking_blocks");
        let mut fields = message.rest.iter().filter(is_given("thinking_blocks"));
        let Some(field) = fields.next() else {
            return Ok(Vec::new());
        };
        if fields.next().is_some() {
            let text = format!("`{at}` must not be given twice");
            return Err(ReadError::invalid(at, text));
        }
        let refusal = || {
            let text = format!("`{at}` must be the list of blocks that came with the answer");
            ReadError::invalid(&*at, text)
        };
        let mut thoughts = Vec::new();
        for item in json::items(field.value).ok_or_else(refusal)? {
            let members = json::members(item).ok_or_else(refusal)?;
            let kind = find(&members, "type").and_then(json::string);
            match thought(&members, &kind.ok_or_else(refusal)?) {
                Some(thought) => thoughts.push(thought),
                None => {
                    let (field, reason) = FOREIGN_THOUGHT;
                    self.drops.add(field, reason);
                }
            }
        }
        // Stable, and `None` is the smallest.
        thoughts.sort_by_key(|thought| thought.index);
        Ok(thoughts)
    }
}

/// A block of thinking of Cohere's own; nothing for another vendor's.
fn thought<'m>(members: &[Member<'m>], kind: &str) -> Option<Thought<'m>> {
    let is_known = |member: &Member<'_>| matches!(&*member.key, "type" | "thinking" | "index");
    if kind != "thinking" || !members.iter().all(is_known) {
        return None;
    }
    let thinking = find(members, "thinking").filter(|text| json::string(text).is_some())?;
    let index = find(members, "index").and_then(|index| index.get().parse().ok());
    Some(Thought {
        index,
        thinking: thinking.get(),
    })
}

fn find<'m>(members: &[Member<'m>], key: &str) -> Option<&'m RawValue> {
    let mut members = members.iter();
    let found = members.find(|member| member.key == key);
    found.map(|member| member.value)
}
