//! The vendors behind one set of verbs: whatever a provider speaks, a call is encoded, an answer decoded and a stream
//! decoded here, and what comes back is OpenAI's dialect, which the client speaks.
//!
//! A new dialect is a module of its own and an arm in each function; nothing outside of this crate tells them apart.

use bytes::Bytes;
use dvara_types::ProviderKind;
use http::{HeaderName, HeaderValue};

use crate::answer::{Answer, ResponseHead, StreamSummary};
use crate::fault::UpstreamFault;
use crate::fields::Declared;
use crate::request::{ChatRequest, ReadError};
use crate::target::{Encoded, Target};
use crate::{anthropic, bedrock, cohere, gemini, openai, vertex};

/// A whole answer.
#[derive(Clone)]
pub struct Decoded {
    /// What it came to.
    pub answer: Answer,
    /// What the client gets: the vendor's own bytes where it speaks OpenAI's dialect.
    pub body: Bytes,
}

/// Where the calls of a kind of provider go, behind its base URL.
#[derive(Debug, Clone, Copy)]
pub enum ChatPath {
    /// All to one place.
    Fixed(&'static str),
    /// Each model has a place of its own, and so may its streams.
    OfModel(fn(&Target<'_>, bool) -> String),
}

/// The APIs that kinds of providers are reached by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Api {
    Openai,
    Anthropic,
    Gemini,
    Vertex,
    Bedrock,
    Cohere,
}

impl Api {
    fn of(kind: ProviderKind) -> Self {
        match kind {
            ProviderKind::Openai
            | ProviderKind::AzureOpenai
            | ProviderKind::Mistral
            | ProviderKind::Groq
            | ProviderKind::Qwen
            | ProviderKind::Deepseek
            | ProviderKind::Moonshot
            | ProviderKind::Chatglm
            | ProviderKind::Grok
            | ProviderKind::Ollama
            | ProviderKind::Mock => Self::Openai,
            ProviderKind::Anthropic => Self::Anthropic,
            ProviderKind::Gemini => Self::Gemini,
            ProviderKind::Vertex => Self::Vertex,
            ProviderKind::Bedrock => Self::Bedrock,
            ProviderKind::Cohere => Self::Cohere,
        }
    }
}

/// Where chat calls go, behind the provider's base URL. `base_path` is the path of that URL.
pub fn chat_path(kind: ProviderKind, base_path: &str) -> ChatPath {
    match Api::of(kind) {
        // Azure's newer API has the version in its path, and the deployment in the body (Azure OpenAI, API lifecycle).
        Api::Openai if kind == ProviderKind::AzureOpenai && !base_path.ends_with("/v1") => {
            ChatPath::OfModel(openai::deployment_path)
        }
        Api::Openai => ChatPath::Fixed("/chat/completions"),
        Api::Anthropic => ChatPath::Fixed("/v1/messages"),
        Api::Cohere => ChatPath::Fixed("/v2/chat"),
        Api::Gemini => ChatPath::OfModel(gemini::path),
        Api::Vertex => ChatPath::OfModel(vertex::path),
        Api::Bedrock => ChatPath::OfModel(bedrock::path),
    }
}

/// Where models are listed, behind the provider's base URL; nowhere for a vendor without such a list.
pub fn models_path(kind: ProviderKind) -> Option<&'static str> {
    match Api::of(kind) {
        Api::Openai => Some("/models"),
        // The largest page there is: the default one has 20 models.
        Api::Anthropic => Some("/v1/models?limit=1000"),
        Api::Gemini => Some("/v1beta/models?pageSize=1000"),
        Api::Cohere => Some("/v1/models?page_size=1000"),
        // Their lists are at other servers than their models, behind other permissions.
        Api::Bedrock | Api::Vertex => None,
    }
}

/// What a request for the list of models says beside its credential.
pub fn models_headers(kind: ProviderKind) -> Vec<(HeaderName, HeaderValue)> {
    match kind {
        ProviderKind::Anthropic => vec![anthropic::VERSION],
        _ => Vec::new(),
    }
}

/// The dialects of vendors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Chat completions.
    Openai,
    /// The Messages API.
    Anthropic,
    /// `generateContent`.
    Gemini,
    /// `Converse`.
    Bedrock,
    /// The second version of Cohere's API.
    Cohere,
}

impl Dialect {
    /// What a provider's kind speaks for a model. On Vertex AI the publisher decides.
    pub fn of(target: &Target<'_>) -> Self {
        match Api::of(target.kind) {
            Api::Openai => Self::Openai,
            Api::Anthropic => Self::Anthropic,
            Api::Gemini => Self::Gemini,
            Api::Vertex => vertex::dialect(target.model),
            Api::Bedrock => Self::Bedrock,
            Api::Cohere => Self::Cohere,
        }
    }
}

