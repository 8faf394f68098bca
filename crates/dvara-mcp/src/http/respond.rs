//! Bodies and heads of answers.

use bytes::Bytes;
use dvara_dialects::error_body::ErrorBody;
use dvara_dialects::head::TRACE_ID;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode, Version};
use http_body_util::Full;
use serde::Serialize;
use serde_json::value::RawValue;

use super::error::{McpError, Shape};

/// What a message came to, in JSON-RPC.
#[derive(Serialize)]
pub(crate) struct Answer<'a> {
    jsonrpc: &'static str,
    /// The request's own, as it came; `null` where there is none.
    id: Option<&'a RawValue>,
    error: ErrorObject<'a>,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    code: i32,
    message: String,
    data: ErrorData<'a>,
}

#[derive(Serialize)]
struct ErrorData<'a> {
    dvara_code: &'static str,
    trace_id: &'a str,
}

impl<'a> Answer<'a> {
    /// An error under the id of a request.
    pub(crate) fn error(error: &McpError, id: Option<&'a RawValue>, trace_id: &'a str) -> Self {
        Self {
            jsonrpc: "2.0",
            id,
            error: ErrorObject {
                code: error.number(),
                message: error.message(),
                data: ErrorData {
                    dvara_code: error.code(),
                    trace_id,
                },
            },
        }
    }
}

/// What messages came to, told in their own terms.
pub(crate) fn answered(
    status: u16,
    answers: &impl Serialize,
    trace_id: &str,
) -> Response<Full<Bytes>> {
    json(status, to_json(answers), trace_id)
}

/// The answer to a call that got none.
pub(crate) fn refused(error: &McpError, shape: Shape, trace_id: &str) -> Response<Full<Bytes>> {
    let body = match shape {
        Shape::JsonRpc => to_json(&Answer::error(error, None, trace_id)),
        Shape::Rest => rest(error, trace_id),
    };
    let mut response = json(error.status(), body, trace_id);
    let header = match error {
        McpError::Unauthenticated(_) => Some((WWW_AUTHENTICATE, "Bearer")),
        McpError::MethodNotAllowed => Some((ALLOW, "POST")),
        McpError::ShuttingDown => Some((RETRY_AFTER, "1")),
        _ => None,
    };
    if let Some((name, value)) = header {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Says that the connection ends with this answer: what is left of the request's body is not going to be read. HTTP/2 ends the
/// stream by itself.
pub(crate) fn last(response: &mut Response<Full<Bytes>>, version: Version) {
    if version < Version::HTTP_2 {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

fn rest(error: &McpError, trace_id: &str) -> Bytes {
    let (message, code) = (error.message(), error.code().to_ascii_lowercase());
    ErrorBody {
        message: &message,
        kind: error.kind(),
        code: &code,
        param: None,
        trace_id,
        extra: serde_json::Map::new(),
    }
    .to_json()
}

fn to_json(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value)
        .expect("texts and numbers always have a JSON form")
        .into()
}

fn json(status: u16, body: Bytes, trace_id: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // Only ids that fit a header are taken over; ours do by their making.
    if let Ok(value) = HeaderValue::from_str(trace_id) {
        headers.insert(TRACE_ID.clone(), value);
    }
    response
}
