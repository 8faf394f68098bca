//! What becomes of every field of a call: one table for the fields that OpenAI's dialect has, and Google's own.

use std::borrow::Cow;

use dvara_types::ProviderKind;
use serde_json::value::RawValue;

use super::generation::Generation;
use super::{labels, media, parts, thinking, tools};
use crate::fields::Verdict::{self, Translated};
use crate::fields::{
    Declared, Drops, Unknown, dropped, empty, medium, nothing, off, one, refused, text_only, zero,
};
use crate::json::{self, Member};
use crate::openai::{TENANT_ID, WORKSPACE_ID};
use crate::request::{ChatRequest, Conversation, Field, ReadError};
use crate::target::Target;

/// What becomes of a call at Google.
pub(crate) static DECLARED: Declared = Declared {
    vendor: "Google",
    fields: TABLE,
    unknown: Unknown::Dropped,
    drops: &[
        ("labels", NO_LABELS),
        ("metadata", NO_METADATA),
        ("metadata", LABELS_SAY_IT),
        ("metadata", labels::NO_SUCH_LABEL),
        TENANT_ID,
        WORKSPACE_ID,
        ("messages", parts::NO_MEMBER_OF_A_MESSAGE),
        ("messages.content", parts::NO_MEMBER_OF_A_PART),
        ("messages.content.file.filename", media::NO_NAMES_OF_FILES),
        ("messages.image_url.detail", media::NO_DETAIL),
        ("messages.name", parts::NO_NAMES),
        ("messages.reasoning_content", parts::NO_REASONING),
        ("messages.thinking_blocks", parts::NOT_ITS_THOUGHTS),
        ("modelArmorConfig", NO_MODEL_ARMOR),
        ("reasoning_effort", thinking::ALWAYS_THINKS),
        ("reasoning_effort", thinking::NEVER_THINKS),
        ("reasoning_effort", thinking::SAID_ALREADY),
        ("response_format.json_schema.description", NO_DESCRIPTION),
        ("service_tier", OTHER_TIERS),
        ("service_tier", TIER_SAYS_IT),
        ("store", NO_STORE),
        ("temperature", IGNORES_SAMPLING),
        ("tool_choice", tools::NO_TOOLS),
        ("tool_choice", tools::CONFIG_SAYS_IT),
        ("tools.function", tools::NO_MEMBER_OF_A_TOOL),
        ("tools.function.strict", tools::NOT_STRICT),
        ("top_k", IGNORES_SAMPLING),
        ("top_p", IGNORES_SAMPLING),
    ],
    refusals: &[
        ("generationConfig.candidateCount", ONE_CANDIDATE),
        ("generationConfig.logprobs", NO_PROBABILITIES),
        ("generationConfig.responseLogprobs", NO_PROBABILITIES),
        ("messages", parts::NO_CONTENTS),
        ("messages.content", media::NO_SUCH_PART),
        ("messages.content", parts::SYSTEM_IS_TEXT),
        ("messages.content.file.file_id", media::NO_UPLOADS),
        ("messages.content.image_url", media::NO_ADDRESSES),
        ("messages.tool_calls", parts::CALLS_ARE_OF_FUNCTIONS),
        ("n", ONE_ANSWER),
        ("tool_choice", tools::NO_SUCH_CHOICE),
        ("tools", tools::NO_SUCH_TOOL),
    ],
};

const NO_CACHE_KEY: &str = "it keeps its cache by itself, or under `cachedContent`";
const NO_LABELS: &str = "only Vertex AI has labels";
const NO_METADATA: &str = "it keeps no metadata; Vertex AI takes it for `labels`";
const LABELS_SAY_IT: &str = "`labels` says it already";
const NO_MODEL_ARMOR: &str = "only Vertex AI has Model Armor";
const OTHER_TIERS: &str = "its tiers are `default`, `flex` and `priority`";
const TIER_SAYS_IT: &str = "`serviceTier` says it already";
const NO_STORE: &str = "Vertex AI stores no completions";
const IGNORES_SAMPLING: &str = "this model passes over it";
const ONE_CANDIDATE: &str = "the gateway asks it for one answer: `candidateCount` must be 1";
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
    ("metadata", Translated),
    (
        "modalities",
        refused(text_only, "the gateway asks it for text"),
    ),
    ("model", Translated),
    ("modelArmorConfig", Translated),
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
    ("serviceTier", Translated),
    ("service_tier", Translated),
    ("stop", Translated),
    ("store", Translated),
    ("stream", Translated),
    ("stream_options", Translated),
    ("temperature", Translated),
    ("toolConfig", Translated),
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

