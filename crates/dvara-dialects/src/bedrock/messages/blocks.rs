//! One block of a message, in Converse's form.

use serde_json::value::RawValue;

use super::Turns;
use crate::bedrock::cache;
use crate::bedrock::fields::refusal;
use crate::json;
use crate::request::{Block, Extra, Message, ReadError, Text, ToolResult};
use crate::turns::{cache_mark, is_blank, refusal_text};

/// Where a block stands, and what came with it.
#[derive(Clone, Copy)]
pub(super) struct Place<'c> {
    pub(super) message: usize,
    pub(super) position: usize,
    pub(super) extras: &'c [Extra<'c>],
    /// The cache marker of the message, for the block that gets it.
    pub(super) mark: Option<&'c RawValue>,
    /// It is of what a tool gave back.
    pub(super) in_result: bool,
}

impl<'c> Place<'c> {
    pub(super) fn at(&self) -> String {
        format!("messages[{}].content[{}]", self.message, self.position)
    }

    pub(super) fn refuse(&self, because: &str) -> ReadError {
        refusal(self.at(), because)
    }

    pub(super) fn invalid(&self, what: &str) -> ReadError {
        let at = self.at();
        let message = format!("`{at}` {what}");
        ReadError::invalid(at, message)
    }

    /// What came with the block. Extras stand in the order of their blocks.
    pub(super) fn of_block(&self) -> impl Iterator<Item = &'c Extra<'c>> {
        let position = self.position;
        let first = self.extras.partition_point(|extra| extra.block < position);
        self.extras[first..]
            .iter()
            .take_while(move |extra| extra.block == position)
            .filter(|extra| !json::is_null(extra.field.value))
    }
}

/// Converse's own blocks, which stand in a part under the name that the part has for its type.
const OWN: [&str; 11] = [
    "audio",
    "cachePoint",
    "citationsContent",
    "document",
    "guardContent",
    "image",
    "json",
    "searchResult",
    "toolAddition",
    "toolRemoval",
    "video",
];

