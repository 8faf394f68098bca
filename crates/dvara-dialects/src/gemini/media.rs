//! Parts that are no plain text: images, documents, audio, files that Google holds.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::contents::Contents;
use super::fields::refusal;
use crate::json;
use crate::request::{Document, DocumentSource, Image, ImageSource, ReadError};

pub(super) const NO_NAMES_OF_FILES: &str = "Google's files have no names";
pub(super) const NO_DETAIL: &str =
    "the resolution is one for all images: `generationConfig.mediaResolution`";
pub(super) const NO_SUCH_PART: &str = "it has no part of this type";
pub(super) const NO_UPLOADS: &str =
    "it does not know files uploaded elsewhere; send `file_data`, or an address of Google's";
pub(super) const NO_ADDRESSES: &str =
    "it fetches no images; send a base64 `data:` URL, or an address of Google's";

impl Contents<'_, '_> {
    pub(super) fn image(&mut self, at: &str, image: &Image<'_>) -> Result<(), ReadError> {
        if matches!(image.detail.as_deref(), Some(detail) if detail != "auto") {
            self.drops.add("messages.image_url.detail", NO_DETAIL);
        }
        match &image.source {
            ImageSource::Url(url) if is_googles(url) => {
                self.file(url);
                Ok(())
            }
            ImageSource::Url(_) => Err(refusal(format!("{at}.image_url"), NO_ADDRESSES)),
            ImageSource::Data { base64: false, .. } => {
                let message = format!("`{at}` must be a base64 `data:` URL");
                Err(ReadError::invalid(at, message))
            }
            ImageSource::Data { mime, data, .. } => {
                self.inline(mime, data);
                Ok(())
            }
        }
    }

    /// Bytes that stand in the call.
    fn inline(&mut self, mime: &str, data: &str) {
        let essence = mime.split(';').next().unwrap_or_default().trim();
        let essence = match essence {
            "image/jpg" => "image/jpeg",
            other => other,
        };
        self.begin();
        self.out.json("\"inlineData\":{\"mimeType\":").text(essence);
        self.out.json(",\"data\":").text(data).json("}");
        self.end();
    }

    /// A file that Google's own servers hold.
    fn file(&mut self, address: &str) {
        self.begin();
        self.out.json("\"fileData\":{");
        if let Some(mime) = mime_of(address) {
            self.out.json("\"mimeType\":").text(mime).json(",");
        }
        self.out.json("\"fileUri\":").text(address).json("}");
        self.end();
    }

    pub(super) fn document(&mut self, at: &str, document: &Document<'_>) -> Result<(), ReadError> {
        if document.name.is_some() {
            self.drops
                .add("messages.content.file.filename", NO_NAMES_OF_FILES);
        }
        let url = match &document.source {
            DocumentSource::Uploaded(id) if is_googles(id) => {
                self.file(id);
                return Ok(());
            }
            DocumentSource::Uploaded(_) => {
                return Err(refusal(format!("{at}.file.file_id"), NO_UPLOADS));
            }
            DocumentSource::Data(url) => url,
        };
        let (mime, data) = url
            .strip_prefix("data:")
            .and_then(|rest| rest.split_once(";base64,"))
            .ok_or_else(|| {
                let at = format!("{at}.file.file_data");
                let message = format!("`{at}` must be a base64 `data:` URL");
                ReadError::invalid(at, message)
            })?;
        self.inline(mime, data);
        Ok(())
    }

    /// A part that only its vendor understands.
    pub(super) fn opaque(
        &mut self,
        at: String,
        kind: &str,
        value: &RawValue,
    ) -> Result<(), ReadError> {
        match kind {
            "input_audio" => {
                let (data, format) = audio(value).ok_or_else(|| {
                    let message = format!("`{at}.input_audio` must have `data` and `format`");
                    ReadError::invalid(format!("{at}.input_audio"), message)
                })?;
                self.inline(&format!("audio/{format}"), &data);
                Ok(())
            }
            "file" => {
                let message = format!("`{at}` must have `file.file_data`");
                Err(ReadError::invalid(at, message))
            }
            // What an assistant said instead of an answer is text like any other.
            "refusal" => {
                let text = match value.get().starts_with('"') {
                    true => json::string(value),
                    false => member(value, "refusal").and_then(json::string),
                };
                let text = text.ok_or_else(|| {
                    let message = format!("`{at}` must be a text");
                    ReadError::invalid(at, message)
                })?;
                self.begin();
                self.out.json("\"text\":").text(&text);
                self.end();
                Ok(())
            }
            _ => Err(refusal(at, NO_SUCH_PART)),
        }
    }
}

/// Whether an address is one that Google's models read by themselves (Gemini API, File input methods).
fn is_googles(address: &str) -> bool {
    [
        "gs://",
        "https://generativelanguage.googleapis.com/",
        "https://www.youtube.com/watch",
        "https://youtu.be/",
    ]
    .iter()
    .any(|known| address.starts_with(known))
}

/// The type of a file by its ending, where Google asks for it.
fn mime_of(address: &str) -> Option<&'static str> {
    let (_, ending) = address.rsplit_once('.')?;
    Some(match &*ending.to_ascii_lowercase() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "mp3" => "audio/mp3",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        _ => return None,
    })
}

fn audio(part: &RawValue) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let audio = member(part, "input_audio")?;
    let text = |key| member(audio, key).and_then(json::string);
    Some((text("data")?, text("format")?))
}

fn member<'a>(value: &'a RawValue, key: &str) -> Option<&'a RawValue> {
    let members = json::members(value)?;
    let found = members.into_iter().find(|member| member.key == key)?;
    Some(found.value)
}
