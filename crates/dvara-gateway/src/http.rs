//! The front of the gateway: a path, a method, and the one function that answers them.

pub(crate) mod body;
pub(crate) mod cors;
pub(crate) mod error;
pub(crate) mod internal;
pub(crate) mod respond;

use std::rc::Rc;

use dvara_dialects::head::Head;
use dvara_dialects::path::{LLM, Plane, plane};
use dvara_service::actuator::Actuator;
use dvara_service::random;
use dvara_types::Scope;
use http::header::ORIGIN;
use http::request::Parts;
use http::{HeaderMap, Method};
use hyper::body::Incoming;
use hyper::{Request, Response};

use crate::core::Core;
use crate::pipeline;
use crate::plan::explain;
use body::GatewayBody;
use error::GatewayError;
use internal::{Internal, InternalEndpoint};

/// What lives below `/v1/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// `POST /v1/chat/completions`.
    ChatCompletions,
    /// `POST /v1/embeddings`.
    Embeddings,
    /// `GET /v1/models`.
    Models,
}

impl Endpoint {
    /// What lives at a path, whatever the method.
    pub(crate) fn at(path: &str) -> Option<Self> {
        match path {
            "chat/completions" => Some(Self::ChatCompletions),
            "embeddings" => Some(Self::Embeddings),
            "models" => Some(Self::Models),
            _ => None,
        }
    }

    /// What a key must be allowed to, for it to call here.
    pub(crate) fn scope(&self) -> Scope {
        match self {
            Self::ChatCompletions => Scope::CompletionsWrite,
            Self::Embeddings => Scope::EmbeddingsWrite,
            Self::Models => Scope::ModelsRead,
        }
    }

    /// The endpoint of a path and method.
    ///
    /// # Errors
    /// 404 and 405.
    pub(crate) fn of(method: &Method, path: &str) -> Result<Self, GatewayError> {
        let endpoint = Self::at(path).ok_or(GatewayError::NotFound { governed: true })?;
        let (takes, allow) = match endpoint {
            Self::ChatCompletions | Self::Embeddings => (*method == Method::POST, "POST"),
            Self::Models => (
                *method == Method::GET || *method == Method::HEAD,
                "GET, HEAD",
            ),
        };
        if takes {
            Ok(endpoint)
        } else {
            Err(GatewayError::MethodNotAllowed { allow })
        }
    }
}

/// Answers one request, whatever it is.
pub(crate) async fn answer(core: Rc<Core>, request: Request<Incoming>) -> Response<GatewayBody> {
    let (parts, body) = request.into_parts();
    let path = match plane(LLM, parts.uri.path()) {
        Plane::Governed(path) => Ok(path),
        Plane::Disguised => Err(GatewayError::InvalidPath),
        Plane::Elsewhere if Actuator::owns(parts.uri.path()) => {
            let actuator = &core.actuator;
            let asked = actuator.answer(&parts.method, parts.uri.path(), &parts.headers);
            return match asked.await {
                Some(answer) => answer.map(GatewayBody::Actuator),
                None => refused(&NOWHERE, &parts.headers),
            };
        }
        Plane::Elsewhere if Internal::owns(parts.uri.path()) => {
            // Boxed, as is whatever is rare.
            return Box::pin(internal(&core, &parts, body)).await;
        }
        Plane::Elsewhere => return refused(&NOWHERE, &parts.headers),
    };
    if core.shared.settings.cors.is_some() {
        // Boxed: who lets no pages call must not carry a larger future for it.
        return Box::pin(to_pages(core, &parts, path, body)).await;
    }
    pipeline::answer(core, &parts, path, body).await
}

/// Answers one of DVARA's own services.
async fn internal(core: &Core, parts: &Parts, body: Incoming) -> Response<GatewayBody> {
    let head = Head::of(&parts.headers, random::trace_id);
    let answer = async {
        match core.shared.settings.internal.endpoint(parts)? {
            InternalEndpoint::ExplainRoute => explain::answer(&core.shared, body).await,
        }
    };
    match answer.await {
        Ok(bytes) => respond::json(GatewayBody::from(bytes), &head.trace_id),
        Err(error) => respond::error(&error, &head.trace_id),
    }
}

/// Answers a governed call, and says which pages of other origins may read the answer.
async fn to_pages(
    core: Rc<Core>,
    parts: &Parts,
    path: Result<&str, GatewayError>,
    body: Incoming,
) -> Response<GatewayBody> {
    let shared = core.shared.clone();
    let lives = |path: &&str| Endpoint::at(path).is_some();
    let cors = shared.settings.cors.as_ref();
    let preflight = cors
        .filter(|_| path.as_ref().is_ok_and(lives))
        .and_then(|cors| cors.preflight(&parts.method, &parts.headers));
    let mut answer = match preflight {
        Some(answer) => answer,
        None => pipeline::answer(core, parts, path, body).await,
    };
    if let Some(cors) = cors {
        cors.mark(parts.headers.get(ORIGIN), answer.headers_mut());
    }
    answer
}

/// What lives at a path that is neither governed nor anything else of ours.
const NOWHERE: GatewayError = GatewayError::NotFound { governed: false };

fn refused(error: &GatewayError, headers: &HeaderMap) -> Response<GatewayBody> {
    let head = Head::of(headers, random::trace_id);
    respond::error(error, &head.trace_id)
}
