//! Vectors of one or several answers → the one list that the client gets.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use dvara_types::{TokenCount, Usage};

use super::{Embedded, EmbeddingRequest, Format};
use crate::fault::UpstreamFault;
use crate::writer::Writer;

/// What a call for embeddings came to.
pub struct Answered {
    /// The body that the client gets.
    pub body: Bytes,
    /// The input tokens.
    pub usage: Usage,
    /// Some of them are a guess: not every answer reported them.
    pub is_guess: bool,
    /// The model that the vendor says served.
    pub model: Option<Box<str>>,
}

/// The answer to `request`, of the answers to its calls in their order.
///
/// # Errors
/// When a vector is none.
pub fn render(request: &EmbeddingRequest, answers: &[Embedded]) -> Result<Answered, UpstreamFault> {
    let reported: Option<u64> = answers.iter().map(|answer| answer.tokens).sum();
    let tokens = reported.unwrap_or_else(|| request.estimated_tokens().0);
    let model = answers.first().and_then(|answer| answer.model.clone());
    let body = match answers {
        [only] if only.relays => only.body.clone(),
        _ => {
            let model = model.as_deref().unwrap_or(request.model());
            written(request, answers, model, tokens)?.into()
        }
    };
    Ok(Answered {
        body,
        usage: Usage {
            input: TokenCount(tokens),
            ..Usage::default()
        },
        is_guess: reported.is_none(),
        model,
    })
}

fn written(
    request: &EmbeddingRequest,
    answers: &[Embedded],
    model: &str,
    tokens: u64,
) -> Result<Vec<u8>, UpstreamFault> {
    let size = answers
        .iter()
        .map(|answer| answer.body.len())
        .sum::<usize>();
    let mut out = Writer::with_capacity(size + 64 * request.count() + 128);
    out.json("{\"object\":\"list\",\"data\":[");
    let vectors = answers.iter().flat_map(|answer| {
        let vectors = answer.vectors.iter();
        vectors.map(|span| &answer.body[span.start..span.end])
    });
    for (index, vector) in vectors.enumerate() {
        let vector = std::str::from_utf8(vector).expect("checked when the answer was read");
        out.json(if index == 0 { "" } else { "," });
        out.json("{\"object\":\"embedding\",\"index\":")
            .number(index as u64);
        out.json(",\"embedding\":")
            .json(&in_form(vector, request.format)?)
            .json("}");
    }
    out.json("],\"model\":").text(model);
    out.json(",\"usage\":{\"prompt_tokens\":").number(tokens);
    out.json(",\"total_tokens\":").number(tokens).json("}}");
    Ok(out.take())
}

/// A vector in the form that the client wants.
fn in_form(vector: &str, format: Format) -> Result<Cow<'_, str>, UpstreamFault> {
    let no_vector = || UpstreamFault::broken_stream("a vector is none");
    match (format, vector.starts_with('"')) {
        (Format::Float, false) | (Format::Base64, true) => Ok(Cow::Borrowed(vector)),
        (Format::Base64, false) => {
            let numbers: Vec<f32> = serde_json::from_str(vector).map_err(|_| no_vector())?;
            let bytes: Vec<u8> = numbers.into_iter().flat_map(f32::to_le_bytes).collect();
            Ok(Cow::Owned(format!("\"{}\"", STANDARD.encode(bytes))))
        }
        (Format::Float, true) => {
            let bytes = STANDARD
                .decode(vector.trim_matches('"'))
                .map_err(|_| no_vector())?;
            let (numbers, []) = bytes.as_chunks::<4>() else {
                return Err(no_vector());
            };
            let numbers: Vec<f32> = numbers.iter().map(|one| f32::from_le_bytes(*one)).collect();
            let text = serde_json::to_string(&numbers).map_err(|_| no_vector())?;
            Ok(Cow::Owned(text))
        }
    }
}
