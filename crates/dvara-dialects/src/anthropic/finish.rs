//! Why a model stopped, and what an error says of itself.

use http::StatusCode;

use super::event::ErrorView;
use crate::answer::Finish;
use crate::fault::UpstreamFault;

/// OpenAI's word for a `stop_reason` (Anthropic, Handling stop reasons). `calls`: the answer has calls of the client's tools;
/// a schema's tool alone is no call.
pub(super) fn finish(reason: &str, calls: bool) -> Finish {
    match reason {
        "end_turn" | "stop_sequence" | "pause_turn" => Finish::Stop,
        "tool_use" if calls => Finish::ToolCalls,
        "tool_use" => Finish::Stop,
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        "refusal" => Finish::ContentFilter,
        other => Finish::of_openai(other),
    }
}

/// The fault of an `error` event: what the same error would have been as an answer (Anthropic, Errors).
pub(super) fn in_stream(error: &ErrorView<'_>, event: &[u8]) -> UpstreamFault {
    let status = match error.kind.0.as_deref() {
        Some("invalid_request_error") => StatusCode::BAD_REQUEST,
        Some("authentication_error") => StatusCode::UNAUTHORIZED,
        Some("billing_error") => StatusCode::PAYMENT_REQUIRED,
        Some("permission_error") => StatusCode::FORBIDDEN,
        Some("not_found_error") => StatusCode::NOT_FOUND,
        Some("request_too_large") => StatusCode::PAYLOAD_TOO_LARGE,
        Some("rate_limit_error") => StatusCode::TOO_MANY_REQUESTS,
        Some("timeout_error") => StatusCode::GATEWAY_TIMEOUT,
        Some("overloaded_error") => StatusCode::SERVICE_UNAVAILABLE,
        _ => return UpstreamFault::in_stream(event),
    };
    UpstreamFault::of_event(status, event)
}
