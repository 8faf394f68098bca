//! Stage 3: the body, bounded in size and time, and what it asks for.

use dvara_dialects::embedding::{self, EmbeddingRequest};
use dvara_dialects::request::{Capabilities, ChatRequest, ReadError, ReadLimits};
use dvara_dialects::splice::Span;
use dvara_dialects::target::Target;
use dvara_dialects::texts::Said;
use dvara_service::body::{BodyLimits, receive};
use dvara_types::TokenCount;
use hyper::body::Incoming;

use crate::enter::Entered;
use crate::http::error::GatewayError;

/// What a caller asks for.
#[derive(Debug)]
pub(crate) enum Request {
    /// A chat completion.
    Chat(ChatRequest),
    /// Embeddings.
    Embeddings(EmbeddingRequest),
}

/// What is asked for, by its path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    /// A chat completion.
    Chat,
    /// Embeddings.
    Embeddings,
}

/// Reads a call of somebody who has entered.
///
/// # Errors
/// 413 for too much, 408 for too slow, 400 for what is no such call.
pub(crate) async fn read(
    _entered: &Entered,
    wanted: Wanted,
    body: &mut Incoming,
    limits: BodyLimits,
    json: &ReadLimits,
) -> Result<Request, GatewayError> {
    let bytes = receive(body, limits).await?;
    Ok(match wanted {
        Wanted::Chat => Request::Chat(ChatRequest::read_openai(bytes, json)?),
        Wanted::Embeddings => Request::Embeddings(EmbeddingRequest::read_openai(bytes, json)?),
    })
}

impl Request {
    /// The model that is asked for.
    pub(crate) fn model(&self) -> &str {
        match self {
            Self::Chat(chat) => chat.model(),
            Self::Embeddings(embeddings) => embeddings.model(),
        }
    }

    /// How many messages it has; an input that is embedded counts as one.
    pub(crate) fn message_count(&self) -> usize {
        match self {
            Self::Chat(chat) => chat.message_count(),
            Self::Embeddings(_) => 0,
        }
    }

    /// The end user that the caller names.
    pub(crate) fn user(&self) -> Option<&str> {
        match self {
            Self::Chat(chat) => chat.user(),
            Self::Embeddings(_) => None,
        }
    }

    /// Names of the tools that are offered.
    ///
    /// # Errors
    /// When they can't be read.
    pub(crate) fn tools(&self) -> Result<Vec<String>, ReadError> {
        match self {
            Self::Chat(chat) => chat.tool_names(),
            Self::Embeddings(_) => Ok(Vec::new()),
        }
    }

    /// Whether the answer is to be streamed.
    pub(crate) fn stream(&self) -> bool {
        match self {
            Self::Chat(chat) => chat.stream(),
            Self::Embeddings(_) => false,
        }
    }

    /// What a target has to be able to do, beside [`Self::check`].
    pub(crate) fn wants(&self) -> Capabilities {
        match self {
            Self::Chat(chat) => chat.wants(),
            Self::Embeddings(_) => Capabilities::default(),
        }
    }

    /// Whether a target can do what is asked for at all.
    ///
    /// # Errors
    /// Names the field that asks for what can't be done.
    pub(crate) fn check(&self, target: &Target<'_>) -> Result<(), ReadError> {
        match self {
            Self::Chat(chat) => target.check(chat),
            Self::Embeddings(_) => embedding::check(target),
        }
    }

    /// The bound on output tokens that the caller set.
    pub(crate) fn max_tokens(&self) -> Option<u64> {
        match self {
            Self::Chat(chat) => chat.max_tokens(),
            Self::Embeddings(_) => Some(0),
        }
    }

    /// The largest bound on output tokens that its vendor may go by.
    pub(crate) fn most_tokens(&self) -> Option<u64> {
        match self {
            Self::Chat(chat) => chat.most_tokens(),
            Self::Embeddings(_) => None,
        }
    }

    /// Every text that is said in it, in order.
    ///
    /// # Errors
    /// When a part has a shape that nobody can judge.
    pub(crate) fn said(&self) -> Result<Vec<Said<'_>>, ReadError> {
        match self {
            Self::Chat(chat) => chat.said(),
            Self::Embeddings(embeddings) => Ok(embeddings.said()),
        }
    }

    /// The call with other texts in the places of some of its own.
    ///
    /// # Errors
    /// None that the call itself did not have.
    pub(crate) fn with_texts(
        &self,
        replaced: Vec<(Span, String)>,
        limits: &ReadLimits,
    ) -> Result<Self, ReadError> {
        Ok(match self {
            Self::Chat(chat) => Self::Chat(chat.with_texts(replaced, limits)?),
            Self::Embeddings(embeddings) => {
                Self::Embeddings(embeddings.with_texts(replaced, limits)?)
            }
        })
    }

    /// How long the body is.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Chat(chat) => chat.body().len(),
            Self::Embeddings(_) => 0,
        }
    }

    /// How much the rules may have to look through at most.
    pub(crate) fn text_bytes(&self) -> usize {
        match self {
            Self::Chat(chat) => chat.body().len(),
            Self::Embeddings(embeddings) => embeddings.body().len(),
        }
    }

    /// Input tokens as we guess them.
    pub(crate) fn estimated_input(&self) -> TokenCount {
        match self {
            Self::Chat(chat) => chat.estimated_prompt_tokens(),
            Self::Embeddings(embeddings) => embeddings.estimated_tokens(),
        }
    }

    /// Whether `metadata` has a member of this name.
    pub(crate) fn has_metadata(&self, name: &str) -> bool {
        match self {
            Self::Chat(chat) => chat.has_metadata(name),
            Self::Embeddings(_) => false,
        }
    }
}
