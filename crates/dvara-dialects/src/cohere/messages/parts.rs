//! One part of a message, in Cohere's form.

use super::Turns;
use crate::cohere::encode::literal;
use crate::cohere::fields::{AUDIO, DETAIL, FILE, OTHER_PART, TEXT_ONLY, TOOL_RESULT, refusal};
use crate::request::{Block, Image, ImageSource, ReadError, Text};

impl<'c> Turns<'_, 'c> {
    /// A part of a message of the user or the system; `at` is where it stands.
    pub(super) fn part(
        &mut self,
        at: String,
        block: &Block<'c>,
        may_see: bool,
    ) -> Result<(), ReadError> {
        match block {
            Block::Text(text) => {
                self.text(text);
                Ok(())
            }
            Block::Image(image) if may_see => self.image(at, image),
            Block::Image(_) => Err(refusal(at, TEXT_ONLY)),
            Block::Document(_) => Err(refusal(at, FILE)),
            Block::Opaque { kind, .. } => Err(unknown_part(at, kind)),
            Block::Reasoning { .. } | Block::ToolUse(_) | Block::ToolResult(_) => {
                Err(refusal(at, OTHER_PART))
            }
        }
    }

    /// A part of what a tool gave back. Documents are Cohere's own, and go on as they came.
    pub(super) fn result_part(&mut self, at: String, block: &Block<'c>) -> Result<(), ReadError> {
        match block {
            Block::Text(text) => {
                self.text(text);
                Ok(())
            }
            Block::Opaque { kind, value } if kind == "document" => {
                self.out.raw(value);
                Ok(())
            }
            Block::Image(_)
            | Block::Document(_)
            | Block::Reasoning { .. }
            | Block::Opaque { .. }
            | Block::ToolUse(_)
            | Block::ToolResult(_) => Err(refusal(at, TOOL_RESULT)),
        }
    }

    fn text(&mut self, text: &Text<'_>) {
        self.out
            .json("{\"type\":\"text\",\"text\":")
            .json(literal(self.request, text))
            .json("}");
    }

    fn image(&mut self, at: String, image: &Image<'_>) -> Result<(), ReadError> {
        self.out
            .json("{\"type\":\"image_url\",\"image_url\":{\"url\":");
        match &image.source {
            ImageSource::Url(url) => {
                self.out.text(url);
            }
            ImageSource::Data { base64: false, .. } => {
                let message = format!("`{at}` must be a base64 `data:` URL or an address");
                return Err(ReadError::invalid(at, message));
            }
            ImageSource::Data { mime, data, .. } => {
                self.out.text(&format!("data:{mime};base64,{data}"));
            }
        }
        match image.detail.as_deref() {
            None => {}
            Some(known @ ("low" | "high" | "auto")) => {
                self.out.json(",\"detail\":\"").json(known).json("\"");
            }
            Some(_) => {
                let (field, reason) = DETAIL;
                self.drops.add(field, reason);
            }
        }
        self.out.json("}}");
        Ok(())
    }
}

/// The error of a part that only another vendor understands.
pub(super) fn unknown_part(at: String, kind: &str) -> ReadError {
    match kind {
        "input_audio" => refusal(at, AUDIO),
        "file" => {
            let message = format!("`{at}` must have `file.file_data`");
            ReadError::invalid(at, message)
        }
        _ => refusal(at, OTHER_PART),
    }
}
