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
    /// Google's Gemini, through the Gemini API.
    Gemini,
    /// Amazon Bedrock, through its Converse API.
    Bedrock,
    /// Azure OpenAI: deployments of OpenAI's models.
    AzureOpenai,
    /// Mistral.
    Mistral,
    /// Cohere, through the second version of its API.
    Cohere,
    /// Groq.
    Groq,
    /// Alibaba's Qwen.
    Qwen,
    /// DeepSeek.
    Deepseek,
    /// Moonshot, the maker of Kimi.
    Moonshot,
    /// Zhipu, the maker of GLM.
    Chatglm,
    /// xAI, the maker of Grok.
    Grok,
    /// Google Cloud's Vertex AI: Gemini, and Claude.
    Vertex,
    /// A local Ollama, through its OpenAI-shaped API.
    Ollama,
    /// Our own answers, for first calls and tests; reaches no network.
    Mock,
}

/// What is fixed about a kind (data-plane sheet §13, §23).
struct Facts {
    text: &'static str,
    prefixes: &'static [&'static str],
    /// The prefix only addresses the provider.
    strips_prefix: bool,
    base_url: Option<&'static str>,
}

const fn facts(
    text: &'static str,
    prefixes: &'static [&'static str],
    base_url: Option<&'static str>,
) -> Facts {
    Facts {
        text,
        prefixes,
        strips_prefix: false,
        base_url,
    }
}

/// As [`facts`], for a kind whose one prefix only addresses it.
const fn addressed(
    text: &'static str,
    prefix: &'static [&'static str; 1],
    base_url: Option<&'static str>,
) -> Facts {
    Facts {
        text,
        prefixes: prefix,
        strips_prefix: true,
        base_url,
    }
}

impl ProviderKind {
    /// Every kind, in the order in which the well-known ones are registered.
    pub const ALL: [Self; 16] = [
        Self::Openai,
        Self::Anthropic,
        Self::Gemini,
        Self::Bedrock,
        Self::AzureOpenai,
        Self::Mistral,
        Self::Cohere,
        Self::Groq,
        Self::Qwen,
        Self::Deepseek,
        Self::Moonshot,
        Self::Chatglm,
        Self::Grok,
        Self::Vertex,
        Self::Ollama,
        Self::Mock,
    ];

    const fn facts(self) -> Facts {
        match self {
            Self::Openai => facts(
                "openai",
                &["gpt", "o1", "o3", "o4", "chatgpt", "text-embedding"],
                Some("https://api.openai.com/v1"),
            ),
            Self::Anthropic => facts("anthropic", &["claude"], Some("https://api.anthropic.com")),
            Self::Gemini => facts(
                "gemini",
                &["gemini"],
                Some("https://generativelanguage.googleapis.com"),
            ),
            // Where it is depends on the region.
            Self::Bedrock => addressed("bedrock", &["bedrock/"], None),
            // Every customer has an address of its own.
            Self::AzureOpenai => addressed("azure-openai", &["azure/"], None),
            Self::Mistral => facts(
                "mistral",
                &[
                    "mistral",
                    "magistral",
                    "ministral",
                    "codestral",
                    "devstral",
                    "pixtral",
                ],
                Some("https://api.mistral.ai/v1"),
            ),
            Self::Cohere => facts(
                "cohere",
                &["command", "embed-"],
                Some("https://api.cohere.com/v2"),
            ),
            Self::Groq => addressed("groq", &["groq/"], Some("https://api.groq.com/openai/v1")),
            Self::Qwen => facts(
                "qwen",
                &["qwen", "qwq"],
                Some("https://dashscope.aliyuncs.com/compatible-mode/v1"),
            ),
            Self::Deepseek => facts(
                "deepseek",
                &["deepseek"],
                Some("https://api.deepseek.com/v1"),
            ),
            Self::Moonshot => facts(
                "moonshot",
                &["moonshot", "kimi"],
                Some("https://api.moonshot.cn/v1"),
            ),
            Self::Chatglm => facts(
                "chatglm",
                &["glm"],
                Some("https://open.bigmodel.cn/api/paas/v4"),
            ),
            Self::Grok => facts("grok", &["grok"], Some("https://api.x.ai/v1")),
            // Where it is depends on the project and its location.
            Self::Vertex => addressed("vertex", &["vertex/"], None),
            Self::Ollama => addressed("ollama", &["ollama/"], Some("http://localhost:11434/v1")),
            Self::Mock => facts("mock", &["mock/"], None),
        }
    }

    /// The text form.
    pub fn as_str(self) -> &'static str {
        self.facts().text
    }

    /// The kind of a text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Beginnings of model names that such a provider serves when no route says otherwise.
    pub fn model_prefixes(self) -> &'static [&'static str] {
        self.facts().prefixes
    }

    /// The prefix that addresses the provider only and is cut off before the model is sent.
    pub fn stripped_prefix(self) -> Option<&'static str> {
        let facts = self.facts();
        facts
            .prefixes
            .first()
            .copied()
            .filter(|_| facts.strips_prefix)
    }

    /// Where it is found by default; includes the version segment of the API, but for Anthropic and Gemini, whose own clients
    /// name the server alone.
    pub fn default_base_url(self) -> Option<&'static str> {
        self.facts().base_url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_texts_of_their_own_and_are_read_back() {
        for kind in ProviderKind::ALL {
            assert_eq!(ProviderKind::parse(kind.as_str()), Some(kind));
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{}\"", kind.as_str()));
        }
        assert_eq!(ProviderKind::parse("azure"), None);
    }

    #[test]
    fn no_prefix_hides_another_kinds() {
        for kind in ProviderKind::ALL {
            for prefix in kind.model_prefixes() {
                let claim = |other: &ProviderKind| {
                    let prefixes = other.model_prefixes();
                    prefixes.iter().any(|known| prefix.starts_with(known))
                };
                let claimed: Vec<_> = ProviderKind::ALL.into_iter().filter(claim).collect();
                assert_eq!(claimed, [kind], "{prefix}");
            }
        }
    }
}
