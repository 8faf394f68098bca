//! A vendor's answer → its vectors, where they stand.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::vendors::{Shape, embedder};
use crate::answer::ResponseHead;
use crate::fault::UpstreamFault;
use crate::splice::Span;
use crate::target::Target;

/// The vectors of one answer.
pub struct Embedded {
    pub(super) body: Bytes,
    /// Each vector as it stands in the body, in the order of the inputs.
    pub(super) vectors: Vec<Span>,
    /// The input tokens that the vendor reports.
    pub(super) tokens: Option<u64>,
    pub(super) model: Option<Box<str>>,
    /// The body is what the client gets, if it is the only one.
    pub(super) relays: bool,
}

impl Embedded {
    /// The input tokens that the vendor reports for this answer.
    pub fn tokens(&self) -> Option<u64> {
        self.tokens
    }
}

#[derive(Deserialize)]
struct Openai<'a> {
    #[serde(borrow)]
    data: Vec<Item<'a>>,
    model: Option<Box<str>>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Item<'a> {
    index: Option<usize>,
    #[serde(borrow)]
    embedding: &'a RawValue,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: Option<u64>,
    total_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Gemini<'a> {
    #[serde(borrow)]
    embeddings: Vec<Values<'a>>,
    #[serde(rename = "usageMetadata")]
    usage: Option<GeminiUsage>,
}

#[derive(Deserialize)]
struct GeminiUsage {
    #[serde(rename = "promptTokenCount")]
    prompt: Option<u64>,
}

#[derive(Deserialize)]
struct Values<'a> {
    #[serde(borrow)]
    values: &'a RawValue,
    statistics: Option<Statistics>,
}

#[derive(Deserialize)]
struct Statistics {
    token_count: Option<f64>,
}

#[derive(Deserialize)]
struct Vertex<'a> {
    #[serde(borrow)]
    predictions: Vec<Prediction<'a>>,
}

#[derive(Deserialize)]
struct Prediction<'a> {
    #[serde(borrow)]
    embeddings: Values<'a>,
}

#[derive(Deserialize)]
struct Cohere<'a> {
    #[serde(borrow)]
    embeddings: ByType<'a>,
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct ByType<'a> {
    #[serde(borrow)]
    float: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Meta {
    billed_units: Option<Billed>,
}

#[derive(Deserialize)]
struct Billed {
    input_tokens: Option<f64>,
}

#[derive(Deserialize)]
struct Titan<'a> {
    #[serde(borrow)]
    embedding: &'a RawValue,
    #[serde(rename = "inputTextTokenCount")]
    tokens: Option<u64>,
}

/// What an answer says: vectors, tokens, model.
type Said<'a> = (Vec<&'a RawValue>, Option<u64>, Option<Box<str>>);

/// The vectors of an answer to a call with `count` inputs.
///
/// # Errors
/// When its status is no success, or it has not a vector for each input.
pub fn decode(
    target: &Target<'_>,
    head: &ResponseHead,
    body: Bytes,
    count: usize,
) -> Result<Embedded, UpstreamFault> {
    if !head.status.is_success() {
        return Err(UpstreamFault::of_status(head, &body));
    }
    let unusable = |reason| UpstreamFault::unusable(head, reason, &body);
    let Some(embedder) = embedder(target) else {
        return Err(unusable("nobody asked for embeddings"));
    };
    let said = std::str::from_utf8(&body)
        .ok()
        .and_then(|text| Some((read(embedder.shape, text)?, text)));
    let Some(((vectors, tokens, model), text)) = said else {
        return Err(unusable("it has no embeddings"));
    };
    if vectors.len() != count || !vectors.iter().all(|vector| is_vector(vector)) {
        return Err(unusable("it has not a vector for each input"));
    }
    let vectors = vectors
        .iter()
        .map(|vector| Span::of(vector.get(), text))
        .collect();
    Ok(Embedded {
        vectors,
        tokens,
        model,
        relays: embedder.relays,
        body,
    })
}

fn read(shape: Shape, text: &str) -> Option<Said<'_>> {
    match shape {
        Shape::Openai => openai(serde_json::from_str(text).ok()?),
        Shape::Gemini => {
            let answer: Gemini<'_> = serde_json::from_str(text).ok()?;
            let tokens = answer.usage.and_then(|usage| usage.prompt);
            let vectors = answer.embeddings.iter().map(|one| one.values);
            Some((vectors.collect(), tokens, None))
        }
        Shape::Vertex => {
            let answer: Vertex<'_> = serde_json::from_str(text).ok()?;
            let counts = answer.predictions.iter().map(|one| {
                let statistics = one.embeddings.statistics.as_ref();
                statistics.and_then(|statistics| statistics.token_count)
            });
            let tokens: Option<f64> = counts.sum();
            let vectors = answer.predictions.iter().map(|one| one.embeddings.values);
            Some((vectors.collect(), tokens.map(|count| count as u64), None))
        }
        Shape::Cohere | Shape::BedrockCohere => {
            let answer: Cohere<'_> = serde_json::from_str(text).ok()?;
            let billed = answer.meta.and_then(|meta| meta.billed_units);
            let tokens = billed.and_then(|billed| billed.input_tokens);
            Some((
                answer.embeddings.float,
                tokens.map(|count| count as u64),
                None,
            ))
        }
        Shape::Titan => {
            let answer: Titan<'_> = serde_json::from_str(text).ok()?;
            Some((vec![answer.embedding], answer.tokens, None))
        }
    }
}

/// OpenAI's answers say which input a vector is of.
fn openai(mut answer: Openai<'_>) -> Option<Said<'_>> {
    if answer.data.iter().all(|item| item.index.is_some()) {
        answer.data.sort_by_key(|item| item.index);
        let in_order = answer.data.iter().enumerate();
        if !in_order.clone().all(|(at, item)| item.index == Some(at)) {
            return None;
        }
    }
    let usage = answer.usage;
    let tokens = usage.and_then(|usage| usage.prompt_tokens.or(usage.total_tokens));
    let vectors = answer.data.iter().map(|item| item.embedding);
    Some((vectors.collect(), tokens, answer.model))
}

fn is_vector(value: &RawValue) -> bool {
    value.get().starts_with(['[', '"'])
}
