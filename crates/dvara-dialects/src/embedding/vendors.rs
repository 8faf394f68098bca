//! Which vendors embed, how many inputs each takes at once, and what becomes of a call's fields there.

use dvara_types::ProviderKind;

use crate::fields::Verdict::{Passed, Renamed, Translated};
use crate::fields::{Declared, Unknown, dropped, nothing};
use crate::path::segment;
use crate::target::Target;

/// How calls are written and answers read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// OpenAI's own.
    Openai,
    /// `batchEmbedContents` (Gemini API, Embeddings).
    Gemini,
    /// `predict` (Vertex AI, Text embeddings API).
    Vertex,
    /// `/v2/embed` (Cohere, Embed).
    Cohere,
    /// `InvokeModel` of an Amazon Titan model (Amazon Bedrock, Titan Text Embeddings).
    Titan,
    /// `InvokeModel` of a Cohere model (Amazon Bedrock, Cohere Embed).
    BedrockCohere,
}

/// What is fixed about a vendor's embeddings.
pub(super) struct Embedder {
    pub(super) shape: Shape,
    /// Inputs of one call.
    pub(super) batch: usize,
    /// Takes lists of tokens.
    pub(super) tokens: bool,
    /// Its answers are OpenAI's, in the form that was asked for.
    pub(super) relays: bool,
    pub(super) declared: &'static Declared,
}

/// The embedder of a target; `None` where there is none.
pub(super) fn embedder(target: &Target<'_>) -> Option<Embedder> {
    let openai = |batch, declared| Embedder {
        shape: Shape::Openai,
        batch,
        tokens: false,
        relays: false,
        declared,
    };
    let own = |shape, batch, declared| Embedder {
        shape,
        batch,
        tokens: false,
        relays: false,
        declared,
    };
    let model = target.model;
    Some(match target.kind {
        ProviderKind::Openai | ProviderKind::AzureOpenai | ProviderKind::Ollama => Embedder {
            tokens: true,
            relays: true,
            ..openai(2_048, &OPENAI)
        },
        ProviderKind::Mistral => openai(128, &MISTRAL),
        ProviderKind::Qwen => openai(10, &QWEN),
        ProviderKind::Chatglm => openai(64, &CHATGLM),
        ProviderKind::Gemini => own(Shape::Gemini, 100, &GEMINI),
        // Gemini's own embedding models take one text at a time there.
        ProviderKind::Vertex if model.starts_with("gemini") => own(Shape::Vertex, 1, &VERTEX),
        ProviderKind::Vertex if model.starts_with("claude") => return None,
        ProviderKind::Vertex => own(Shape::Vertex, 250, &VERTEX),
        ProviderKind::Cohere => own(Shape::Cohere, 96, &COHERE),
        ProviderKind::Bedrock if model.contains("cohere.embed") => {
            own(Shape::BedrockCohere, 96, &BEDROCK_COHERE)
        }
        ProviderKind::Bedrock if model.contains("titan-embed") => own(Shape::Titan, 1, &TITAN),
        ProviderKind::Bedrock
        | ProviderKind::Anthropic
        | ProviderKind::Groq
        | ProviderKind::Deepseek
        | ProviderKind::Moonshot
        | ProviderKind::Grok
        | ProviderKind::Mock => return None,
    })
}

