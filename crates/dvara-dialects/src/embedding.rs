//! Embeddings: what clients ask for in OpenAI's dialect (OpenAI, Create embeddings), what each vendor is asked, and the one list
//! that the client gets, in the order of its inputs.
//!
//! A vendor takes so many inputs at once and no more; a larger call becomes several. Vectors are never looked into: they go on
//! in the digits that the vendor wrote, unless the client wants the other form.

mod decode;
mod encode;
mod read;
mod render;
mod vendors;

use std::fmt;

use bytes::Bytes;
use dvara_types::TokenCount;
use http::{HeaderName, HeaderValue};

use crate::estimate::{characters, estimate_tokens};
use crate::request::ReadError;
use crate::splice::Span;
use crate::target::{Dropped, Target};
use crate::tokens::Table;

pub use decode::{Embedded, decode};
pub use encode::encode;
pub use render::{Answered, render};
pub use vendors::{batch, declared, path};

/// A call for embeddings. Its debug form says nothing of what it says: that is never logged.
#[derive(Clone)]
pub struct EmbeddingRequest {
    body: Bytes,
    model: Box<str>,
    /// Each input as it stands in the body.
    inputs: Vec<Span>,
    kind: InputKind,
    /// The input is one and not a list of one.
    is_single: bool,
    format: Format,
    has_dimensions: bool,
}

/// What is embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InputKind {
    /// Texts.
    Texts,
    /// Lists of the tokens of OpenAI's models.
    Tokens,
}

/// The form of a vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// A list of numbers.
    Float,
    /// The same numbers as 32-bit floats, little end first, in base64.
    Base64,
}

impl fmt::Debug for EmbeddingRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EmbeddingRequest")
            .field("model", &self.model)
            .field("inputs", &self.inputs.len())
            .finish_non_exhaustive()
    }
}

impl EmbeddingRequest {
    /// The model that is asked for; never blank.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// How many vectors are asked for; at least one.
    pub fn count(&self) -> usize {
        self.inputs.len()
    }

    /// Input tokens by [`estimate_tokens`], for vendors that do not report them; lists of tokens are counted.
    pub fn estimated_tokens(&self) -> TokenCount {
        let inputs = self.inputs.iter().map(|span| self.raw(*span));
        match self.kind {
            InputKind::Texts => {
                // Quotes are no text.
                estimate_tokens(inputs.map(|text| characters(text).saturating_sub(2)).sum())
            }
            InputKind::Tokens => TokenCount(
                inputs
                    .map(|list| 1 + memchr::memchr_iter(b',', list.as_bytes()).count() as u64)
                    .sum(),
            ),
        }
    }

    /// Input tokens by a table; lists of tokens are counted.
    pub fn counted_tokens(&self, table: Table) -> TokenCount {
        if self.kind == InputKind::Tokens {
            return self.estimated_tokens();
        }
        let inputs = self.inputs.iter().map(|span| self.raw(*span));
        let texts = inputs.filter_map(|input| serde_json::from_str::<String>(input).ok());
        TokenCount(texts.map(|text| table.count(&text)).sum())
    }

    /// The body as it was received.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Each input as it stands in the body.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = (Span, &str)> {
        self.inputs.iter().map(|span| (*span, self.raw(*span)))
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("checked when the body was read")
    }

    fn raw(&self, span: Span) -> &str {
        &self.text()[span.start..span.end]
    }
}

/// The calls that a request becomes at its target.
pub struct EncodedCalls {
    /// Each call, and how many inputs it has.
    pub calls: Vec<(EncodedCall, usize)>,
    /// What the client sent and the vendor does not get.
    pub dropped: Vec<Dropped>,
}

/// One of the calls that a request becomes. Without a debug form: what a call says is never logged.
pub struct EncodedCall {
    /// The headers that the dialect asks for; credentials are the sender's.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body: the received bytes themselves when nothing had to change.
    pub body: Bytes,
}

/// Whether a target embeds at all.
///
/// # Errors
/// When its vendor has no embeddings.
pub fn check(target: &Target<'_>) -> Result<(), ReadError> {
    match declared(target) {
        Some(_) => Ok(()),
        None => Err(ReadError::unsupported(
            "model",
            format!(
                "providers of type {} have no embeddings",
                target.kind.as_str()
            ),
        )),
    }
}

#[cfg(test)]
mod tests;
