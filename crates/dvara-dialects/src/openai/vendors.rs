//! How vendors of OpenAI's shape differ from it: one value each. What was decided stands in
//! `docs/adr/0018-vendors-of-openais-shape.md`.

mod azure;
mod chatglm;
mod deepseek;
mod effort;
mod grok;
mod groq;
mod mistral;
mod moonshot;
mod plain;
mod qwen;
mod words;

use dvara_types::ProviderKind;

use super::shape::Shape;
use crate::fields::Declared;

pub(crate) use azure::deployment_path;

/// How a kind of provider differs.
pub(super) fn shape(kind: ProviderKind) -> &'static Shape {
    match kind {
        ProviderKind::AzureOpenai => &azure::SHAPE,
        ProviderKind::Mistral => &mistral::SHAPE,
        ProviderKind::Groq => &groq::SHAPE,
        ProviderKind::Qwen => &qwen::SHAPE,
        ProviderKind::Deepseek => &deepseek::SHAPE,
        ProviderKind::Moonshot => &moonshot::SHAPE,
        ProviderKind::Chatglm => &chatglm::SHAPE,
        ProviderKind::Grok => &grok::SHAPE,
        ProviderKind::Ollama => &plain::OLLAMA,
        // The mock speaks OpenAI's dialect; the others are never asked here.
        ProviderKind::Openai
        | ProviderKind::Mock
        | ProviderKind::Anthropic
        | ProviderKind::Gemini
        | ProviderKind::Bedrock
        | ProviderKind::Vertex
        | ProviderKind::Cohere => &plain::OPENAI,
    }
}

/// What becomes of each field of a call at a kind of provider.
pub(crate) fn declared(kind: ProviderKind) -> &'static Declared {
    &shape(kind).declared
}

#[cfg(test)]
mod tests;
