//! What becomes of every field of a call: one table for the fields that OpenAI's dialect has, and a rule for all others.

use std::borrow::Cow;

use http::HeaderValue;
use serde_json::value::RawValue;

use crate::fields::Verdict::{self, Translated};
use crate::fields::{
    Declared, Drops, Unknown, dropped, empty, given_once, medium, nothing, off, one, refused, text,
    text_only, zero,
};
use crate::json;
use crate::request::{ChatRequest, Conversation, Field, ReadError};

/// What becomes of a call at Anthropic. What is in no table, Anthropic's own fields among it, goes on as it came: the vendor
/// judges it.
pub(crate) static DECLARED: Declared = Declared {
    vendor: "Anthropic",
    fields: TABLE,
    unknown: Unknown::Passed,
    drops: DROPS,
    refusals: REFUSALS,
};

/// What is left out within fields that are said.
static DROPS: &[(&str, &str)] = &[
    (
        "messages",
        "a member of a message has no place in Anthropic's API",
    ),
    (
        "messages.content",
        "a member of a part has no place in Anthropic's API",
    ),
    (
        "messages.image_url.detail",
        "Anthropic chooses the resolution itself",
    ),
    ("messages.name", "Anthropic's messages have no names"),
    (
        "messages.reasoning_content",
        "only `thinking_blocks` prove to Anthropic that reasoning is its own",
    ),
    ("metadata", "Anthropic keeps no metadata but `user_id`"),
    ("reasoning_effort", "`thinking` says it already"),
    (
        "reasoning_effort",
        "the tool calls of the last turn came without their `thinking_blocks`",
    ),
    (
        "reasoning_effort",
        "this model does not think where it is made to call a tool",
    ),
    (
        "reasoning_effort",
        "this model thinks by itself: the lowest effort is asked for",
    ),
    (
        "response_format",
        "`tool_choice` asks for a tool call, which has no format",
    ),
    (
        "response_format.json_schema.strict",
        "the answer fits its schema by the model's good will",
    ),
    ("service_tier", "Anthropic has no such tier"),
    ("tool_choice", "there are no tools to choose from"),
    ("tools.function.strict", "this model has no strict tools"),
];

/// What is refused within fields that are said.
static REFUSALS: &[(&str, &str)] = &[
    (
        "messages",
        "it needs a message of the user or the assistant that has some content",
    ),
    ("messages.content", "it does not listen to audio"),
    ("messages.content", "its system prompt is text"),
    (
        "messages.content.file.file_data",
        "it reads PDF, text and images",
    ),
    (
        "messages.content.file.file_id",
        "it does not know files uploaded elsewhere; send `file_data`, or its own `document` part",
    ),
    ("messages.tool_calls", "its calls are calls of functions"),
    (
        "stop",
        "each of its stop sequences must hold a visible character",
    ),
    ("temperature", "its temperatures lie between 0 and 1"),
    (
        "tool_choice",
        "it knows `auto`, `none`, `required` and one named function",
    ),
    (
        "tools",
        "it has no tools with free-form input; offer a function",
    ),
];

/// OpenAI's fields, in alphabetical order, and Anthropic's own that must not be passed by.
static TABLE: &[(&str, Verdict)] = &[
    ("audio", refused(nothing, "it does not speak")),
    ("frequency_penalty", refused(zero, "it has no penalties")),
    ("function_call", Translated),
    ("functions", Translated),
    ("logit_bias", refused(empty, "it takes no bias")),
    ("logprobs", refused(off, "it has no log probabilities")),
    ("max_completion_tokens", Translated),
    ("max_tokens", Translated),
    ("messages", Translated),
    ("metadata", Translated),
    ("modalities", refused(text_only, "it answers in text")),
    ("model", Translated),
    ("moderation", refused(nothing, "it has no such step")),
    ("n", refused(one, "it gives one answer: `n` must be 1")),
    ("parallel_tool_calls", Translated),
    ("prediction", dropped(nothing, "it takes no prediction")),
    ("presence_penalty", refused(zero, "it has no penalties")),
    (
        "prompt_cache_key",
        dropped(nothing, "its cache is asked for by `cache_control`"),
    ),
    (
        "prompt_cache_options",
        dropped(nothing, "its cache is asked for by `cache_control`"),
    ),
    (
        "prompt_cache_retention",
        dropped(nothing, "its cache is asked for by `cache_control`"),
    ),
    ("reasoning_effort", Translated),
    ("response_format", Translated),
    ("safety_identifier", Translated),
    ("seed", refused(nothing, "it takes no seed")),
    ("service_tier", Translated),
    ("stop", Translated),
    ("store", dropped(off, "it stores no completions")),
    ("stream", Translated),
    ("stream_options", Translated),
    ("temperature", Translated),
    ("tool_choice", Translated),
    ("tools", Translated),
    ("top_logprobs", refused(zero, "it has no log probabilities")),
    ("top_p", Translated),
    ("user", Translated),
    ("verbosity", dropped(medium, "it has no verbosity")),
    (
        "web_search_options",
        refused(nothing, "offer its own `web_search_…` tool in `tools`"),
    ),
    // Of the older completions, which some clients still send.
    ("best_of", refused(one, "it gives one answer")),
    ("echo", refused(off, "it does not repeat the prompt")),
    ("suffix", refused(nothing, "it completes no gaps")),
    // Anthropic's own: governance reads messages and knows the model, and must not be passed by.
    (
        "fallbacks",
        refused(
            nothing,
            "other models are the business of the gateway's routes",
        ),
    ),
    (
        "system",
        refused(nothing, "put it into a message with the role `system`"),
    ),
];

