//! The front of the gateway: a path, a method, and the one function that answers them.

pub(crate) mod body;
pub(crate) mod error;
pub(crate) mod head;
pub(crate) mod path;
pub(crate) mod respond;

use std::rc::Rc;

use http::{HeaderMap, Method};
use hyper::body::Incoming;
use hyper::{Request, Response};

use crate::core::Core;
use crate::pipeline;
use body::GatewayBody;
use error::GatewayError;
use head::Head;
use path::Plane;

/// What lives below `/v1/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// `POST /v1/chat/completions`.
    ChatCompletions,
    /// `GET /v1/models`.
    Models,
}

impl Endpoint {
    /// What lives at a path, whatever the method.
    pub(crate) fn at(path: &str) -> Option<Self> {
        match path {
            "chat/completions" => Some(Self::ChatCompletions),
            "models" => Some(Self::Models),
            _ => None,
        }
    }

    /// The endpoint of a path and method.
    ///
    /// # Errors
    /// 404 and 405.
    pub(crate) fn of(method: &Method, path: &str) -> Result<Self, GatewayError> {
        let endpoint = Self::at(path).ok_or(GatewayError::NotFound { governed: true })?;
        let (takes, allow) = match endpoint {
            Self::ChatCompletions => (*method == Method::POST, "POST"),
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
    match path::plane(parts.uri.path()) {
        Plane::Governed(path) => pipeline::answer(core, &parts, Ok(path), body).await,
        Plane::Disguised => {
            pipeline::answer(core, &parts, Err(GatewayError::InvalidPath), body).await
        }
        Plane::Actuator => match core
            .actuator
            .answer(&parts.method, parts.uri.path(), &parts.headers)
            .await
        {
            Some(answer) => answer.map(GatewayBody::Actuator),
            None => elsewhere(&parts.headers),
        },
        Plane::Elsewhere => elsewhere(&parts.headers),
    }
}

fn elsewhere(headers: &HeaderMap) -> Response<GatewayBody> {
    let head = Head::of(headers, head::random_trace_id);
    respond::error(&GatewayError::NotFound { governed: false }, &head.trace_id)
}
