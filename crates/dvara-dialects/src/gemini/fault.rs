//! Google's errors (Google APIs, Errors: `google.rpc.Status`).

use http::StatusCode;
use memchr::memmem;

use super::view::ErrorView;
use crate::answer::ResponseHead;
use crate::fault::UpstreamFault;

/// The fault of an answer whose status is no success.
///
/// A key that is wrong is answered with 400, like a call that is: that is ours and never the caller's.
pub(crate) fn of_answer(head: &ResponseHead, body: &[u8]) -> UpstreamFault {
    let is_key =
        head.status == StatusCode::BAD_REQUEST && memmem::find(body, b"API_KEY_INVALID").is_some();
    if !is_key {
        return UpstreamFault::of_status(head, body);
    }
    let told = ResponseHead {
        status: StatusCode::UNAUTHORIZED,
        ..head.clone()
    };
    UpstreamFault {
        upstream_status: Some(head.status),
        ..UpstreamFault::of_status(&told, body)
    }
}

/// The fault of an error in a stream: what it would have been as an answer.
pub(super) fn in_stream(error: &ErrorView<'_>, event: &[u8]) -> UpstreamFault {
    let code = error.code.0.and_then(|code| u16::try_from(code).ok());
    let code = code.or(match error.status.0.as_deref() {
        Some("INVALID_ARGUMENT" | "FAILED_PRECONDITION") => Some(400),
        Some("RESOURCE_EXHAUSTED") => Some(429),
        Some("INTERNAL") => Some(500),
        Some("UNAVAILABLE") => Some(503),
        Some("DEADLINE_EXCEEDED") => Some(504),
        _ => None,
    });
    let status = code.and_then(|code| StatusCode::from_u16(code).ok());
    match status.filter(|status| status.is_client_error() || status.is_server_error()) {
        Some(status) => UpstreamFault::of_event(status, event),
        None => UpstreamFault::in_stream(event),
    }
}
