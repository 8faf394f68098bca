//! The texts of a call.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::strings;
use crate::embedding::EmbeddingRequest;
use crate::json;
use crate::request::{Block, ChatRequest, Field, Message, ReadError, ReadLimits, Role, Text};
use crate::splice::{Edits, Span};

/// Who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// Instructions.
    System,
    /// The caller's side; what has no speaker, such as an attached document, counts as theirs.
    User,
    /// The model, in an earlier turn.
    Assistant,
    /// A tool.
    Tool,
}

impl Speaker {
    pub(super) fn of(role: &Role<'_>) -> Self {
        match role {
            Role::System => Self::System,
            Role::Assistant => Self::Assistant,
            Role::Tool => Self::Tool,
            Role::User | Role::Other(_) => Self::User,
        }
    }
}

/// What kind of text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saying {
    /// What somebody reads.
    Text,
    /// The arguments of a tool's call: JSON inside of a string.
    Arguments,
    /// The model's reasoning.
    Reasoning,
}

/// A text of a call. Without a debug form: what people say is never logged.
#[derive(Clone)]
pub struct Said<'a> {
    /// Which message it stands in; `None` for what stands beside them.
    pub message: Option<usize>,
    /// Who says it.
    pub speaker: Speaker,
    /// What kind of text it is.
    pub saying: Saying,
    /// The text, decoded.
    pub text: Cow<'a, str>,
    /// Its literal in the body, quotes included.
    pub span: Span,
}

/// Fields of a call beside its messages that hold no text.
const NO_TEXTS: [&str; 14] = [
    "user",
    "metadata",
    "service_tier",
    "store",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "stream_options",
    "logit_bias",
    "verbosity",
    "modalities",
    "reasoning",
    "thinking",
    "provider",
];

impl ChatRequest {
    /// Every text of the call that somebody says, in order. What programs write for models is not among them: descriptions of tools
    /// and schemas, stop words, names of speakers and files.
    ///
    /// # Errors
    /// As [`ChatRequest::conversation`]: what can't be read can't be governed.
    pub fn said(&self) -> Result<Vec<Said<'_>>, ReadError> {
        let conversation = self.conversation()?;
        let mut texts = Texts {
            body: self.text(),
            message: None,
            said: Vec::with_capacity(conversation.messages.len() + 4),
        };
        for (number, message) in conversation.messages.into_iter().enumerate() {
            texts.message = Some(number);
            texts.of_message(message);
        }
        texts.message = None;
        for field in conversation.rest {
            if !NO_TEXTS.contains(&&*field.name) {
                texts.of_value(Speaker::User, field.value);
            }
        }
        Ok(texts.said)
    }

    /// The call with other texts in the places of some of its own.
    ///
    /// # Errors
    /// None that the call itself did not have.
    pub fn with_texts(
        &self,
        replaced: Vec<(Span, String)>,
        limits: &ReadLimits,
    ) -> Result<Self, ReadError> {
        Self::read_openai(with(&self.body, replaced), limits)
    }
}

impl EmbeddingRequest {
    /// Every text that is to be embedded, in order; none where tokens are.
    pub fn said(&self) -> Vec<Said<'_>> {
        self.inputs()
            .filter_map(|(span, raw)| {
                let value: &RawValue = serde_json::from_str(raw).ok()?;
                Some(Said {
                    message: None,
                    speaker: Speaker::User,
                    saying: Saying::Text,
                    text: json::string(value)?,
                    span,
                })
            })
            .collect()
    }

    /// The call with other texts in the places of some of its own.
    ///
    /// # Errors
    /// None that the call itself did not have.
    pub fn with_texts(
        &self,
        replaced: Vec<(Span, String)>,
        limits: &ReadLimits,
    ) -> Result<Self, ReadError> {
        Self::read_openai(with(self.body(), replaced), limits)
    }
}

fn with(body: &bytes::Bytes, replaced: Vec<(Span, String)>) -> bytes::Bytes {
    let mut edits = Edits::new();
    for (span, text) in replaced {
        edits.replace(span, json::quote(&text));
    }
    edits.apply(body)
}

/// Collects.
struct Texts<'a> {
    body: &'a str,
    message: Option<usize>,
    said: Vec<Said<'a>>,
}

impl<'a> Texts<'a> {
    fn of_message(&mut self, message: Message<'a>) {
        let speaker = Speaker::of(&message.role);
        for block in message.blocks {
            self.of_block(speaker, block);
        }
        self.of_fields(speaker, message.rest);
        self.of_fields(speaker, message.extras.into_iter().map(|extra| extra.field));
    }

    fn of_block(&mut self, speaker: Speaker, block: Block<'a>) {
        match block {
            Block::Text(text) => self.push(speaker, Saying::Text, text),
            Block::ToolUse(call) => self.push(speaker, Saying::Arguments, call.arguments),
            Block::Reasoning { text, .. } => self.push(speaker, Saying::Reasoning, text),
            Block::ToolResult(result) => {
                for block in result.blocks {
                    self.of_block(Speaker::Tool, block);
                }
                self.of_fields(
                    Speaker::Tool,
                    result.extras.into_iter().map(|extra| extra.field),
                );
            }
            Block::Opaque { value, .. } => self.of_value(speaker, value),
            // Their bytes are no text; what a vendor reads out of them only it knows.
            Block::Image(_) | Block::Document(_) => {}
        }
    }

    fn of_fields(&mut self, speaker: Speaker, fields: impl IntoIterator<Item = Field<'a>>) {
        for field in fields {
            if !matches!(&*field.name, "name" | "cache_control") {
                self.of_value(speaker, field.value);
            }
        }
    }

    fn of_value(&mut self, speaker: Speaker, value: &'a RawValue) {
        let (message, body) = (self.message, self.body);
        strings::each(value, &mut |text, literal| {
            self.said.push(Said {
                message,
                speaker,
                saying: Saying::Text,
                text,
                span: Span::of(literal, body),
            });
        });
    }

    fn push(&mut self, speaker: Speaker, saying: Saying, text: Text<'a>) {
        self.said.push(Said {
            message: self.message,
            speaker,
            saying,
            text: text.text,
            span: text.span,
        });
    }
}
