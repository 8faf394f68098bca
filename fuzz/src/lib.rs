#![doc = include_str!("../README.md")]

/// Whole answers of vendors.
pub mod answer;
/// Bodies of chat calls, and what goes out for them.
pub mod body_view;
/// Calls for embeddings, and their answers.
pub mod embedding;
/// Amazon's binary events on the wire.
pub mod event_stream;
/// Requests on the wire, up to what their heads say.
pub mod head;
/// The golden files as first inputs.
pub mod seeds;
/// Streamed answers of vendors.
pub mod stream;

mod events;
mod pieces;

use dvara_types::ProviderKind;

/// A target: a function that panics when what must hold for every input does not hold for this one.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name; the binary is `fuzz-NAME`, its inputs are in `corpus/NAME`.
    pub name: &'static str,
    /// The function.
    pub check: fn(&[u8]),
    /// The golden files that it starts from: a folder and the ending of their names.
    pub golden: &'static [(&'static str, &'static str)],
}

/// Kinds of providers whose answers and streams are in OpenAI's shape, with words of their own.
pub(crate) const WITH_WORDS: [ProviderKind; 5] = [
    ProviderKind::Mistral,
    ProviderKind::Groq,
    ProviderKind::Deepseek,
    ProviderKind::Chatglm,
    ProviderKind::Grok,
];

/// Every target.
pub const TARGETS: [Target; 17] = [
    Target {
        name: "head",
        check: head::check,
        golden: &[],
    },
    Target {
        name: "body_view",
        check: body_view::check,
        golden: &[
            ("openai", ".request.json"),
            ("anthropic", ".request.json"),
            ("mistral", ".request.json"),
            ("groq", ".request.json"),
            ("chatglm", ".request.json"),
            ("cohere", ".request.json"),
            ("bedrock", ".request.json"),
        ],
    },
    Target {
        name: "openai_stream",
        check: stream::openai,
        golden: &[("openai", ".stream.sse")],
    },
    Target {
        name: "openai_answer",
        check: answer::openai,
        golden: &[("openai", ".answer.json")],
    },
    Target {
        name: "anthropic_stream",
        check: stream::anthropic,
        golden: &[("anthropic", ".stream.sse")],
    },
    Target {
        name: "anthropic_answer",
        check: answer::anthropic,
        golden: &[("anthropic", ".answer.json")],
    },
    Target {
        name: "gemini_stream",
        check: stream::gemini,
        golden: &[("gemini", ".stream.sse")],
    },
    Target {
        name: "gemini_answer",
        check: answer::gemini,
        golden: &[("gemini", ".answer.json")],
    },
    Target {
        name: "event_stream",
        check: event_stream::check,
        golden: &[],
    },
    Target {
        name: "bedrock_stream",
        check: stream::bedrock,
        golden: &[("bedrock", ".stream.json")],
    },
    Target {
        name: "bedrock_answer",
        check: answer::bedrock,
        golden: &[("bedrock", ".answer.json")],
    },
    Target {
        name: "embedding_call",
        check: embedding::call,
        golden: &[],
    },
    Target {
        name: "embedding_answer",
        check: embedding::answer,
        golden: &[],
    },
    Target {
        name: "cohere_stream",
        check: stream::cohere,
        golden: &[("cohere", ".stream.sse")],
    },
    Target {
        name: "cohere_answer",
        check: answer::cohere,
        golden: &[("cohere", ".answer.json")],
    },
    Target {
        name: "shaped_stream",
        check: stream::shaped,
        golden: &[
            ("mistral", ".stream.sse"),
            ("groq", ".stream.sse"),
            ("deepseek", ".stream.sse"),
            ("chatglm", ".stream.sse"),
            ("grok", ".stream.sse"),
        ],
    },
    Target {
        name: "shaped_answer",
        check: answer::shaped,
        golden: &[
            ("mistral", ".answer.json"),
            ("groq", ".answer.json"),
            ("deepseek", ".answer.json"),
            ("chatglm", ".answer.json"),
            ("grok", ".answer.json"),
        ],
    },
];
