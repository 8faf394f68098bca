//! Where a call is sent: what kinds of providers can do, and what an adapter makes of a call for one.

use std::borrow::Cow;

use bytes::Bytes;
use dvara_types::ProviderKind;
use http::{HeaderName, HeaderValue};

use crate::request::{Capabilities, ChatRequest, ReadError};

/// One provider's kind and one upstream model: what a call is encoded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// What the provider speaks.
    pub kind: ProviderKind,
    /// The model as the provider knows it.
    pub model: &'a str,
}

impl<'a> Target<'a> {
    /// The target for a model that was asked for, or that a route pins in its place. A prefix that only
    /// addresses the provider (`ollama/`) is cut off.
    pub fn new(kind: ProviderKind, asked: &'a str, pinned: Option<&'a str>) -> Self {
        let model = pinned.unwrap_or(asked);
        let bare = kind
            .stripped_prefix()
            .and_then(|prefix| model.strip_prefix(prefix))
            .filter(|bare| !bare.is_empty());
        Self {
            kind,
            model: bare.unwrap_or(model),
        }
    }

    /// Whether the target's dialect can say what the call asks for at all.
    ///
    /// OpenAI, and who is as it is, gets what the client sent and judges it itself. What another vendor cannot say shows when
    /// the call is encoded for it. The mock answers once and has no
    /// probabilities to tell.
    ///
    /// # Errors
    /// Names the field that asks for what can't be done.
    pub fn check(&self, request: &ChatRequest) -> Result<(), ReadError> {
        match self.kind {
            ProviderKind::Mock if request.choices().is_some_and(|choices| choices != 1) => Err(
                ReadError::unsupported("n", "the mock provider gives one answer: `n` must be 1"),
            ),
            ProviderKind::Mock if request.logprobs() => Err(ReadError::unsupported(
                "logprobs",
                "the mock provider has no log probabilities",
            )),
            _ => Ok(()),
        }
    }
}

/// What a kind of provider can do (data-plane sheet §23); per provider, not per model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderCapabilities {
    /// Streams answers.
    pub streaming: bool,
    /// Reads images.
    pub vision: bool,
    /// Calls tools.
    pub tool_calls: bool,
    /// Fits answers to a JSON schema.
    pub structured_outputs: bool,
    /// Answers with JSON objects.
    pub json_mode: bool,
    /// Tokens of prompt and answer together.
    pub max_context_tokens: u32,
}

impl ProviderCapabilities {
    /// What a kind can do.
    ///
    /// The sheet says what the original's adapters could do; what these vendors have grown since is declared too, so that
    /// no capable target is passed over: the models of one vendor differ, and the vendor has the last word. The mock
    /// declares tools and images because scenarios answer with tool calls and count images.
    pub const fn of(kind: ProviderKind) -> Self {
        let base = Self {
            streaming: true,
            vision: true,
            tool_calls: true,
            structured_outputs: true,
            json_mode: true,
            max_context_tokens: 128_000,
        };
        match kind {
            ProviderKind::Openai
            | ProviderKind::AzureOpenai
            | ProviderKind::Mistral
            | ProviderKind::Cohere
            | ProviderKind::Ollama
            | ProviderKind::Mock => base,
            ProviderKind::Anthropic | ProviderKind::Bedrock => base.within(200_000),
            ProviderKind::Gemini | ProviderKind::Vertex => base.within(1_000_000),
            ProviderKind::Groq | ProviderKind::Grok => base.within(131_072),
            ProviderKind::Qwen => base.within(131_072),
            ProviderKind::Deepseek => base.within(128_000).without_schemas().without_vision(),
            ProviderKind::Moonshot => base.within(200_000).without_schemas(),
            ProviderKind::Chatglm => base.without_schemas(),
        }
    }

    const fn within(self, max_context_tokens: u32) -> Self {
        Self {
            max_context_tokens,
            ..self
        }
    }

    const fn without_schemas(self) -> Self {
        Self {
            structured_outputs: false,
            ..self
        }
    }

    const fn without_vision(self) -> Self {
        Self {
            vision: false,
            ..self
        }
    }

    /// What a call wants and such a provider lacks, in the words of an error message. Images are not looked at:
    /// they count for fallbacks only (data-plane sheet §13).
    pub fn lacks(&self, wants: &Capabilities) -> Option<&'static str> {
        [
            (
                wants.json_schema && !self.structured_outputs,
                "structured outputs",
            ),
            (wants.json_mode && !self.json_mode, "JSON mode"),
            (wants.tools && !self.tool_calls, "tool calls"),
        ]
        .into_iter()
        .find_map(|(missing, what)| missing.then_some(what))
    }
}

/// A call as it goes out. Without a debug form: what a call says is never logged.
#[derive(Clone)]
pub struct Encoded {
    /// The headers that the dialect asks for; credentials are the sender's.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body: the received bytes themselves when nothing had to change.
    pub body: Bytes,
    /// What the client sent and the target does not get.
    pub dropped: Vec<Dropped>,
}

/// A field that the client sent and the target does not get. The caller is told by a response header, so the names are
/// plain ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The field.
    pub field: Cow<'static, str>,
    /// Why.
    pub reason: &'static str,
}

impl Dropped {
    /// The field whose loss has a header of its own: an answer that fits its schema by the model's good will only
    /// (data-plane sheet §3, `X-Gateway-Strict-Downgraded`).
    pub const STRICT: &'static str = "response_format.json_schema.strict";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addressing_prefix_is_cut_and_a_pin_wins() {
        for (kind, asked, pinned, expected) in [
            (ProviderKind::Openai, "gpt-4o", None, "gpt-4o"),
            (
                ProviderKind::Openai,
                "gpt-4o",
                Some("gpt-4o-2024-08-06"),
                "gpt-4o-2024-08-06",
            ),
            (ProviderKind::Ollama, "ollama/llama3:8b", None, "llama3:8b"),
            (ProviderKind::Ollama, "llama3", None, "llama3"),
            (
                ProviderKind::Ollama,
                "fast",
                Some("ollama/llama3"),
                "llama3",
            ),
            (ProviderKind::Ollama, "ollama/", None, "ollama/"),
            (ProviderKind::Mock, "mock/x", None, "mock/x"),
        ] {
            assert_eq!(Target::new(kind, asked, pinned).model, expected, "{asked}");
        }
    }

    #[test]
    fn a_missing_capability_is_named() {
        let mut capabilities = ProviderCapabilities::of(ProviderKind::Openai);
        capabilities.tool_calls = false;
        let mut wants = Capabilities::default();
        assert_eq!(capabilities.lacks(&wants), None);
        wants.tools = true;
        assert_eq!(capabilities.lacks(&wants), Some("tool calls"));
    }
}
