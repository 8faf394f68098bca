//! What becomes of every field of a call: one table for the fields that OpenAI's dialect has and for Cohere's own.
//!
//! Cohere's API refuses a field that it does not know with a 422, anywhere in a call. So a field is in the table, or it is
//! left out and the caller is told.

mod read;

use crate::fields::Verdict::{self, Passed, Renamed, Translated};
use crate::fields::{
    Declared, Unknown, dropped, empty, medium, nothing, off, one, refused, text_only, zero,
};
use crate::request::ReadError;

pub(super) use read::{Said, read};

/// What becomes of a call at Cohere.
pub(crate) static DECLARED: Declared = Declared {
    vendor: "Cohere",
    fields: TABLE,
    unknown: Unknown::Dropped,
    drops: DROPS,
    refusals: REFUSALS,
};

const NO_CACHE_KEYS: &str = "its cache takes no keys and no options";
const NO_LOGPROBS: &str = "its log probabilities are those of pieces of text, not of tokens";
const NO_USER: &str = "it has no place for the end user";

/// OpenAI's fields, in alphabetical order, then Cohere's own (Cohere API reference, Chat).
static TABLE: &[(&str, Verdict)] = &[
    ("audio", refused(nothing, "it does not speak")),
    ("frequency_penalty", Passed),
    ("function_call", Translated),
    ("functions", Translated),
    ("logit_bias", refused(empty, "it takes no bias")),
    ("logprobs", refused(off, NO_LOGPROBS)),
    ("max_completion_tokens", Renamed("max_tokens")),
    ("max_tokens", Passed),
    ("messages", Translated),
    ("metadata", dropped(empty, "it keeps no metadata")),
    ("modalities", refused(text_only, "it answers in text")),
    ("model", Passed),
    (
        "moderation",
        refused(nothing, "it has no such step; it has `safety_mode`"),
    ),
    ("n", refused(one, "it gives one answer: `n` must be 1")),
    (
        "parallel_tool_calls",
        dropped(on, "it decides itself how many tools it calls at once"),
    ),
    ("prediction", dropped(nothing, "it takes no prediction")),
    ("presence_penalty", Passed),
    ("prompt_cache_key", dropped(nothing, NO_CACHE_KEYS)),
    ("prompt_cache_options", dropped(nothing, NO_CACHE_KEYS)),
    ("prompt_cache_retention", dropped(nothing, NO_CACHE_KEYS)),
    ("reasoning_effort", Translated),
    ("response_format", Translated),
    ("safety_identifier", dropped(nothing, NO_USER)),
    ("seed", Passed),
    (
        "service_tier",
        dropped(usual_tier, "it has no tiers; it has `priority`"),
    ),
    ("stop", Renamed("stop_sequences")),
    ("store", dropped(off, "it stores no completions")),
    ("stream", Passed),
    ("stream_options", Translated),
    ("temperature", Passed),
    ("tool_choice", Translated),
    ("tools", Translated),
    ("top_logprobs", refused(zero, NO_LOGPROBS)),
    ("top_p", Renamed("p")),
    ("user", dropped(nothing, NO_USER)),
    ("verbosity", dropped(medium, "it has no verbosity")),
    (
        "web_search_options",
        refused(
            nothing,
            "it does not search the web; offer a tool, or give `documents`",
        ),
    ),
    // Not OpenAI's, and sent by many clients.
    ("top_k", Renamed("k")),
    // Cohere's own.
    ("citation_options", Passed),
    ("documents", Passed),
    ("k", Passed),
    ("p", Passed),
    ("priority", Passed),
    ("safety_mode", Passed),
    ("stop_sequences", Passed),
    ("strict_tools", Passed),
    ("thinking", Passed),
];