/// What the fields of a call say beside its conversation.
#[derive(Default)]
pub(super) struct Said<'c> {
    /// Goes on as it came.
    pub(super) passed: Vec<&'c Field<'c>>,
    /// `reasoning_effort`.
    pub(super) effort: Option<Cow<'c, str>>,
    /// Anthropic's own `thinking`; among what goes on, too.
    pub(super) thinking: Option<&'c RawValue>,
    /// Anthropic's own `output_config`.
    pub(super) output_config: Option<&'c RawValue>,
    /// The features in trial that the client asks for.
    pub(super) betas: Option<HeaderValue>,
    /// Who the end user is.
    pub(super) user: Option<Cow<'c, str>>,
    /// Anthropic's name of the `service_tier`.
    pub(super) service_tier: Option<&'static str>,
}

/// Reads the fields and gives each its verdict.
pub(super) fn read<'c>(
    request: &'c ChatRequest,
    conversation: &'c Conversation<'_>,
    drops: &mut Drops,
) -> Result<Said<'c>, ReadError> {
    judge_sampling(request, conversation, drops)?;
    let mut said = Said {
        user: request.user().map(Cow::Borrowed),
        ..Said::default()
    };
    let mut metadata_user = None;
    given_once(&conversation.rest)?;
    for field in &conversation.rest {
        let value = field.value;
        match DECLARED.find(&field.name) {
            Some((_, Translated)) if json::is_null(value) => {}
            Some(("reasoning_effort", _)) => said.effort = Some(text(field)?),
            Some(("safety_identifier", _)) => {
                let identifier = text(field)?;
                said.user.get_or_insert(identifier);
            }
            Some(("service_tier", _)) => said.service_tier = service_tier(&text(field)?, drops),
            Some(("metadata", _)) => metadata_user = user_of(value, drops),
            Some((name, verdict)) => DECLARED.judge(name, value.get(), verdict, drops)?,
            None if field.name == "anthropic_beta" => said.betas = betas(value)?,
            None if field.name == "output_config" => said.output_config = Some(value),
            None if field.name == "stop_sequences" && !conversation.sampling.stop.is_empty() => {
                return Err(ReadError::invalid(
                    "stop_sequences",
                    "`stop_sequences` must not be given beside `stop`",
                ));
            }
            None => {
                if field.name == "thinking" {
                    said.thinking = Some(value);
                }
                said.passed.push(field);
            }
        }
    }
    said.user = said.user.or(metadata_user);
    Ok(said)
}

/// `anthropic_beta`, as Anthropic's models are asked for features in trial where there is no header for it (Anthropic, Beta
/// headers): names of letters, digits, `-` and `.`.
fn betas(value: &RawValue) -> Result<Option<HeaderValue>, ReadError> {
    if json::is_null(value) {
        return Ok(None);
    }
    let names: Option<Vec<Cow<'_, str>>> = json::items(value)
        .map(|items| items.into_iter().map(json::string).collect())
        .unwrap_or_default();
    let of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let names = names.filter(|names| {
        let mut names = names.iter();
        names.all(|name| !name.is_empty() && name.bytes().all(of_name))
    });
    let header = |names: Vec<_>| HeaderValue::from_str(&names.join(",")).ok();
    let refusal = || {
        ReadError::validation(
            "anthropic_beta",
            "`anthropic_beta` must be a list of the names of features",
        )
    };
    match names {
        Some(names) if names.is_empty() => Ok(None),
        Some(names) => header(names).map(Some).ok_or_else(refusal),
        None => Err(refusal()),
    }
}

/// OpenAI's tiers in Anthropic's words (Service tiers): `auto` may use capacity that was bought ahead.
fn service_tier(tier: &str, drops: &mut Drops) -> Option<&'static str> {
    match tier {
        "auto" | "priority" => Some("auto"),
        "default" | "standard_only" => Some("standard_only"),
        _ => {
            drops.add("service_tier", "Anthropic has no such tier");
            None
        }
    }
}

/// The one member of `metadata` that Anthropic's API has a place for.
fn user_of<'c>(metadata: &'c RawValue, drops: &mut Drops) -> Option<Cow<'c, str>> {
    let members = json::members(metadata)?;
    if members.iter().any(|member| member.key != "user_id") {
        drops.add("metadata", "Anthropic keeps no metadata but `user_id`");
    }
    members
        .iter()
        .find(|member| member.key == "user_id")
        .and_then(|member| json::string(member.value))
}

fn judge_sampling(
    request: &ChatRequest,
    conversation: &Conversation<'_>,
    drops: &mut Drops,
) -> Result<(), ReadError> {
    let sampling = &conversation.sampling;
    for (name, number) in [
        ("frequency_penalty", sampling.frequency_penalty),
        ("presence_penalty", sampling.presence_penalty),
        ("seed", sampling.seed),
    ] {
        if let (Some(number), Some((name, verdict))) = (number, DECLARED.find(name)) {
            DECLARED.judge(name, number.as_str(), verdict, drops)?;
        }
    }
    if request.choices().is_some_and(|choices| choices != 1) {
        return Err(refusal("n", "it gives one answer: `n` must be 1"));
    }
    if sampling
        .temperature
        .is_some_and(|number| number.as_f64() > 1.0)
    {
        return Err(refusal(
            "temperature",
            "its temperatures lie between 0 and 1",
        ));
    }
    Ok(())
}

/// The error of what Anthropic's API can't say.
pub(super) fn refusal(param: impl Into<String>, because: &str) -> ReadError {
    DECLARED.refusal(param, because)
}

#[cfg(test)]
mod tests;
