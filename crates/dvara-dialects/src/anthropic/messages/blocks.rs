//! One block of a message, in Anthropic's form.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use super::Turns;
use crate::anthropic::fields::refusal;
use crate::json;
use crate::request::{
    Block, Document, DocumentSource, Extra, Image, ImageSource, Message, ReadError, Text,
    ToolResult,
};
use crate::turns::{cache_mark, is_blank, refusal_text, says_something};

/// Where a block stands, and what came with it.
#[derive(Clone, Copy)]
pub(super) struct Place<'c> {
    pub(super) message: usize,
    pub(super) position: usize,
    pub(super) extras: &'c [Extra<'c>],
    /// The cache marker of the message, for the block that gets it.
    pub(super) mark: Option<&'c RawValue>,
}

impl Place<'_> {
    pub(super) fn at(&self) -> String {
        format!("messages[{}].content[{}]", self.message, self.position)
    }

    fn refuse(&self, because: &str) -> ReadError {
        refusal(self.at(), because)
    }

    fn invalid(&self, what: &str) -> ReadError {
        let at = self.at();
        let message = format!("`{at}` {what}");
        ReadError::invalid(at, message)
    }
}

impl<'c> Turns<'_, 'c> {
    /// Begins a block; [`Self::end_block`] ends it.
    pub(super) fn begin_block(&mut self, kind: &str) {
        if self.blocks > 0 {
            self.out.json(",");
        }
        self.blocks += 1;
        self.plain = None;
        self.out.json("{\"type\":\"").json(kind).json("\"");
    }

    /// Ends a block with what came with it: `own` are the members that such a block has in Anthropic's API.
    pub(super) fn end_block(&mut self, place: Place<'c>, own: &[&str]) {
        let mut mark = place.mark;
        // Extras stand in the order of their blocks.
        let first = place
            .extras
            .partition_point(|extra| extra.block < place.position);
        let of_block = |extra: &&Extra<'_>| extra.block == place.position;
        for extra in place.extras[first..].iter().take_while(of_block) {
            let value = extra.field.value;
            if json::is_null(value) {
                continue;
            }
            let name = &*extra.field.name;
            if name == "cache_control" || own.contains(&name) {
                self.out.json(",").text(name).json(":").raw(value);
                self.plain = None;
                mark = mark.filter(|_| name != "cache_control");
            } else if name != "index" {
                self.drops.add(
                    "messages.content",
                    "a member of a part has no place in Anthropic's API",
                );
            }
        }
        if let Some(mark) = mark {
            self.out.json(",\"cache_control\":").raw(mark);
            self.plain = None;
        }
        self.out.json("}");
    }

    /// A block of a user's message, a system message or a tool result, or one of an assistant's that is no call.
    pub(super) fn block(
        &mut self,
        place: Place<'c>,
        block: &'c Block<'c>,
    ) -> Result<(), ReadError> {
        match block {
            Block::Text(text) => {
                self.text(place, text);
                Ok(())
            }
            Block::Image(image) => self.image(place, image),
            Block::Document(document) => self.document(place, document),
            Block::Opaque { kind, value } => self.opaque(place, kind, value),
            Block::Reasoning { .. } => {
                self.drops.add(
                    "messages.reasoning_content",
                    "only `thinking_blocks` prove to Anthropic that reasoning is its own",
                );
                Ok(())
            }
            Block::ToolUse(_) => Err(place.refuse("only the assistant calls tools")),
            Block::ToolResult(_) => Err(place.refuse("a tool result stands in no other message")),
        }
    }

    fn text(&mut self, place: Place<'c>, text: &Text<'_>) {
        if is_blank(text) {
            return;
        }
        self.begin_block("text");
        self.out.json(",\"text\":");
        self.plain = Some(self.out.len());
        self.out.json(self.request.literal(text));
        self.end_block(place, &["citations"]);
    }

    fn image(&mut self, place: Place<'c>, image: &Image<'_>) -> Result<(), ReadError> {
        if matches!(image.detail.as_deref(), Some(detail) if detail != "auto") {
            self.drops.add(
                "messages.image_url.detail",
                "Anthropic chooses the resolution itself",
            );
        }
        match &image.source {
            ImageSource::Url(url) => {
                self.begin_block("image");
                self.out.json(",\"source\":{\"type\":\"url\",\"url\":");
                self.out.text(url).json("}");
            }
            ImageSource::Data { base64: false, .. } => {
                return Err(place.invalid("must be a base64 `data:` URL or an address"));
            }
            ImageSource::Data { mime, data, .. } => self.base64_image(mime, data),
        }
        self.end_block(place, &["transformations"]);
        Ok(())
    }

    fn base64_image(&mut self, mime: &str, data: &str) {
        let essence = mime.split(';').next().unwrap_or_default().trim();
        let essence = essence.to_ascii_lowercase();
        let media_type = match &*essence {
            "image/jpg" => "image/jpeg",
            other => other,
        };
        self.begin_block("image");
        self.out
            .json(",\"source\":{\"type\":\"base64\",\"media_type\":")
            .text(media_type)
            .json(",\"data\":")
            .text(data)
            .json("}");
    }

    fn document(&mut self, place: Place<'c>, document: &Document<'_>) -> Result<(), ReadError> {
        let url = match &document.source {
            DocumentSource::Data(url) => url,
            DocumentSource::Uploaded(_) => {
                return Err(refusal(
                    format!("{}.file.file_id", place.at()),
                    "it does not know files uploaded elsewhere; send `file_data`, or its own `document` part",
                ));
            }
        };
        let at = || format!("{}.file.file_data", place.at());
        let (mime, data) = url
            .strip_prefix("data:")
            .and_then(|rest| rest.split_once(";base64,"))
            .ok_or_else(|| {
                let at = at();
                let message = format!("`{at}` must be a base64 `data:` URL");
                ReadError::invalid(at, message)
            })?;
        let mime = mime.split(';').next().unwrap_or_default();
        if mime.starts_with("image/") {
            self.base64_image(mime, data);
            self.end_block(place, &["transformations"]);
            return Ok(());
        }
        if mime == "application/pdf" {
            self.begin_block("document");
            self.out.json(
                ",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":",
            );
            self.out.text(data).json("}");
        } else if mime.starts_with("text/") {
            let text = STANDARD
                .decode(data.trim())
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| {
                    let at = at();
                    let message = format!("`{at}` must be UTF-8 text in base64");
                    ReadError::invalid(at, message)
                })?;
            self.begin_block("document");
            self.out
                .json(",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":")
                .text(&text)
                .json("}");
        } else {
            return Err(refusal(at(), "it reads PDF, text and images"));
        }
        if let Some(name) = &document.name {
            self.out.json(",\"title\":").text(name);
        }
        self.end_block(place, &["citations", "context"]);
        Ok(())
    }

    /// A part that only its vendor understands: Anthropic's own go on as they came.
    fn opaque(
        &mut self,
        place: Place<'c>,
        kind: &str,
        value: &'c RawValue,
    ) -> Result<(), ReadError> {
        match kind {
            "input_audio" => Err(place.refuse("it does not listen to audio")),
            "file" => Err(place.invalid("must have `file.file_data`")),
            // What an assistant said instead of an answer is text like any other.
            "refusal" => {
                let text = refusal_text(value).ok_or_else(|| place.invalid("must be a text"))?;
                self.begin_block("text");
                self.out.json(",\"text\":").raw(text);
                self.end_block(place, &[]);
                Ok(())
            }
            _ => {
                if self.blocks > 0 {
                    self.out.json(",");
                }
                self.blocks += 1;
                self.plain = None;
                let has_mark = || {
                    let members = json::members(value).unwrap_or_default();
                    members.iter().any(|member| member.key == "cache_control")
                };
                match (place.mark, value.get().strip_suffix('}')) {
                    (Some(mark), Some(open)) if !has_mark() => {
                        self.out.json(open).json(",\"cache_control\":");
                        self.out.raw(mark).json("}");
                    }
                    _ => {
                        self.out.raw(value);
                    }
                }
                Ok(())
            }
        }
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
        self.begin_block("tool_result");
        self.out.json(",\"tool_use_id\":").text(&call);
        if result.blocks.iter().any(says_something) {
            self.out.json(",\"content\":");
            let (blocks, start) = (self.blocks, self.begin_list());
            for (position, block) in result.blocks.iter().enumerate() {
                let place = Place {
                    message: index,
                    position,
                    extras: &result.extras,
                    mark: None,
                };
                self.block(place, block)?;
            }
            self.end_list(start);
            self.blocks = blocks;
            self.plain = None;
        }
        let failed = message.rest.iter().find(|field| field.name == "is_error");
        if failed.is_some_and(|field| field.value.get() == "true") {
            self.out.json(",\"is_error\":true");
        }
        if let Some(mark) = cache_mark(message) {
            self.out.json(",\"cache_control\":").raw(mark);
        }
        self.out.json("}");
        Ok(())
    }
}

/// An id as Anthropic's API takes it: letters, digits, `_` and `-`. Other vendors' ids have more, and a conversation may
/// have begun with them; the call and its result change alike.
pub(super) fn identifier(id: &str) -> String {
    id.chars()
        .map(|character| match character {
            '_' | '-' => character,
            other if other.is_ascii_alphanumeric() => other,
            _ => '_',
        })
        .collect()
}
