//! Why a model stopped, and what an exception says of itself.

use http::StatusCode;

use crate::answer::{Finish, ResponseHead};
use crate::event_stream::Message;
use crate::fault::UpstreamFault;

/// OpenAI's word for a `stopReason` (Bedrock, Converse: stopReason). `calls`: the answer has calls of the client's tools; a schema's
/// tool alone is no call.
///
/// # Errors
/// Says what is wrong with an answer that the model could not put into its form: it is no good to anybody.
pub(super) fn finish(reason: &str, calls: bool) -> Result<Finish, &'static str> {
    Ok(match reason {
        "end_turn" | "stop_sequence" => Finish::Stop,
        "tool_use" if calls => Finish::ToolCalls,
        "tool_use" => Finish::Stop,
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        "guardrail_intervened" | "content_filtered" => Finish::ContentFilter,
        "malformed_model_output" => return Err("the model's output is malformed"),
        "malformed_tool_use" => return Err("the model's tool call is malformed"),
        other => Finish::of_openai(other),
    })
}

/// The fault of an answer whose status is no success.
///
/// Some of what is ours has the status of what is the caller's: what signs our calls, and the quotas of our account (AWS,
/// Common error types).
pub(super) fn of_answer(head: &ResponseHead, body: &[u8]) -> UpstreamFault {
    let name = head.error_type.as_deref().unwrap_or_default();
    let name = name.strip_suffix("Exception").unwrap_or(name);
    let meant = match name {
        "ExpiredToken"
        | "IncompleteSignature"
        | "InvalidClientTokenId"
        | "InvalidSignature"
        | "MissingAuthenticationToken"
        | "RequestExpired"
        | "UnrecognizedClient" => StatusCode::FORBIDDEN,
        "ServiceQuotaExceeded" | "Throttling" | "TooManyRequests" => StatusCode::TOO_MANY_REQUESTS,
        _ => return UpstreamFault::of_status(head, body),
    };
    let told = ResponseHead {
        status: meant,
        ..head.clone()
    };
    UpstreamFault {
        upstream_status: Some(head.status),
        ..UpstreamFault::of_status(&told, body)
    }
}

/// The fault of an exception in a stream: what the same error would have been as an answer (Bedrock, ConverseStream: errors).
pub(super) fn in_stream(message: &Message<'_>) -> UpstreamFault {
    let name = message.exception.or(message.error_code).unwrap_or_default();
    let status = match name.strip_suffix("Exception").unwrap_or(name) {
        "validation" | "Validation" => StatusCode::BAD_REQUEST,
        "accessDenied" | "AccessDenied" => StatusCode::FORBIDDEN,
        "resourceNotFound" | "ResourceNotFound" => StatusCode::NOT_FOUND,
        "modelTimeout" | "ModelTimeout" => StatusCode::REQUEST_TIMEOUT,
        "modelError" | "ModelError" | "modelStreamError" | "ModelStreamError" => {
            StatusCode::FAILED_DEPENDENCY
        }
        "throttling" | "Throttling" | "modelNotReady" | "ModelNotReady" => {
            StatusCode::TOO_MANY_REQUESTS
        }
        "serviceUnavailable" | "ServiceUnavailable" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let fault = UpstreamFault::of_event(status, message.payload);
    UpstreamFault {
        vendor_code: fault.vendor_code.or_else(|| {
            let kept = matches!(status.as_u16(), 400 | 404);
            let plain = name.chars().filter(char::is_ascii_alphanumeric);
            // As answers have it: events are named in small letters.
            let mut plain: String = plain.take(64).collect();
            plain.get_mut(..1).map(str::make_ascii_uppercase);
            (kept && !plain.is_empty()).then_some(plain)
        }),
        ..fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{FaultCode, Retry};

    #[test]
    fn exceptions_are_faults_as_their_errors_would_be() {
        use FaultCode::{ProviderError, ProviderRateLimited, ProviderRejectedRequest};
        for (name, code, retry) in [
            ("validationException", ProviderRejectedRequest, Retry::No),
            ("ValidationException", ProviderRejectedRequest, Retry::No),
            ("accessDeniedException", ProviderError, Retry::AnotherTarget),
            (
                "resourceNotFoundException",
                ProviderRejectedRequest,
                Retry::No,
            ),
            ("modelTimeoutException", ProviderError, Retry::SameTarget),
            (
                "modelStreamErrorException",
                ProviderError,
                Retry::SameTarget,
            ),
            (
                "throttlingException",
                ProviderRateLimited,
                Retry::SameTarget,
            ),
            ("internalServerException", ProviderError, Retry::SameTarget),
            (
                "serviceUnavailableException",
                ProviderError,
                Retry::SameTarget,
            ),
            ("newException", ProviderError, Retry::SameTarget),
            ("", ProviderError, Retry::SameTarget),
        ] {
            let fault = in_stream(&Message {
                exception: Some(name),
                payload: br#"{"message":"canary"}"#,
                ..Message::default()
            });
            assert_eq!((fault.code, fault.retry), (code, retry), "{name}");
            assert_eq!(fault.upstream_status, None);
            let is_the_callers = code == ProviderRejectedRequest;
            assert_eq!(fault.message_for_caller == "canary", is_the_callers);
            assert_eq!(fault.message_for_log.contains("canary"), !is_the_callers);
            assert_eq!(fault.vendor_code.is_some(), is_the_callers, "{name}");
        }
    }
}