pub(super) const MEMBER_OF_A_MESSAGE: (&str, &str) = (
    "messages",
    "a member of a message has no place in Cohere's API",
);
pub(super) const MEMBER_OF_A_PART: (&str, &str) = (
    "messages.content",
    "a member of a part has no place in Cohere's API",
);
pub(super) const DETAIL: (&str, &str) = (
    "messages.image_url.detail",
    "Cohere knows `low`, `high` and `auto`",
);
pub(super) const NAME: (&str, &str) = ("messages.name", "Cohere's messages have no names");
pub(super) const REASONING: (&str, &str) = (
    "messages.reasoning_content",
    "reasoning goes back to Cohere as `thinking_blocks`, or as the plan of a call",
);
pub(super) const FOREIGN_THOUGHT: (&str, &str) = (
    "messages.thinking_blocks",
    "another vendor's blocks mean nothing to Cohere",
);
pub(super) const EFFORT: (&str, &str) = ("reasoning_effort", "`thinking` says it already");
pub(super) const MEMBER_OF_A_FORMAT: (&str, &str) = (
    "response_format",
    "a member of it has no place in Cohere's API",
);
pub(super) const FORMAT_BESIDE_TOOLS: (&str, &str) =
    ("response_format", "it has no format beside tools");
pub(super) const DESCRIPTION_OF_A_FORMAT: (&str, &str) = (
    "response_format.json_schema.description",
    "Cohere's formats have no description",
);
pub(super) const CHOICE_WITHOUT_TOOLS: (&str, &str) =
    ("tool_choice", "there are no tools to choose from");
pub(super) const MEMBER_OF_A_TOOL: (&str, &str) =
    ("tools", "a member of a tool has no place in Cohere's API");
pub(super) const SOME_STRICT_TOOLS: (&str, &str) = (
    "tools.function.strict",
    "Cohere's `strict_tools` is for all tools or for none",
);
pub(super) const NUCLEUS: (&str, &str) = (
    "top_p",
    "Cohere's `p` lies between 0.01 and 0.99: the nearest is sent",
);

/// What is left out within fields that are said.
static DROPS: &[(&str, &str)] = &[
    MEMBER_OF_A_MESSAGE,
    MEMBER_OF_A_PART,
    DETAIL,
    NAME,
    REASONING,
    FOREIGN_THOUGHT,
    EFFORT,
    MEMBER_OF_A_FORMAT,
    FORMAT_BESIDE_TOOLS,
    DESCRIPTION_OF_A_FORMAT,
    CHOICE_WITHOUT_TOOLS,
    MEMBER_OF_A_TOOL,
    SOME_STRICT_TOOLS,
    NUCLEUS,
];

pub(super) const PENALTY: &str = "its penalties lie between 0 and 1";
pub(super) const NOTHING_SAID: &str = "it needs a message that has some content";
pub(super) const AUDIO: &str = "it does not listen to audio";
pub(super) const FILE: &str =
    "it reads no files; give their text in a message, or in its own `documents`";
pub(super) const OTHER_PART: &str = "its messages hold texts and images";
pub(super) const TEXT_ONLY: &str = "only the user's messages hold images";
pub(super) const TOOL_RESULT: &str = "its tool results hold texts and documents";
pub(super) const OTHER_CALL: &str = "its calls are calls of functions";
pub(super) const OTHER_TOOL: &str = "its tools are functions";
pub(super) const OTHER_CHOICE: &str = "it knows `auto`, `none`, `required` and one named function";

/// What is refused within fields that are said.
static REFUSALS: &[(&str, &str)] = &[
    ("frequency_penalty", PENALTY),
    ("messages", NOTHING_SAID),
    ("messages.content", AUDIO),
    ("messages.content", FILE),
    ("messages.content", OTHER_PART),
    ("messages.content", TEXT_ONLY),
    ("messages.content", TOOL_RESULT),
    ("messages.tool_calls", OTHER_CALL),
    ("presence_penalty", PENALTY),
    ("tool_choice", OTHER_CHOICE),
    ("tools", OTHER_TOOL),
];

/// `true` asks for what is so anyway.
fn on(json: &str) -> bool {
    matches!(json, "null" | "true")
}

/// Nor does the tier that everybody has ask for anything.
fn usual_tier(json: &str) -> bool {
    matches!(json, "null" | "\"auto\"" | "\"default\"")
}

/// The error of what Cohere's API can't say.
pub(super) fn refusal(param: impl Into<String>, because: &str) -> ReadError {
    DECLARED.refusal(param, because)
}

#[cfg(test)]
mod tests;
