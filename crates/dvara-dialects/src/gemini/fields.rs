//! What becomes of every field of a call: one table for the fields that OpenAI's dialect has, and Google's own.

use std::borrow::Cow;

use dvara_types::ProviderKind;
use serde_json::value::RawValue;

use super::{parts, thinking, tools};
use crate::fields::Verdict::{self, Translated};
use crate::fields::{
    Declared, Drops, Unknown, dropped, empty, medium, nothing, off, one, refused, text_only, zero,
};
use crate::json::{self, Member};
use crate::request::{ChatRequest, Conversation, Field, ReadError};
use crate::target::Target;

/// What becomes of a call at Google.
pub(crate) static DECLARED: Declared = Declared {
    vendor: "Google",
    fields: TABLE,
    unknown: Unknown::Dropped,
    drops: &[
        ("labels", NO_LABELS),
        ("messages", parts::NO_MEMBER_OF_A_MESSAGE),
        ("messages.content", parts::NO_MEMBER_OF_A_PART),
        ("messages.content.file.filename", parts::NO_NAMES_OF_FILES),
        ("messages.image_url.detail", parts::NO_DETAIL),
        ("messages.name", parts::NO_NAMES),
        ("messages.reasoning_content", parts::NO_REASONING),
        ("messages.thinking_blocks", parts::NOT_ITS_THOUGHTS),
        ("reasoning_effort", thinking::ALWAYS_THINKS),
        ("reasoning_effort", thinking::NEVER_THINKS),
        ("reasoning_effort", thinking::SAID_ALREADY),
        ("response_format.json_schema.description", NO_DESCRIPTION),
        ("tool_choice", tools::NO_TOOLS),
        ("tools.function", tools::NO_MEMBER_OF_A_TOOL),
        ("tools.function.strict", tools::NOT_STRICT),
    ],
    refusals: &[
        ("messages", parts::NO_CONTENTS),
        ("messages.content", parts::NO_SUCH_PART),
        ("messages.content", parts::SYSTEM_IS_TEXT),
        ("messages.content.file.file_id", parts::NO_UPLOADS),
        ("messages.content.image_url", parts::NO_ADDRESSES),
        ("messages.tool_calls", parts::CALLS_ARE_OF_FUNCTIONS),
        ("n", ONE_ANSWER),
        ("tool_choice", tools::NO_SUCH_CHOICE),
        ("tools", tools::NO_SUCH_TOOL),
    ],
};

const NO_CACHE_KEY: &str = "it keeps its cache by itself, or under `cachedContent`";
const NO_LABELS: &str = "only Vertex AI has labels";
const NO_DESCRIPTION: &str = "a schema there has no description beside it; put it into the schema";
const ONE_ANSWER: &str = "the gateway asks it for one answer: `n` must be 1";
const NO_PROBABILITIES: &str = "its log probabilities have another form";
const NO_USERS: &str = "it keeps no end users";

static TABLE: &[(&str, Verdict)] = &[
    ("audio", refused(nothing, "the gateway asks it for text")),
    ("cachedContent", Translated),
    ("frequency_penalty", Translated),
    ("function_call", Translated),
    ("functions", Translated),
    ("generationConfig", Translated),
    ("labels", Translated),
    ("logit_bias", refused(empty, "it takes no bias")),
    ("logprobs", refused(off, NO_PROBABILITIES)),
    ("max_completion_tokens", Translated),
    ("max_tokens", Translated),
    ("messages", Translated),
    ("metadata", dropped(empty, "it keeps no metadata")),
    (
        "modalities",
        refused(text_only, "the gateway asks it for text"),
    ),
    ("model", Translated),
    ("moderation", refused(nothing, "it has no such step")),
    ("n", Translated),
    (
        "parallel_tool_calls",
        dropped(not_false, "it decides itself how many tools it calls"),
    ),
    ("prediction", dropped(nothing, "it takes no prediction")),
    ("presence_penalty", Translated),
    ("prompt_cache_key", dropped(nothing, NO_CACHE_KEY)),
    ("prompt_cache_options", dropped(nothing, NO_CACHE_KEY)),
    ("prompt_cache_retention", dropped(nothing, NO_CACHE_KEY)),
    ("reasoning_effort", Translated),
    ("response_format", Translated),
    ("safetySettings", Translated),
    ("safety_identifier", dropped(nothing, NO_USERS)),
    ("seed", Translated),
    (
        "service_tier",
        dropped(any_tier, "its tiers are other ones"),
    ),
    ("stop", Translated),
    ("store", dropped(off, "it stores no completions")),
    ("stream", Translated),
    ("stream_options", Translated),
    ("temperature", Translated),
    ("tool_choice", Translated),
    ("tools", Translated),
    ("top_k", Translated),
    ("top_logprobs", refused(zero, NO_PROBABILITIES)),
    ("top_p", Translated),
    ("user", dropped(nothing, NO_USERS)),
    ("verbosity", dropped(medium, "it has no verbosity")),
    (
        "web_search_options",
        refused(
            nothing,
            "offer its own tool, `{\"googleSearch\":{}}`, in `tools`",
        ),
    ),
    // Of the older completions, which some clients still send.
    ("best_of", refused(one, "it gives one answer")),
    ("echo", refused(off, "it does not repeat the prompt")),
    ("suffix", refused(nothing, "it completes no gaps")),
    // Google's own: governance reads messages, and must not be passed by.
    ("contents", refused(nothing, "put it into `messages`")),
    (
        "systemInstruction",
        refused(nothing, "put it into a message with the role `system`"),
    ),
];

