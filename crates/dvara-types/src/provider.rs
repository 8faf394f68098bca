//! Providers: configured ways to a vendor (data-plane sheet §23).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::InvalidId;

/// The name a provider is configured under; also a metric label, so it comes from configuration and never from a caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderName(Arc<str>);

impl ProviderName {
    /// The name in a text; the same alphabet as ids.
    ///
    /// # Errors
    /// When the text is outside it.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        crate::id::TenantId::parse(text).map(|_| Self(text.into()))
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for ProviderName {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::parse(&text)
    }
}

impl From<ProviderName> for String {
    fn from(name: ProviderName) -> String {
        name.0.to_string()
    }
}

/// What a provider speaks and where it is found unless a base URL says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderKind {
    /// OpenAI, or any server with an OpenAI-shaped API.
    Openai,
    /// Anthropic, through its Messages API.
    Anthropic,
    /// A local Ollama, through its OpenAI-shaped API.
    Ollama,
    /// Our own answers, for first calls and tests; reaches no network.
    Mock,
}

impl ProviderKind {
    /// Every kind that is built.
    pub const ALL: [Self; 4] = [Self::Openai, Self::Anthropic, Self::Ollama, Self::Mock];

    /// Kinds that the guide knows and later work brings: naming one is answered with that, not with "unknown".
    pub const NOT_YET: [&'static str; 11] = [
        "gemini",
        "bedrock",
        "azure-openai",
        "mistral",
        "cohere",
        "groq",
        "qwen",
        "deepseek",
        "moonshot",
        "chatglm",
        "grok",
    ];

    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Ollama => "ollama",
            Self::Mock => "mock",
        }
    }

    /// The kind of a text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Beginnings of model names that such a provider serves when no route says otherwise.
    pub fn model_prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Openai => &["gpt", "o1", "o3", "o4", "chatgpt"],
            Self::Anthropic => &["claude"],
            Self::Ollama => &["ollama/"],
            Self::Mock => &["mock/"],
        }
    }

    /// The prefix that addresses the provider only and is cut off before the model is sent.
    pub fn stripped_prefix(self) -> Option<&'static str> {
        match self {
            Self::Ollama => Some("ollama/"),
            Self::Openai | Self::Anthropic | Self::Mock => None,
        }
    }

    /// Where it is found by default; includes the version segment of the API, but for Anthropic, whose own clients name
    /// the server alone.
    pub fn default_base_url(self) -> Option<&'static str> {
        match self {
            Self::Openai => Some("https://api.openai.com/v1"),
            Self::Anthropic => Some("https://api.anthropic.com"),
            Self::Ollama => Some("http://localhost:11434/v1"),
            Self::Mock => None,
        }
    }
}
