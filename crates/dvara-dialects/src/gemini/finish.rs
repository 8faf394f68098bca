//! Why a model stopped (Gemini API, FinishReason).

use crate::answer::Finish;
use crate::fault::{Retry, UpstreamFault};

/// Why an answer ended, or that there is none.
pub(super) enum End {
    /// It ended.
    Finished(Finish),
    /// The model wrote what its own server could not read: nobody's answer.
    Broken,
    /// The vendor does not serve this account any more.
    Barred,
}

/// What a `finishReason` comes to. `calls`: the answer has calls of tools.
pub(super) fn end(reason: &str, calls: bool) -> End {
    End::Finished(match reason {
        "STOP" if calls => Finish::ToolCalls,
        "STOP" => Finish::Stop,
        // What is left could be asked for with a token that OpenAI's dialect has no place for.
        "MAX_TOKENS" | "CONTINUATION" => Finish::Length,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "ESCALATION"
        | "MODEL_ARMOR" => Finish::ContentFilter,
        "PUP_LIMITED_DISABLED" => return End::Barred,
        "MALFORMED_FUNCTION_CALL"
        | "UNEXPECTED_TOOL_CALL"
        | "TOO_MANY_TOOL_CALLS"
        | "MALFORMED_RESPONSE"
        | "MISSING_THOUGHT_SIGNATURE" => return End::Broken,
        other => Finish::of_openai(&other.to_ascii_lowercase()),
    })
}

/// The fault of an answer whose end is [`End::Barred`].
pub(super) fn barred() -> UpstreamFault {
    UpstreamFault::provider_error(
        "the provider does not serve the gateway's account",
        "the account is limited or disabled for what was asked of the model (PUP_LIMITED_DISABLED)",
        Retry::AnotherTarget,
    )
}

/// What went wrong with an answer whose end is [`End::Broken`].
pub(super) const BROKEN: &str = "the model wrote what cannot be read";
