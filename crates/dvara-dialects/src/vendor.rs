//! The vendors behind one set of verbs: whatever a provider speaks, a call is encoded, an answer decoded and a stream
//! decoded here, and what comes back is OpenAI's dialect, which the client speaks.
//!
//! A new dialect is a module of its own and an arm in each function; nothing outside of this crate tells them apart.

use bytes::Bytes;
use dvara_types::ProviderKind;
use http::{HeaderName, HeaderValue};

use crate::answer::{Answer, ResponseHead, StreamSummary};
use crate::anthropic;
use crate::fault::UpstreamFault;
use crate::openai;
use crate::request::{ChatRequest, ReadError};
use crate::target::{Encoded, Target};

/// A whole answer.
#[derive(Clone)]
pub struct Decoded {
    /// What it came to.
    pub answer: Answer,
    /// What the client gets: the vendor's own bytes where it speaks OpenAI's dialect.
    pub body: Bytes,
}

/// Where chat calls go, behind the provider's base URL.
pub fn chat_path(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Openai | ProviderKind::Ollama | ProviderKind::Mock => "/chat/completions",
        ProviderKind::Anthropic => "/v1/messages",
    }
}

/// Where models are listed, behind the provider's base URL.
pub fn models_path(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Openai | ProviderKind::Ollama | ProviderKind::Mock => "/models",
        // The largest page there is: the default one has 20 models.
        ProviderKind::Anthropic => "/v1/models?limit=1000",
    }
}

/// What a request for the list of models says beside its credential.
pub fn models_headers(kind: ProviderKind) -> Vec<(HeaderName, HeaderValue)> {
    match kind {
        ProviderKind::Openai | ProviderKind::Ollama | ProviderKind::Mock => Vec::new(),
        ProviderKind::Anthropic => vec![anthropic::VERSION],
    }
}

/// The call as the target's vendor takes it.
///
/// # Errors
/// Names the field that this vendor's dialect cannot say.
pub fn encode(request: &ChatRequest, target: &Target<'_>) -> Result<Encoded, ReadError> {
    match target.kind {
        ProviderKind::Openai | ProviderKind::Ollama | ProviderKind::Mock => {
            Ok(openai::encode(request, target))
        }
        ProviderKind::Anthropic => anthropic::encode(request, target),
    }
}

/// A whole answer to `request`. `now` is in seconds since 1970, for vendors that do not say when they answered.
///
/// # Errors
/// When its status is no success, or it is no answer.
pub fn decode(
    kind: ProviderKind,
    request: &ChatRequest,
    head: &ResponseHead,
    body: Bytes,
    now: u64,
) -> Result<Decoded, UpstreamFault> {
    match kind {
        ProviderKind::Openai | ProviderKind::Ollama | ProviderKind::Mock => {
            openai::decode(head, &body).map(|answer| Decoded { answer, body })
        }
        ProviderKind::Anthropic => {
            let (answer, body) = anthropic::decode(request, head, &body, now)?;
            Ok(Decoded { answer, body })
        }
    }
}

/// The fault of an answer that is no stream though one was asked for.
pub fn not_a_stream(head: &ResponseHead, body: &[u8]) -> UpstreamFault {
    if head.status.is_success() {
        UpstreamFault::unusable(head, "a stream was asked for", body)
    } else {
        UpstreamFault::of_status(head, body)
    }
}

/// Reads a vendor's stream and says what goes on to the client.
pub enum StreamDecoder {
    /// Chat completion chunks, relayed in their own bytes.
    Openai(openai::StreamDecoder),
    /// Anthropic's events, translated into chunks.
    Anthropic(Box<anthropic::StreamDecoder>),
}

impl StreamDecoder {
    /// A decoder for the answer to `request`. `now` as for [`decode`].
    pub fn new(kind: ProviderKind, request: &ChatRequest, now: u64) -> Self {
        match kind {
            ProviderKind::Openai | ProviderKind::Ollama | ProviderKind::Mock => {
                Self::Openai(openai::StreamDecoder::new(request))
            }
            ProviderKind::Anthropic => {
                Self::Anthropic(Box::new(anthropic::StreamDecoder::new(request, now)))
            }
        }
    }

    /// Takes bytes as they arrive and adds to `relay` what goes on to the client, in order.
    ///
    /// # Errors
    /// When the vendor reports an error, ends without having finished, or sends what can't be read. What was
    /// added to `relay` before is still good; nothing can be relayed after.
    pub fn push(&mut self, chunk: &Bytes, relay: &mut Vec<Bytes>) -> Result<(), UpstreamFault> {
        match self {
            Self::Openai(decoder) => decoder.push(chunk, relay),
            Self::Anthropic(decoder) => decoder.push(chunk, relay),
        }
    }

    /// The vendor's stream has ended, or its connection broke: adds what ends the client's stream.
    ///
    /// # Errors
    /// When the answer is not whole.
    pub fn finish(&mut self, relay: &mut Vec<Bytes>) -> Result<(), UpstreamFault> {
        match self {
            Self::Openai(decoder) => decoder.finish(relay),
            Self::Anthropic(decoder) => decoder.finish(relay),
        }
    }

    /// What the stream came to, up to now.
    pub fn summary(&self) -> &StreamSummary {
        match self {
            Self::Openai(decoder) => decoder.summary(),
            Self::Anthropic(decoder) => decoder.summary(),
        }
    }

    /// Whether `[DONE]` went on to the client: whatever follows is nobody's business.
    pub fn is_done(&self) -> bool {
        match self {
            Self::Openai(decoder) => decoder.is_done(),
            Self::Anthropic(decoder) => decoder.is_done(),
        }
    }
}
