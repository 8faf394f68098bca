//! Why a model stopped (Gemini API, FinishReason).

use crate::answer::Finish;

/// Why an answer ended, or that there is none.
pub(super) enum End {
    /// It ended.
    Finished(Finish),
    /// The model wrote what its own server could not read: nobody's answer.
    Broken,
}

/// What a `finishReason` comes to. `calls`: the answer has calls of tools.
pub(super) fn end(reason: &str, calls: bool) -> End {
    End::Finished(match reason {
        "STOP" if calls => Finish::ToolCalls,
        "STOP" => Finish::Stop,
        "MAX_TOKENS" => Finish::Length,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "MODEL_ARMOR" => Finish::ContentFilter,
        "MALFORMED_FUNCTION_CALL"
        | "UNEXPECTED_TOOL_CALL"
        | "TOO_MANY_TOOL_CALLS"
        | "MALFORMED_RESPONSE"
        | "MISSING_THOUGHT_SIGNATURE" => return End::Broken,
        other => Finish::of_openai(&other.to_ascii_lowercase()),
    })
}

/// What went wrong with an answer whose end is [`End::Broken`].
pub(super) const BROKEN: &str = "the model wrote what cannot be read";
