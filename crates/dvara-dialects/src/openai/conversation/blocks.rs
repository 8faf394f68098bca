//! One message and its blocks.

use std::borrow::Cow;
use std::fmt::Arguments;

use serde_json::value::RawValue;

use super::{Reader, field, only, others};
use crate::json::{self, Member};
use crate::openai::keys::{Found, MessageKey, find};
use crate::request::{
    Block, Document, DocumentSource, Extra, Field, Image, ImageSource, Message, ReadError, Role,
    ToolResult, ToolUse,
};

impl<'a> Reader<'a> {
    pub(super) fn message(
        self,
        at: Arguments<'_>,
        members: Vec<Member<'a>>,
    ) -> Result<Message<'a>, ReadError> {
        let mut message = Message {
            role: Role::User,
            name: None,
            blocks: Vec::new(),
            extras: Vec::new(),
            rest: Vec::new(),
        };
        let mut call = None;
        for member in members {
            let key = match find::<MessageKey>(&member.key) {
                Found::Known(key) => key,
                Found::OtherSpelling(_) | Found::Unknown => {
                    message.rest.push(field(member));
                    continue;
                }
            };
            if json::is_null(member.value) {
                continue;
            }
            let at = format_args!("{at}.{}", member.key);
            match key {
                MessageKey::Role => message.role = role(self.text(at, member.value)?.text),
                MessageKey::Name => message.name = Some(self.text(at, member.value)?.text),
                MessageKey::ToolCallId => call = Some(self.text(at, member.value)?.text),
                MessageKey::Content => self.content(at, member.value, &mut message)?,
                MessageKey::ToolCalls => {
                    for (index, call) in self.items(at, member.value)?.into_iter().enumerate() {
                        self.tool_use(format_args!("{at}[{index}]"), call, &mut message)?;
                    }
                }
                MessageKey::FunctionCall => {
                    let block = self.function(at, None, member.value)?;
                    message.blocks.push(block);
                }
                MessageKey::ReasoningContent | MessageKey::Reasoning => {
                    message.blocks.push(Block::Reasoning {
                        text: self.text(at, member.value)?,
                        signature: None,
                    });
                }
                MessageKey::Refusal => message.blocks.push(Block::Opaque {
                    kind: Cow::Borrowed("refusal"),
                    value: member.value,
                }),
            }
        }
        if message.role == Role::Tool {
            let result = ToolResult {
                call,
                blocks: std::mem::take(&mut message.blocks),
                extras: std::mem::take(&mut message.extras),
            };
            message.blocks.push(Block::ToolResult(result));
        }
        Ok(message)
    }

    fn content(
        self,
        at: Arguments<'_>,
        value: &'a RawValue,
        message: &mut Message<'a>,
    ) -> Result<(), ReadError> {
        if value.get().starts_with('"') {
            message.blocks.push(Block::Text(self.text(at, value)?));
            return Ok(());
        }
        for (index, part) in self.items(at, value)?.into_iter().enumerate() {
            self.part(format_args!("{at}[{index}]"), part, message)?;
        }
        Ok(())
    }

    fn part(
        self,
        at: Arguments<'_>,
        value: &'a RawValue,
        message: &mut Message<'a>,
    ) -> Result<(), ReadError> {
        // Some servers take a bare string for a text part.
        if value.get().starts_with('"') {
            message.blocks.push(Block::Text(self.text(at, value)?));
            return Ok(());
        }
        let members = self.members(at, value)?;
        let kind = only(at, &members, "type")?
            .and_then(json::string)
            .ok_or_else(|| {
                ReadError::invalid(at.to_string(), format!("`{at}` must say its `type`"))
            })?;
        let inner = |key| -> Result<&'a RawValue, ReadError> {
            only(at, &members, key)?.ok_or_else(|| {
                ReadError::invalid(at.to_string(), format!("`{at}` must have `{key}`"))
            })
        };
        let (block, known) = match &*kind {
            "text" => (
                Block::Text(self.text(format_args!("{at}.text"), inner("text")?)?),
                &["type", "text"],
            ),
            "image_url" => (
                Block::Image(self.image(at, inner("image_url")?)?),
                &["type", "image_url"],
            ),
            "file" => (self.file(at, inner("file")?, value)?, &["type", "file"]),
            _ => {
                message.blocks.push(Block::Opaque { kind, value });
                return Ok(());
            }
        };
        add(message, block, others(members, known));
        Ok(())
    }

    /// An `image_url`: an address, or an object with one.
    fn image(self, at: Arguments<'_>, value: &'a RawValue) -> Result<Image<'a>, ReadError> {
        let at = format_args!("{at}.image_url");
        if value.get().starts_with('"') {
            return Ok(Image {
                source: image_source(self.text(at, value)?.text),
                detail: None,
            });
        }
        let members = self.members(at, value)?;
        let url = only(at, &members, "url")?
            .and_then(json::string)
            .ok_or_else(|| {
                ReadError::invalid(at.to_string(), format!("`{at}` must have a `url`"))
            })?;
        Ok(Image {
            source: image_source(url),
            detail: only(at, &members, "detail")?.and_then(json::string),
        })
    }

    fn file(
        self,
        at: Arguments<'_>,
        file: &'a RawValue,
        part: &'a RawValue,
    ) -> Result<Block<'a>, ReadError> {
        let members = self.members(format_args!("{at}.file"), file)?;
        let text = |key| -> Result<Option<Cow<'a, str>>, ReadError> {
            Ok(only(at, &members, key)?.and_then(json::string))
        };
        let source = match (text("file_data")?, text("file_id")?) {
            (Some(data), _) => DocumentSource::Data(data),
            (None, Some(id)) => DocumentSource::Uploaded(id),
            (None, None) => {
                return Ok(Block::Opaque {
                    kind: Cow::Borrowed("file"),
                    value: part,
                });
            }
        };
        Ok(Block::Document(Document {
            name: text("filename")?,
            source,
        }))
    }

    fn tool_use(
        self,
        at: Arguments<'_>,
        value: &'a RawValue,
        message: &mut Message<'a>,
    ) -> Result<(), ReadError> {
        let members = self.members(at, value)?;
        let id = only(at, &members, "id")?.and_then(json::string);
        let Some(function) = only(at, &members, "function")? else {
            let kind = only(at, &members, "type")?.and_then(json::string);
            message.blocks.push(Block::Opaque {
                kind: kind.unwrap_or_default(),
                value,
            });
            return Ok(());
        };
        let block = self.function(format_args!("{at}.function"), id, function)?;
        add(message, block, others(members, &["id", "type", "function"]));
        Ok(())
    }

    fn function(
        self,
        at: Arguments<'_>,
        id: Option<Cow<'a, str>>,
        value: &'a RawValue,
    ) -> Result<Block<'a>, ReadError> {
        let members = self.members(at, value)?;
        let text = |key: &str| {
            let at = format_args!("{at}.{key}");
            let value = only(at, &members, key)?.ok_or_else(|| {
                ReadError::invalid(at.to_string(), format!("`{at}` must be a text"))
            })?;
            self.text(at, value)
        };
        Ok(Block::ToolUse(ToolUse {
            id,
            name: text("name")?.text,
            arguments: text("arguments")?,
        }))
    }
}