/// What becomes of a call's fields at a target; `None` where there are no embeddings.
pub fn declared(target: &Target<'_>) -> Option<&'static Declared> {
    embedder(target).map(|embedder| embedder.declared)
}

/// How many inputs a target takes at once; `None` where there are no embeddings.
pub fn batch(target: &Target<'_>) -> Option<usize> {
    embedder(target).map(|embedder| embedder.batch)
}

/// Where a target's calls go, behind the provider's base URL, whose path is `base_path`; `None` where there are no
/// embeddings.
pub fn path(target: &Target<'_>, base_path: &str) -> Option<String> {
    let model = segment(target.model);
    let embedder = embedder(target)?;
    Some(match embedder.shape {
        Shape::Openai
            if target.kind == ProviderKind::AzureOpenai && !base_path.ends_with("/v1") =>
        {
            format!("/deployments/{model}/embeddings")
        }
        Shape::Openai => "/embeddings".to_owned(),
        Shape::Gemini => format!("/v1beta/models/{model}:batchEmbedContents"),
        Shape::Vertex => format!("/publishers/google/models/{model}:predict"),
        Shape::Cohere => "/v2/embed".to_owned(),
        Shape::Titan | Shape::BedrockCohere => format!("/model/{model}/invoke"),
    })
}

/// Why lists of tokens are refused by all but OpenAI's own models.
pub(super) const NO_TOKENS: &str = "its models have other tokens; send texts";
const NO_USER: &str = "it keeps no end users";
const TOKENS_REFUSED: &[(&str, &str)] = &[("input", NO_TOKENS)];

static OPENAI: Declared = Declared {
    vendor: "OpenAI",
    fields: &[
        ("dimensions", Passed),
        ("encoding_format", Passed),
        ("input", Passed),
        ("model", Passed),
        ("user", Passed),
    ],
    unknown: Unknown::Passed,
    drops: &[],
    refusals: &[],
};

static MISTRAL: Declared = Declared {
    vendor: "Mistral",
    fields: &[
        ("dimensions", Renamed("output_dimension")),
        ("encoding_format", Translated),
        ("input", Translated),
        ("metadata", Passed),
        ("model", Translated),
        ("output_dimension", Passed),
        ("user", dropped(nothing, NO_USER)),
    ],
    unknown: Unknown::Dropped,
    drops: &[],
    refusals: TOKENS_REFUSED,
};

static QWEN: Declared = Declared {
    vendor: "Qwen",
    fields: &[
        ("dimensions", Passed),
        ("encoding_format", Translated),
        ("input", Translated),
        ("model", Translated),
        ("user", dropped(nothing, NO_USER)),
    ],
    unknown: Unknown::Passed,
    drops: &[],
    refusals: TOKENS_REFUSED,
};

static CHATGLM: Declared = Declared {
    vendor: "Zhipu",
    ..QWEN
};

static GEMINI: Declared = Declared {
    vendor: "Google",
    fields: &[
        ("dimensions", Translated),
        ("encoding_format", Translated),
        ("input", Translated),
        ("model", Translated),
        ("taskType", Translated),
        ("title", Translated),
        ("user", dropped(nothing, NO_USER)),
    ],
    unknown: Unknown::Dropped,
    drops: &[],
    refusals: TOKENS_REFUSED,
};

static VERTEX: Declared = Declared {
    vendor: "Vertex AI",
    fields: &[
        ("autoTruncate", Translated),
        ("dimensions", Translated),
        ("encoding_format", Translated),
        ("input", Translated),
        ("model", Translated),
        ("task_type", Translated),
        ("user", dropped(nothing, NO_USER)),
    ],
    unknown: Unknown::Dropped,
    drops: &[],
    refusals: TOKENS_REFUSED,
};

static COHERE: Declared = Declared {
    vendor: "Cohere",
    fields: &[
        ("dimensions", Translated),
        ("encoding_format", Translated),
        ("input", Translated),
        ("input_type", Translated),
        ("max_tokens", Translated),
        ("model", Translated),
        ("priority", Translated),
        ("truncate", Translated),
        ("user", dropped(nothing, NO_USER)),
    ],
    unknown: Unknown::Dropped,
    drops: &[],
    refusals: TOKENS_REFUSED,
};

static BEDROCK_COHERE: Declared = Declared {
    vendor: "Cohere on Amazon Bedrock",
    fields: &[
        ("dimensions", Translated),
        ("encoding_format", Translated),
        ("input", Translated),
        ("input_type", Translated),
        ("model", Translated),
        ("truncate", Translated),
        ("user", dropped(nothing, NO_USER)),
    ],
    unknown: Unknown::Dropped,
    drops: &[],
    refusals: TOKENS_REFUSED,
};

static TITAN: Declared = Declared {
    vendor: "Amazon Titan",
    fields: &[
        ("dimensions", Translated),
        ("encoding_format", Translated),
        ("input", Translated),
        ("model", Translated),
        ("normalize", Translated),
        ("user", dropped(nothing, NO_USER)),
    ],
    unknown: Unknown::Dropped,
    drops: &[],
    refusals: &[
        (
            "dimensions",
            "only the second version of its model has them",
        ),
        ("input", NO_TOKENS),
    ],
};

/// Whether a Titan model's vectors have one length only.
pub(super) fn has_one_length(model: &str) -> bool {
    !model.contains("titan-embed-text-v2")
}
