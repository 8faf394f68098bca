//! Heads of answers.

use http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode, Version};

use super::body::GatewayBody;
use super::error::GatewayError;
use super::head::TRACE_ID;

static JSON: HeaderValue = HeaderValue::from_static("application/json");
static EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
static CLOSE: HeaderValue = HeaderValue::from_static("close");
static NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");

/// A whole answer in JSON.
pub(crate) fn json(body: GatewayBody, trace_id: &str) -> Response<GatewayBody> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, JSON.clone());
    traced(response, trace_id)
}

/// A stream of events.
pub(crate) fn event_stream(body: GatewayBody, trace_id: &str) -> Response<GatewayBody> {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, EVENT_STREAM.clone());
    response
        .headers_mut()
        .insert(CACHE_CONTROL, NO_CACHE.clone());
    traced(response, trace_id)
}

/// The answer to a call that got none.
pub(crate) fn error(error: &GatewayError, trace_id: &str) -> Response<GatewayBody> {
    let mut response = json(
        GatewayBody::from(error.body(&error.message(), trace_id).to_json()),
        trace_id,
    );
    *response.status_mut() =
        StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(after) = error.retry_after() {
        // Rounded up, and never 0, which would mean at once.
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    if let GatewayError::MethodNotAllowed { allow } = error {
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static(allow));
    }
    response
}

/// Says that the connection ends with this answer: what is left of the request's body is not going to be read, so nothing that
/// follows it could be. HTTP/2 ends the stream by itself.
pub(crate) fn last(response: &mut Response<GatewayBody>, version: Version) {
    if version < Version::HTTP_2 {
        response.headers_mut().insert(CONNECTION, CLOSE.clone());
    }
}

fn traced(mut response: Response<GatewayBody>, trace_id: &str) -> Response<GatewayBody> {
    // Only ids that fit a header are taken over; ours do by their making.
    if let Ok(value) = HeaderValue::from_str(trace_id) {
        response.headers_mut().insert(TRACE_ID.clone(), value);
    }
    response
}