/// What becomes of each field of a chat completion call at a target.
pub fn declared(target: &Target<'_>) -> &'static Declared {
    match Dialect::of(target) {
        Dialect::Openai => openai::declared(target.kind),
        Dialect::Anthropic => &anthropic::DECLARED,
        Dialect::Gemini => &gemini::DECLARED,
        Dialect::Bedrock => &bedrock::DECLARED,
        Dialect::Cohere => &cohere::DECLARED,
    }
}

/// The call as the target's vendor takes it.
///
/// # Errors
/// Names the field that this vendor's dialect cannot say.
pub fn encode(request: &ChatRequest, target: &Target<'_>) -> Result<Encoded, ReadError> {
    match Dialect::of(target) {
        Dialect::Openai => openai::encode(request, target),
        Dialect::Anthropic => anthropic::encode(request, target),
        Dialect::Gemini => gemini::encode(request, target),
        Dialect::Bedrock => bedrock::encode(request, target),
        Dialect::Cohere => cohere::encode(request, target),
    }
}

/// A whole answer to `request`. `now` is in seconds since 1970, for vendors that do not say when they answered.
///
/// # Errors
/// When its status is no success, or it is no answer.
pub fn decode(
    target: &Target<'_>,
    request: &ChatRequest,
    head: &ResponseHead,
    body: Bytes,
    now: u64,
) -> Result<Decoded, UpstreamFault> {
    let (answer, body) = match Dialect::of(target) {
        Dialect::Openai => openai::decode(target.kind, head, body)?,
        Dialect::Anthropic => anthropic::decode(request, head, &body, now)?,
        Dialect::Gemini => gemini::decode(request, head, &body, now)?,
        Dialect::Bedrock => bedrock::decode(request, head, &body, now)?,
        Dialect::Cohere => cohere::decode(request, head, &body, now)?,
    };
    Ok(Decoded { answer, body })
}

/// The fault of an answer that is no stream though one was asked for.
pub fn not_a_stream(target: &Target<'_>, head: &ResponseHead, body: &[u8]) -> UpstreamFault {
    if head.status.is_success() {
        return UpstreamFault::unusable(head, "a stream was asked for", body);
    }
    match Dialect::of(target) {
        Dialect::Gemini => gemini::of_answer(head, body),
        _ => UpstreamFault::of_status(head, body),
    }
}

/// Reads a vendor's stream and says what goes on to the client.
pub enum StreamDecoder {
    /// Chat completion chunks, relayed in their own bytes.
    Openai(openai::StreamDecoder),
    /// Anthropic's events, translated into chunks.
    Anthropic(Box<anthropic::StreamDecoder>),
    /// Gemini's answers in pieces.
    Gemini(Box<gemini::StreamDecoder>),
    /// Bedrock's binary events.
    Bedrock(Box<bedrock::StreamDecoder>),
    /// Cohere's events.
    Cohere(Box<cohere::StreamDecoder>),
}

/// The decoder inside, whichever it is.
macro_rules! inside {
    ($decoder:expr, $inner:ident => $of:expr) => {
        match $decoder {
            StreamDecoder::Openai($inner) => $of,
            StreamDecoder::Anthropic($inner) => $of,
            StreamDecoder::Gemini($inner) => $of,
            StreamDecoder::Bedrock($inner) => $of,
            StreamDecoder::Cohere($inner) => $of,
        }
    };
}

impl StreamDecoder {
    /// A decoder for the target's answer to `request`. `now` as for [`decode`].
    pub fn new(target: &Target<'_>, request: &ChatRequest, now: u64) -> Self {
        match Dialect::of(target) {
            Dialect::Openai => Self::Openai(openai::StreamDecoder::new(target.kind, request)),
            Dialect::Anthropic => {
                Self::Anthropic(Box::new(anthropic::StreamDecoder::new(request, now)))
            }
            Dialect::Gemini => Self::Gemini(Box::new(gemini::StreamDecoder::new(request, now))),
            Dialect::Bedrock => Self::Bedrock(Box::new(bedrock::StreamDecoder::new(request, now))),
            Dialect::Cohere => Self::Cohere(Box::new(cohere::StreamDecoder::new(request, now))),
        }
    }

    /// The head of the answer has come. Before any bytes: a vendor may say there alone how the answer is called.
    pub fn answered_by(&mut self, head: &ResponseHead) {
        if let Self::Bedrock(decoder) = self {
            decoder.answered_by(head);
        }
    }

    /// Takes bytes as they arrive and adds to `relay` what goes on to the client, in order.
    ///
    /// # Errors
    /// When the vendor reports an error, ends without having finished, or sends what can't be read. What was
    /// added to `relay` before is still good; nothing can be relayed after.
    pub fn push(&mut self, chunk: &Bytes, relay: &mut Vec<Bytes>) -> Result<(), UpstreamFault> {
        inside!(self, decoder => decoder.push(chunk, relay))
    }

    /// The vendor's stream has ended, or its connection broke: adds what ends the client's stream.
    ///
    /// # Errors
    /// When the answer is not whole.
    pub fn finish(&mut self, relay: &mut Vec<Bytes>) -> Result<(), UpstreamFault> {
        inside!(self, decoder => decoder.finish(relay))
    }

    /// What the stream came to, up to now.
    pub fn summary(&self) -> &StreamSummary {
        inside!(self, decoder => decoder.summary())
    }

    /// Whether `[DONE]` went on to the client: whatever follows is nobody's business.
    pub fn is_done(&self) -> bool {
        inside!(self, decoder => decoder.is_done())
    }
}