/// The tier that OpenAI's word for it is; `None` for whatever the vendor chooses.
fn tier(word: &str, drops: &mut Drops) -> Option<&'static str> {
    match word {
        "auto" => None,
        "default" => Some("standard"),
        "flex" => Some("flex"),
        "priority" => Some("priority"),
        _ => {
            drops.add("service_tier", OTHER_TIERS);
            None
        }
    }
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
    /// The model passes over temperature, top-p and top-k.
    pub(super) ignores_sampling: bool,
    /// What of `metadata` fits into `labels`.
    pub(super) labels: Vec<(Cow<'c, str>, Cow<'c, str>)>,
    /// What `service_tier` comes to.
    pub(super) tier: Option<&'static str>,
    /// Google's own fields, and `store`, which go on as they came.
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
    let is_vertex = target.kind == ProviderKind::Vertex;
    let mut said = Said::default();
    let (mut metadata, mut tier_word) = (None, None);
    for field in &conversation.rest {
        let value = field.value;
        if json::is_null(value) {
            continue;
        }
        match DECLARED.find(&field.name) {
            Some(("reasoning_effort", _)) => said.effort = Some(text(field)?),
            Some(("top_k", _)) => said.top_k = Some(value),
            Some(("generationConfig", _)) => {
                said.config = own_config(value)?;
            }
            Some(("metadata", _)) => metadata = Some(value),
            Some(("service_tier", _)) => tier_word = Some(text(field)?),
            Some(("labels", _)) if !is_vertex => drops.add("labels", NO_LABELS),
            Some(("modelArmorConfig", _)) if !is_vertex => {
                drops.add("modelArmorConfig", NO_MODEL_ARMOR);
            }
            Some(("store", _)) if is_vertex => {
                if !off(value.get()) {
                    drops.add("store", NO_STORE);
                }
            }
            Some((name, _)) if OWN.contains(&name) => said.own.push(field),
            Some((name, verdict)) => DECLARED.judge(name, value.get(), verdict, drops)?,
            None => drops.add_unknown(&field.name),
        }
    }
    said.has_own_thinking = said.has_own("thinkingConfig");
    said.labels = match metadata {
        Some(_) if said.goes_on("labels") => {
            drops.add("metadata", LABELS_SAY_IT);
            Vec::new()
        }
        Some(value) if is_vertex => labels::fitting(value, drops),
        Some(value) if !empty(value.get()) => {
            drops.add("metadata", NO_METADATA);
            Vec::new()
        }
        _ => Vec::new(),
    };
    said.tier = match tier_word {
        Some(_) if said.goes_on("serviceTier") => {
            drops.add("service_tier", TIER_SAYS_IT);
            None
        }
        Some(word) => tier(&word, drops),
        None => None,
    };
    drop_ignored_sampling(&mut said, conversation, target, drops);
    Ok(said)
}

/// Fields that go on as they came.
const OWN: [&str; 7] = [
    "cachedContent",
    "labels",
    "modelArmorConfig",
    "safetySettings",
    "serviceTier",
    "store",
    "toolConfig",
];

/// The client's own `generationConfig`. It may not ask for what an answer in OpenAI's dialect would lose.
fn own_config(value: &RawValue) -> Result<Vec<Member<'_>>, ReadError> {
    let config = json::members(value).ok_or_else(|| {
        let name = "generationConfig";
        ReadError::validation(name, format!("`{name}` must be an object"))
    })?;
    for member in &config {
        let because = match &*member.key {
            "candidateCount" if !one(member.value.get()) => ONE_CANDIDATE,
            "responseLogprobs" if !off(member.value.get()) => NO_PROBABILITIES,
            "logprobs" if !zero(member.value.get()) => NO_PROBABILITIES,
            _ => continue,
        };
        return Err(refusal(format!("generationConfig.{}", member.key), because));
    }
    Ok(config)
}

/// Says which sampling parameters a model passes over; they are not sent.
fn drop_ignored_sampling(
    said: &mut Said<'_>,
    conversation: &Conversation<'_>,
    target: &Target<'_>,
    drops: &mut Drops,
) {
    if !Generation::of(target.model).ignores_sampling() {
        return;
    }
    said.ignores_sampling = true;
    let sampling = &conversation.sampling;
    for (name, is_said) in [
        ("temperature", sampling.temperature.is_some()),
        ("top_p", sampling.top_p.is_some()),
        ("top_k", said.top_k.is_some()),
    ] {
        if is_said {
            drops.add(name, IGNORES_SAMPLING);
        }
    }
}

impl Said<'_> {
    /// Whether a field of Google's own goes on as it came.
    pub(super) fn goes_on(&self, name: &str) -> bool {
        self.own.iter().any(|field| field.name == name)
    }

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
