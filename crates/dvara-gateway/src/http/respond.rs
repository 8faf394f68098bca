//! Heads of answers.

use std::time::Duration;

use dvara_dialects::head::TRACE_ID;
use dvara_dialects::target::Dropped;
use http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Response, StatusCode, Version};

use super::body::GatewayBody;
use super::error::{GatewayError, rate_limit};

const DROPPED_FIELDS: HeaderName = HeaderName::from_static("x-gateway-dropped-fields");
const FAILOVER_BLOCKED: HeaderName = HeaderName::from_static("x-gateway-failover-blocked");
const STRICT_DOWNGRADED: HeaderName = HeaderName::from_static("x-gateway-strict-downgraded");

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
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(whole_seconds(after)));
    }
    if let GatewayError::RateLimited(exceeded) = error {
        rate_limit::headers(exceeded, chrono::Utc::now(), response.headers_mut());
    }
    if matches!(error, GatewayError::FailoverBlocked) {
        response.headers_mut().insert(
            FAILOVER_BLOCKED,
            HeaderValue::from_static("capability_mismatch"),
        );
    }
    if let GatewayError::MethodNotAllowed { allow } = error {
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static(allow));
    }
    response
}

/// A pause in whole seconds: rounded up, and never 0, which would mean at once.
pub(super) fn whole_seconds(pause: Duration) -> u64 {
    (pause.as_secs() + u64::from(pause.subsec_nanos() > 0)).max(1)
}

/// Tells the caller which of its fields the vendor did not get, in a header of their names; a schema that the vendor does
/// not enforce has one of its own (data-plane sheet §3).
pub(crate) fn say_what_was_dropped(response: &mut Response<GatewayBody>, dropped: &[Dropped]) {
    if dropped.is_empty() {
        return;
    }
    let names: Vec<&str> = dropped.iter().map(|dropped| &*dropped.field).collect();
    if let Ok(names) = HeaderValue::from_str(&names.join(", ")) {
        response.headers_mut().insert(DROPPED_FIELDS, names);
    }
    if dropped
        .iter()
        .any(|dropped| dropped.field == Dropped::STRICT)
    {
        response
            .headers_mut()
            .insert(STRICT_DOWNGRADED, HeaderValue::from_static("true"));
    }
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