impl<'c> Turns<'_, 'c> {
    /// Begins a block with a piece of JSON.
    pub(super) fn begin_block(&mut self, json: &str) {
        if self.blocks > 0 {
            self.out.json(",");
        }
        self.blocks += 1;
        self.out.json(json);
    }

    /// Ends a block with what came with it; `own` are the members that were written already.
    pub(super) fn end_block(&mut self, place: Place<'c>, own: &[&str]) {
        let mut mark = place.mark;
        for extra in place.of_block() {
            match &*extra.field.name {
                "cache_control" => mark = Some(extra.field.value),
                "index" => {}
                name if own.contains(&name) => {}
                _ => self.drops.add(
                    "messages.content",
                    "a member of a part has no place in Bedrock's API",
                ),
            }
        }
        self.mark(place, mark);
    }

    /// What stands behind a block: the cache point that it is marked with. Points stand behind results, not in them.
    fn mark(&mut self, place: Place<'c>, mark: Option<&'c RawValue>) {
        let Some(mark) = mark else {
            return;
        };
        if place.in_result {
            self.result_mark = Some(mark);
        } else if let Some(point) = cache::of_block(mark, false, self.model, self.drops) {
            self.begin_block(point);
        }
    }

    /// A block of a user's message, a system message or a tool result, or one of an assistant's that is no call.
    pub(super) fn block(
        &mut self,
        place: Place<'c>,
        block: &'c Block<'c>,
    ) -> Result<(), ReadError> {
        match block {
            Block::Text(text) => {
                // A tool may give back nothing.
                if place.in_result || !is_blank(text) {
                    self.text(text);
                    self.end_block(place, &[]);
                }
                Ok(())
            }
            Block::Image(image) => self.image(place, image),
            Block::Document(document) => self.document(place, document),
            Block::Opaque { kind, value } => self.opaque(place, kind, value),
            Block::Reasoning { .. } => {
                self.drops.add(
                    "messages.reasoning_content",
                    "only `thinking_blocks` prove to a model that reasoning is its own",
                );
                Ok(())
            }
            Block::ToolUse(_) => Err(place.refuse("only the assistant calls tools")),
            Block::ToolResult(_) => Err(place.refuse("a tool result stands in no other message")),
        }
    }

    fn text(&mut self, text: &Text<'_>) {
        self.begin_block("{\"text\":");
        self.out.json(self.request.literal(text)).json("}");
    }

    /// A part that only its vendor understands: Converse's own go on as they came.
    fn opaque(
        &mut self,
        place: Place<'c>,
        kind: &str,
        value: &'c RawValue,
    ) -> Result<(), ReadError> {
        let members = json::members(value).unwrap_or_default();
        let member = |key: &str| {
            let mut members = members.iter();
            members.find(|member| member.key == key)
        };
        match kind {
            "file" => return Err(place.invalid("must have `file.file_data`")),
            // What an assistant said instead of an answer is text like any other.
            "refusal" => {
                let text = refusal_text(value).ok_or_else(|| place.invalid("must be a text"))?;
                self.begin_block("{\"text\":");
                self.out.raw(text).json("}");
                return Ok(());
            }
            "input_audio" => {
                let audio = member("input_audio").map(|member| member.value);
                self.audio(place, audio)?;
            }
            own if OWN.contains(&own) => {
                let block = member(own).ok_or_else(|| {
                    place.invalid(&format!("must have the block of Converse under `{own}`"))
                })?;
                self.begin_block("{");
                self.out.text(own).json(":").raw(block.value).json("}");
            }
            _ => return Err(place.refuse("it has no such part")),
        }
        let mark = member("cache_control").map(|member| member.value);
        let mark = mark.filter(|mark| !json::is_null(mark));
        self.mark(place, mark.or(place.mark));
        Ok(())
    }

    /// What a tool gave back.
    pub(super) fn tool_result(
        &mut self,
        index: usize,
        message: &'c Message<'c>,
        result: &'c ToolResult<'c>,
    ) -> Result<(), ReadError> {
        let call = result.call.as_deref().or(self.legacy_call.as_deref());
        let call = call.map(identifier).ok_or_else(|| {
            let at = format!("messages[{index}].tool_call_id");
            let text = format!("`{at}` must name the call that it answers");
            ReadError::validation(at, text)
        })?;
        self.begin_block("{\"toolResult\":{\"toolUseId\":");
        self.out.text(&call).json(",\"content\":[");
        let blocks = std::mem::take(&mut self.blocks);
        self.result_mark = cache_mark(message);
        for (position, block) in result.blocks.iter().enumerate() {
            let place = Place {
                message: index,
                position,
                extras: &result.extras,
                mark: None,
                in_result: true,
            };
            self.block(place, block)?;
        }
        self.blocks = blocks;
        self.out.json("]");
        let failed = message.rest.iter().find(|field| field.name == "is_error");
        if failed.is_some_and(|field| field.value.get() == "true") {
            self.out.json(",\"status\":\"error\"");
        }
        self.out.json("}}");
        if let Some(mark) = self.result_mark.take()
            && let Some(point) = cache::of_block(mark, true, self.model, self.drops)
        {
            self.begin_block(point);
        }
        Ok(())
    }
}

/// An id as Bedrock takes it: up to 64 letters, digits, `_`, `.`, `:` and `-` (Bedrock, ToolUseBlock). Other vendors' ids have more,
/// and a conversation may have begun with them; the call and its result change alike.
pub(super) fn identifier(id: &str) -> String {
    const LONGEST: usize = 64;
    let plain: String = id
        .chars()
        .map(|character| match character {
            '_' | '.' | ':' | '-' => character,
            other if other.is_ascii_alphanumeric() => other,
            _ => '_',
        })
        .collect();
    match plain.len() {
        0 => "_".to_owned(),
        1..=LONGEST => plain,
        // Long ids may differ at their ends alone.
        _ => format!(
            "{}_{:08x}",
            &plain[..LONGEST - 9],
            crc32fast::hash(id.as_bytes())
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_what_bedrock_takes_and_stay_apart() {
        assert_eq!(identifier("call_a.b:c-1"), "call_a.b:c-1");
        assert_eq!(identifier("call|é 1"), "call___1");
        assert_eq!(identifier(""), "_");
        let long = |end: &str| identifier(&format!("{}{end}", "x".repeat(80)));
        assert_eq!(long("1").len(), 64);
        assert_ne!(long("1"), long("2"));
    }
}
