//! What becomes of every field of a call: one table for the fields that OpenAI's dialect has and for Converse's own, and a rule for
//! all others.

mod metadata;

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::fields::Verdict::{self, Passed, Translated};
use crate::fields::{
    Declared, Drops, Unknown, dropped, empty, given_once, medium, nothing, off, one, refused, text,
    text_only, zero,
};
use crate::json;
use crate::request::{ChatRequest, Conversation, Field, ReadError};

/// What becomes of a call at Bedrock. What is in no table is the model's own, and goes on as it came, in Converse's place for that
/// (`additionalModelRequestFields`): the model judges it.
pub(crate) static DECLARED: Declared = Declared {
    vendor: "Amazon Bedrock",
    fields: TABLE,
    unknown: Unknown::Passed,
    drops: super::losses::DROPS,
    refusals: super::losses::REFUSALS,
};

const PLACE: &str = "put it into a message with the role `system`";

/// OpenAI's fields, in alphabetical order; Converse's own; and fields that must not be passed by.
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
    (
        "moderation",
        refused(nothing, "it has guardrails instead: `guardrailConfig`"),
    ),
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
    ("safety_identifier", dropped(nothing, NO_USERS)),
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
    ("user", dropped(nothing, NO_USERS)),
    ("verbosity", dropped(medium, "it has no verbosity")),
    (
        "web_search_options",
        refused(nothing, "offer its own `systemTool` in `tools`"),
    ),
    // Of the older completions, which some clients still send.
    ("best_of", refused(one, "it gives one answer")),
    ("echo", refused(off, "it does not repeat the prompt")),
    ("suffix", refused(nothing, "it completes no gaps")),
    // Converse's own.
    ("additionalModelRequestFields", Passed),
    ("additionalModelResponseFieldPaths", Passed),
    ("guardrailConfig", Passed),
    ("outputConfig", Passed),
    ("performanceConfig", Passed),
    ("projectIdentifier", Passed),
    ("promptVariables", Passed),
    ("requestMetadata", Passed),
    ("serviceTier", Passed),
    // What OpenAI's dialect says already.
    (
        "inferenceConfig",
        refused(
            nothing,
            "say it as `max_tokens`, `temperature`, `top_p` and `stop`",
        ),
    ),
    (
        "toolConfig",
        refused(nothing, "say it as `tools` and `tool_choice`"),
    ),
    // Governance reads messages and knows the model, and must not be passed by.
    (
        "fallbacks",
        refused(
            nothing,
            "other models are the business of the gateway's routes",
        ),
    ),
    ("modelId", refused(nothing, "the model is named by `model`")),
    ("prompt", refused(nothing, "put it into a message")),
    ("system", refused(nothing, PLACE)),
];

const NO_USERS: &str = "it knows no end users; `metadata` goes into its invocation logs";

/// Members of `additionalModelRequestFields` that would say to a model what governance does not read, or name another.
const GOVERNED: [&str; 6] = [
    "fallbacks",
    "inputText",
    "messages",
    "model",
    "prompt",
    "system",
];

/// A field of the model's own.
pub(super) struct ModelField<'c> {
    pub(super) name: Cow<'c, str>,
    pub(super) value: &'c RawValue,
}

/// What the fields of a call say beside its conversation.
#[derive(Default)]
pub(super) struct Said<'c> {
    /// Converse's own fields, as they came.
    pub(super) passed: Vec<&'c Field<'c>>,
    /// The model's own fields.
    pub(super) of_model: Vec<ModelField<'c>>,
    /// `reasoning_effort`.
    pub(super) effort: Option<Cow<'c, str>>,
    /// Converse's own `outputConfig`.
    pub(super) output_config: Option<&'c RawValue>,
    /// Bedrock's name of the `service_tier`.
    pub(super) service_tier: Option<&'static str>,
    /// What of `metadata` fits into `requestMetadata`.
    pub(super) metadata: Vec<json::Member<'c>>,
}

impl<'c> Said<'c> {
    /// What the client says in the model's own field of this name.
    pub(super) fn of_model(&self, name: &str) -> Option<&'c RawValue> {
        let mut fields = self.of_model.iter();
        fields
            .find(|field| field.name == name)
            .map(|field| field.value)
    }

    fn passes(&self, name: &str) -> bool {
        self.passed.iter().any(|field| field.name == name)
    }
}