/// What forbids nothing.
fn not_false(json: &str) -> bool {
    json != "false"
}

/// Whatever tier the vendor chooses.
fn any_tier(json: &str) -> bool {
    matches!(json, "null" | "\"auto\"" | "\"default\"")
}

/// What the fields of a call say beside its conversation.
#[derive(Default)]
pub(super) struct Said<'c> {
    /// `reasoning_effort`.
    pub(super) effort: Option<Cow<'c, str>>,
    /// `top_k`.
    pub(super) top_k: Option<&'c RawValue>,
    /// Members of the client's own `generationConfig`.
    pub(super) config: Vec<Member<'c>>,
    /// They say how to think.
    pub(super) has_own_thinking: bool,
    /// Google's own fields, which go on as they came.
    pub(super) own: Vec<&'c Field<'c>>,
}

/// Reads the fields and gives each its verdict.
pub(super) fn read<'c>(
    request: &'c ChatRequest,
    conversation: &'c Conversation<'_>,
    target: &Target<'_>,
    drops: &mut Drops,
) -> Result<Said<'c>, ReadError> {
    if request.choices().is_some_and(|choices| choices != 1) {
        return Err(DECLARED.refusal("n", ONE_ANSWER));
    }
    for (name, is_said) in [
        (
            "parallel_tool_calls",
            conversation.parallel_tools == Some(false),
        ),
        ("user", request.user().is_some()),
    ] {
        if let (true, Some((name, verdict))) = (is_said, DECLARED.find(name)) {
            DECLARED.judge(name, "false", verdict, drops)?;
        }
    }
    if matches!(
        &conversation.output,
        crate::request::OutputFormat::Schema {
            description: Some(_),
            ..
        }
    ) {
        drops.add("response_format.json_schema.description", NO_DESCRIPTION);
    }
    let mut said = Said::default();
    for field in &conversation.rest {
        let value = field.value;
        if json::is_null(value) {
            continue;
        }
        match DECLARED.find(&field.name) {
            Some(("reasoning_effort", _)) => said.effort = Some(text(field)?),
            Some(("top_k", _)) => said.top_k = Some(value),
            Some(("generationConfig", _)) => {
                said.config = json::members(value).ok_or_else(|| {
                    let name = "generationConfig";
                    ReadError::validation(name, format!("`{name}` must be an object"))
                })?;
            }
            Some(("labels", _)) if target.kind != ProviderKind::Vertex => {
                drops.add("labels", NO_LABELS);
            }
            Some(("labels" | "safetySettings" | "cachedContent", _)) => said.own.push(field),
            Some((name, verdict)) => DECLARED.judge(name, value.get(), verdict, drops)?,
            None => drops.add_unknown(&field.name),
        }
    }
    said.has_own_thinking = said.has_own("thinkingConfig");
    Ok(said)
}

impl Said<'_> {
    /// Whether the client's `generationConfig` says it.
    pub(super) fn has_own(&self, name: &str) -> bool {
        self.config.iter().any(|member| member.key == name)
    }
}

fn text<'c>(field: &'c Field<'_>) -> Result<Cow<'c, str>, ReadError> {
    json::string(field.value).ok_or_else(|| {
        let name = &*field.name;
        ReadError::validation(name, format!("`{name}` must be a string"))
    })
}

/// The error of what Google's API can't say.
pub(super) fn refusal(param: impl Into<String>, because: &str) -> ReadError {
    DECLARED.refusal(param, because)
}
