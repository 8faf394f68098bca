//! The request path, top to bottom, with the verbs of the LLM plane:
//!
//! ```text
//! authenticate → enter → read → call
//! ```
//!
//! The order is the contract: a stranger's body is never read. The path ends where a server would be looked up.

use bytes::Bytes;
use dvara_dialects::head::{Head, MediaTypeError, check_media_types};
use dvara_service::body::{discard, receive};
use dvara_service::{random, telemetry};
use http::Method;
use http::request::Parts;
use http_body::Body as _;
use http_body_util::Full;
use hyper::Response;
use hyper::body::Incoming;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use tracing::Instrument as _;

use crate::authenticate::authenticate;
use crate::core::Core;
use crate::enter::{Entered, enter};
use crate::http::Endpoint;
use crate::http::error::{McpError, Shape};
use crate::http::respond::{self, Answer};
use crate::message::{self, Message, Messages};

/// Answers one governed request.
pub(crate) async fn answer(
    core: &Core,
    parts: &Parts,
    endpoint: Result<Endpoint<'_>, McpError>,
    mut body: Incoming,
) -> Response<Full<Bytes>> {
    let span = tracing::info_span!("mcp.call", otel.kind = "server");
    telemetry::follow(&span, &parts.headers);
    let head = Head::of(&parts.headers, || {
        telemetry::trace_id(&span).unwrap_or_else(random::trace_id)
    });
    let shape = endpoint
        .as_ref()
        .map_or(Shape::JsonRpc, |endpoint| endpoint.shape());
    let served = async {
        tokio::select! {
            biased;
            served = serve(core, &head, parts, endpoint, &mut body) => served,
            () = core.drain.cutting() => Err(McpError::ShuttingDown),
        }
    };
    match served.instrument(span).await {
        Ok(response) => response,
        Err(error) => {
            core.metrics.count(error.status(), error.code());
            let mut response = respond::refused(&error, shape, &head.trace_id);
            // A process that is ending waits for nobody's body.
            let waits = error != McpError::ShuttingDown && !head.expects_continue;
            let read = body.is_end_stream() || (waits && discard(&mut body).await);
            if !read {
                respond::last(&mut response, parts.version);
            }
            response
        }
    }
}

async fn serve(
    core: &Core,
    head: &Head,
    parts: &Parts,
    endpoint: Result<Endpoint<'_>, McpError>,
    body: &mut Incoming,
) -> Result<Response<Full<Bytes>>, McpError> {
    if let Err(McpError::InvalidPath) = endpoint {
        return Err(McpError::InvalidPath);
    }
    let snapshot = core.feed.current(); // one view of the world for the whole call
    let caller = authenticate(&snapshot, head, chrono::Utc::now)?;
    let endpoint = endpoint?; // a stranger does not learn which paths there are
    if parts.method != Method::POST {
        return Err(McpError::MethodNotAllowed);
    }
    let entered = enter(caller)?;
    check_media_types(&parts.headers).map_err(media_type)?;
    let body = receive(body, core.body).await?;
    call(core, &entered, endpoint, &body, &head.trace_id)
}

/// Looks for the server of a call. None is registered, and that is what each message is told.
fn call(
    core: &Core,
    _entered: &Entered,
    endpoint: Endpoint<'_>,
    body: &[u8],
    trace_id: &str,
) -> Result<Response<Full<Bytes>>, McpError> {
    let absent = McpError::ServerNotFound(endpoint.server().map(str::to_owned));
    if endpoint.shape() == Shape::Rest {
        // The form without an envelope takes what would be in `params`.
        let read = serde_json::from_slice::<IgnoredAny>(body);
        return Err(read.map_or(McpError::Parse, |_| absent));
    }
    match message::read(body)? {
        Messages::One(message) => {
            let (id, error) = told(&message, &absent).ok_or_else(|| absent.clone())?;
            // A message that is none is the whole request's fault.
            let status = match error {
                McpError::InvalidRequest => error.status(),
                _ => 200,
            };
            core.metrics.count(status, error.code());
            let answer = Answer::error(error, id, trace_id);
            Ok(respond::answered(status, &answer, trace_id))
        }
        Messages::Batch(messages) => {
            let answers: Vec<_> = messages
                .iter()
                .filter_map(|message| told(message, &absent))
                .map(|(id, error)| Answer::error(error, id, trace_id))
                .collect();
            if answers.is_empty() {
                return Err(absent);
            }
            core.metrics.count(200, absent.code());
            Ok(respond::answered(200, &answers, trace_id))
        }
    }
}

/// What a message is told, and under which id; nothing for one that wants no answer.
fn told<'a, 'b>(
    message: &Message<'a>,
    absent: &'b McpError,
) -> Option<(Option<&'a RawValue>, &'b McpError)> {
    match *message {
        Message::Request(id) => Some((Some(id), absent)),
        Message::Invalid(id) => Some((id, &McpError::InvalidRequest)),
        Message::Told => None,
    }
}

fn media_type(error: MediaTypeError) -> McpError {
    match error {
        MediaTypeError::Unsupported(hint) => McpError::UnsupportedMediaType(hint),
        MediaTypeError::NotAcceptable => McpError::NotAcceptable,
    }
}