/// Reads the fields and gives each its verdict.
pub(super) fn read<'c>(
    request: &'c ChatRequest,
    conversation: &'c Conversation<'_>,
    drops: &mut Drops,
) -> Result<Said<'c>, ReadError> {
    judge_sampling(request, conversation, drops)?;
    given_once(&conversation.rest)?;
    let mut said = Said::default();
    let (mut tier, mut metadata) = (None, None);
    for field in &conversation.rest {
        let value = field.value;
        match DECLARED.find(&field.name) {
            Some((_, Translated | Passed)) if json::is_null(value) => {}
            Some(("reasoning_effort", _)) => said.effort = Some(text(field)?),
            Some(("service_tier", _)) => tier = Some(text(field)?),
            Some(("metadata", _)) => metadata = Some(value),
            Some(("additionalModelRequestFields", _)) => of_model(&mut said, value)?,
            Some((name @ "outputConfig", _)) => {
                members_of(name, value)?;
                said.output_config = Some(value);
            }
            Some((_, Passed)) => said.passed.push(field),
            Some((name, verdict)) => DECLARED.judge(name, value.get(), verdict, drops)?,
            None => said.of_model.push(ModelField {
                name: Cow::Borrowed(&field.name),
                value,
            }),
        }
    }
    one_place(&said.of_model)?;
    said.service_tier = tier.and_then(|tier| service_tier(&tier, &said, drops));
    said.metadata = match metadata {
        Some(_) if said.passes("requestMetadata") => {
            drops.add("metadata", "`requestMetadata` says it already");
            Vec::new()
        }
        Some(value) => metadata::fitting(value, drops),
        None => Vec::new(),
    };
    Ok(said)
}

/// The members of `additionalModelRequestFields`.
fn of_model<'c>(said: &mut Said<'c>, value: &'c RawValue) -> Result<(), ReadError> {
    let name = "additionalModelRequestFields";
    let members = members_of(name, value)?;
    let is_governed = |member: &json::Member<'_>| GOVERNED.contains(&&*member.key);
    if members.iter().any(is_governed) {
        return Err(refusal(
            name,
            "what a model is told goes through `messages`, and which model it is, through `model`",
        ));
    }
    said.of_model
        .extend(members.into_iter().map(|member| ModelField {
            name: member.key,
            value: member.value,
        }));
    Ok(())
}

fn members_of<'c>(name: &str, value: &'c RawValue) -> Result<Vec<json::Member<'c>>, ReadError> {
    json::members(value)
        .ok_or_else(|| ReadError::validation(name, format!("`{name}` must be an object")))
}

/// A model's own field stands in `additionalModelRequestFields` or beside the others, once.
fn one_place(fields: &[ModelField<'_>]) -> Result<(), ReadError> {
    let mut names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => Err(ReadError::invalid(
            pair[0],
            format!("`{}` must not be given twice", pair[0]),
        )),
    }
}

/// OpenAI's tiers are Bedrock's, but for `auto`, which is none (Bedrock, Service tiers).
fn service_tier(tier: &str, said: &Said<'_>, drops: &mut Drops) -> Option<&'static str> {
    if said.passes("serviceTier") {
        drops.add("service_tier", "`serviceTier` says it already");
        return None;
    }
    match tier {
        "auto" => None,
        "default" => Some("default"),
        "flex" => Some("flex"),
        "priority" => Some("priority"),
        "reserved" => Some("reserved"),
        _ => {
            drops.add("service_tier", "Bedrock has no such tier");
            None
        }
    }
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
    if request.user().is_some() {
        drops.add("user", NO_USERS);
    }
    let temperature = sampling.temperature;
    if temperature.is_some_and(|number| number.as_f64() > 1.0) {
        return Err(refusal(
            "temperature",
            "its temperatures lie between 0 and 1",
        ));
    }
    Ok(())
}

/// The error of what Bedrock's API can't say.
pub(super) fn refusal(param: impl Into<String>, because: &str) -> ReadError {
    DECLARED.refusal(param, because)
}

#[cfg(test)]
mod tests;