/// Adds a block and the fields that it does not stand for.
fn add<'a>(message: &mut Message<'a>, block: Block<'a>, extras: impl Iterator<Item = Field<'a>>) {
    let position = message.blocks.len();
    message.blocks.push(block);
    message.extras.extend(extras.map(|field| Extra {
        block: position,
        field,
    }));
}

fn role(text: Cow<'_, str>) -> Role<'_> {
    match &*text {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        _ => Role::Other(text),
    }
}

/// A `data:` URL taken apart; any other address as it is.
fn image_source(url: Cow<'_, str>) -> ImageSource<'_> {
    let Some((head, _)) = url
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(','))
    else {
        return ImageSource::Url(url);
    };
    let (mime, base64) = match head.strip_suffix(";base64") {
        Some(mime) => (mime, true),
        None => (head, false),
    };
    let comma = "data:".len() + head.len();
    let mime_end = "data:".len() + mime.len();
    let part = |range: std::ops::Range<usize>| match &url {
        Cow::Borrowed(text) => Cow::Borrowed(&text[range]),
        Cow::Owned(text) => Cow::Owned(text[range].to_owned()),
    };
    let mime = match part("data:".len()..mime_end) {
        none if none.is_empty() => Cow::Borrowed("image/jpeg"),
        some => some,
    };
    ImageSource::Data {
        mime,
        base64,
        data: part(comma + 1..url.len()),
    }
}
