//! Why a model stopped, and what an error amid an answer comes to.

use crate::answer::Finish;
use crate::fault::UpstreamFault;
use crate::json;
use crate::literal::Raw;

/// OpenAI's word for a `finish_reason` (Cohere API reference, Chat). `calls`: the answer has calls of tools.
pub(super) fn finish(reason: &str, calls: bool) -> Finish {
    match reason {
        "COMPLETE" | "STOP_SEQUENCE" => Finish::Stop,
        "TOOL_CALL" if calls => Finish::ToolCalls,
        "TOOL_CALL" => Finish::Stop,
        "MAX_TOKENS" => Finish::Length,
        other => Finish::of_openai(other),
    }
}

/// Whether a `finish_reason` says that there is no whole answer: the model failed, or took too long.
pub(super) fn is_failure(reason: &str) -> bool {
    matches!(reason, "ERROR" | "TIMEOUT")
}

/// The fault of an answer that ended in an error: its text is for the log only, for it may quote the call.
pub(super) fn in_stream(reason: &str, text: Raw<'_>) -> UpstreamFault {
    let code = json::quote(reason);
    let message = text.0.map_or("null", |text| text.get());
    let event = format!("{{\"error\":{{\"code\":{code},\"message\":{message}}}}}");
    UpstreamFault::in_stream(event.as_bytes())
}
