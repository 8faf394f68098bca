//! The request in the middle: what the gateway knows of a chat completion call, in nobody's dialect.
//!
//! A [`ChatRequest`] holds the received bytes and the few facts that every call needs. The rest is read on
//! demand: [`ChatRequest::conversation`] gives messages of blocks, tools, sampling and output format, borrowed
//! from the same bytes, so a call that nothing has to look into is never taken apart.

mod conversation;
mod error;

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use dvara_types::TokenCount;

use crate::estimate;
use crate::json::{self, Member};
use crate::splice::Span;

pub use conversation::{
    Block, Conversation, Document, DocumentSource, Extra, Field, Image, ImageSource, Message,
    Number, OutputFormat, Role, Sampling, Text, Tool, ToolChoice, ToolFunction, ToolResult,
    ToolUse,
};
pub use error::ReadError;

/// Bounds on what is read. The size of a body is bounded where it is received.
#[derive(Debug, Clone, Copy)]
pub struct ReadLimits {
    /// How deep objects and arrays may nest. The default of 64 leaves a tool's JSON schema some 28 levels of its
    /// own; vendors allow 5 to 10.
    pub max_depth: usize,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self { max_depth: 64 }
    }
}

/// What a call needs its target to be able to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Tools are offered, or the history has tool calls.
    pub tools: bool,
    /// Tools as above, and the answer is to be streamed.
    pub streamed_tools: bool,
    /// The caller forbids several tool calls at once (`parallel_tool_calls: false`).
    pub serial_tools: bool,
    /// The answer must fit a JSON schema.
    pub json_schema: bool,
    /// The answer must be a JSON object.
    pub json_mode: bool,
    /// A message has an image.
    pub vision: bool,
}

/// A parsed chat completion call: the received bytes and what every call is asked about.
#[derive(Clone)]
pub struct ChatRequest {
    pub(crate) body: Bytes,
    pub(crate) model: Box<str>,
    pub(crate) model_span: Span,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
    pub(crate) usage_edit: Option<(Span, &'static str)>,
    pub(crate) metadata: Option<Span>,
    pub(crate) wants: Capabilities,
    pub(crate) heads: Heads,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) most_tokens: Option<u64>,
    pub(crate) choices: Option<u64>,
    pub(crate) logprobs: bool,
    pub(crate) user: Option<Box<str>>,
}

impl fmt::Debug for ChatRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What a call says is never logged.
        formatter
            .debug_struct("ChatRequest")
            .field("model", &self.model)
            .field("stream", &self.stream)
            .field("messages", &self.heads.count)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What one pass over the messages tells without looking into them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Heads {
    pub(crate) count: usize,
    /// Bytes of contents that are plain strings.
    pub(crate) text_bytes: u64,
    /// Some content is a list of parts.
    pub(crate) has_parts: bool,
    pub(crate) tool_calls: bool,
}

impl ChatRequest {
    /// The body as it was received.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The model that is asked for; never blank.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Whether the answer is to be streamed.
    pub fn stream(&self) -> bool {
        self.stream
    }

    /// Whether the client itself asked for the usage at the end of a stream.
    pub fn include_usage(&self) -> bool {
        self.include_usage
    }

    /// What the call needs its target to be able to do. Looks for images only when some message has parts.
    pub fn wants(&self) -> Capabilities {
        Capabilities {
            vision: self.heads.has_parts && self.has_image(),
            ..self.wants
        }
    }

    /// The bound on output tokens that the client set; `None` also for the negative numbers that some servers
    /// take for "no bound".
    pub fn max_tokens(&self) -> Option<u64> {
        self.max_tokens
    }

    /// The larger of the bounds that the client set, if it set two (`max_tokens` and `max_completion_tokens`): which of them counts is
    /// its vendor's to say.
    pub fn most_tokens(&self) -> Option<u64> {
        self.most_tokens
    }

    /// How many answers the client asked for (`n`), when it said.
    pub fn choices(&self) -> Option<u64> {
        self.choices
    }

    /// Whether the client asked for log probabilities.
    pub fn logprobs(&self) -> bool {
        self.logprobs
    }

    /// The end user that the client names.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Whether `metadata` has a member of this name, in whatever spelling JSON allows for it.
    pub fn has_metadata(&self, name: &str) -> bool {
        self.metadata.is_some_and(|span| {
            serde_json::from_str::<json::Members<'_>>(&self.text()[span.start..span.end])
                .is_ok_and(|members| members.0.iter().any(|member| member.key == name))
        })
    }

    /// How many messages there are; at least one.
    pub fn message_count(&self) -> usize {
        self.heads.count
    }

    /// Messages, tools, sampling and output format, borrowed from the body.
    ///
    /// # Errors
    /// When a part has a shape that nobody can judge, such as a text that is a number.
    pub fn conversation(&self) -> Result<Conversation<'_>, ReadError> {
        crate::openai::conversation(self)
    }

    /// Names of the functions that are offered; what only a vendor understands goes by its `type`.
    ///
    /// # Errors
    /// As [`Self::conversation`].
    pub fn tool_names(&self) -> Result<Vec<String>, ReadError> {
        if !self.wants.tools {
            return Ok(Vec::new());
        }
        let named = |tool: &Tool<'_>| match tool {
            Tool::Function(function) => Some(function.name.clone().into_owned()),
            Tool::Opaque(value) => {
                let members = json::members(value)?;
                let find = |members: &[Member<'_>], name: &str| {
                    let member = members.iter().find(|member| member.key == name);
                    member.and_then(|member| json::string(member.value).map(Cow::into_owned))
                };
                let kind = find(&members, "type")?;
                // A custom tool's name stands in a member of its kind, that of a vendor's own is its kind.
                let own = members.iter().find(|member| member.key == kind);
                let own = own.and_then(|own| json::members(own.value));
                own.and_then(|own| find(&own, "name")).or(Some(kind))
            }
        };
        let conversation = self.conversation()?;
        Ok(conversation.tools.iter().filter_map(named).collect())
    }

    /// Prompt tokens, by [`estimate`]'s rule; for calls whose vendor reported none. Costs nothing for plain text
    /// and a reading of the conversation otherwise.
    pub fn estimated_prompt_tokens(&self) -> TokenCount {
        if !self.heads.has_parts && !self.wants.tools {
            return estimate::estimate_tokens(self.heads.text_bytes);
        }
        match self.conversation() {
            Ok(conversation) => {
                estimate::prompt_tokens(&conversation, estimate::ImageTokens::default())
            }
            Err(_) => estimate::estimate_tokens(self.body.len() as u64),
        }
    }

    fn has_image(&self) -> bool {
        // A call whose parts can't be read is refused when somebody needs them; here it only has no image.
        self.conversation().is_ok_and(|conversation| {
            conversation
                .messages
                .iter()
                .any(|message| message.blocks.iter().any(Block::is_image))
        })
    }

    /// A text as it stands in the body, quotes included.
    pub(crate) fn literal(&self, text: &Text<'_>) -> &str {
        &self.text()[text.span.start..text.span.end]
    }

    /// The body as text. It was checked when it was read.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("checked when the body was read")
    }
}
