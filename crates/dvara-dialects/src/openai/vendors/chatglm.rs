//! Zhipu's GLM (Z.AI, Chat Completion).

use super::effort;
use super::words::{BOUND, NO_BIAS, NO_CACHE_KEY, NO_METADATA, NO_MODERATION, NO_PENALTIES};
use super::words::{NO_PREDICTION, NO_PROBABILITIES, NO_STORE, NO_TIERS, NO_TOP_PROBABILITIES};
use super::words::{NO_VERBOSITY, NOT_SERIAL, OLD_TOOLS, ONE_ANSWER, SILENT, TEXT_ONLY};
use crate::fields::Verdict::{self, Passed, Renamed, Translated};
use crate::fields::{Declared, Drops, Unknown, dropped, nothing, refused};
use crate::json;
use crate::openai::history::{self, THINKING_BLOCKS, Turn};
use crate::openai::shape::{Call, Ending, Field, Reply, Said, Shape};
use crate::request::ReadError;

pub(super) static SHAPE: Shape = Shape {
    declared: Declared {
        vendor: "ChatGLM",
        fields: FIELDS,
        unknown: Unknown::Passed,
        drops: &[BOUND, THINKING_BLOCKS, USER],
        refusals: &[
            ("stop", ONE_STOP),
            ("temperature", TEMPERATURE),
            ("tool_choice", TOOL_CHOICE),
        ],
    },
    call: Some(Call {
        say,
        turn,
        usage_comes_by_itself: false,
    }),
    reply: Some(Reply {
        endings: &[
            ("sensitive", Ending::Reads("content_filter")),
            ("model_context_window_exceeded", Ending::Reads("length")),
            ("network_error", Ending::Failed),
        ],
        reasoning: None,
        chunks: false,
    }),
};

const USER: (&str, &str) = ("user", "its `user_id` has 6 to 128 characters");
const ONE_STOP: &str = "it takes one stop sequence";
const TEMPERATURE: &str = "its temperatures lie between 0 and 1";
const TOOL_CHOICE: &str = "its models choose themselves whether to call a tool: `auto`, or `none`";

static FIELDS: &[(&str, Verdict)] = &[
    ("audio", SILENT),
    ("frequency_penalty", NO_PENALTIES),
    ("function_call", OLD_TOOLS),
    ("functions", OLD_TOOLS),
    ("logit_bias", NO_BIAS),
    ("logprobs", NO_PROBABILITIES),
    ("max_completion_tokens", Renamed("max_tokens")),
    ("max_tokens", Passed),
    ("messages", Translated),
    ("metadata", NO_METADATA),
    ("modalities", TEXT_ONLY),
    ("model", Passed),
    ("moderation", NO_MODERATION),
    ("n", ONE_ANSWER),
    ("parallel_tool_calls", NOT_SERIAL),
    ("prediction", NO_PREDICTION),
    ("presence_penalty", NO_PENALTIES),
    ("prompt_cache_key", NO_CACHE_KEY),
    ("prompt_cache_options", NO_CACHE_KEY),
    ("prompt_cache_retention", NO_CACHE_KEY),
    ("reasoning_effort", Translated),
    ("response_format", Passed),
    (
        "safety_identifier",
        dropped(nothing, "its word for the end user is `user`"),
    ),
    ("seed", Passed),
    ("service_tier", NO_TIERS),
    ("stop", Translated),
    ("store", NO_STORE),
    ("stream", Passed),
    ("stream_options", Passed),
    ("temperature", Translated),
    ("tool_choice", Translated),
    ("tools", Translated),
    ("top_logprobs", NO_TOP_PROBABILITIES),
    ("top_p", Passed),
    ("user", Translated),
    ("verbosity", NO_VERBOSITY),
    (
        "web_search_options",
        refused(nothing, "offer its own `web_search` tool in `tools`"),
    ),
];

fn say(field: &Field<'_>, drops: &mut Drops) -> Result<Said, ReadError> {
    match field.name {
        "reasoning_effort" => effort::beside_thinking(field),
        "stop" => stop(field),
        "temperature" => temperature(field),
        "tool_choice" => tool_choice(field),
        // The one way to forbid tools.
        "tools" if forbids_tools(field) => Ok(Said::Nothing),
        "user" => user(field, drops),
        _ => Ok(Said::AsItCame),
    }
}

/// A list of one.
fn stop(field: &Field<'_>) -> Result<Said, ReadError> {
    let value = field.value.get();
    if value.starts_with('"') {
        return Ok(Said::Value(format!("[{value}]").into()));
    }
    match json::items(field.value).map(|stops| stops.len()) {
        Some(0) => Ok(Said::Nothing),
        Some(1) => Ok(Said::AsItCame),
        Some(_) => Err(field.refusal(ONE_STOP)),
        None => Err(ReadError::validation(
            "stop",
            "`stop` must be a string or a list of strings",
        )),
    }
}

/// Older models refuse a temperature of 0: they sample, or do not.
fn temperature(field: &Field<'_>) -> Result<Said, ReadError> {
    match field.number()? {
        above if above > 1.0 => Err(field.refusal(TEMPERATURE)),
        0.0 if field.is_beside("do_sample") => Ok(Said::Nothing),
        0.0 => Ok(Said::Members("\"do_sample\":false".into())),
        _ => Ok(Said::AsItCame),
    }
}

fn tool_choice(field: &Field<'_>) -> Result<Said, ReadError> {
    match field.value.get() {
        "\"auto\"" => Ok(Said::AsItCame),
        "\"none\"" => Ok(Said::Nothing),
        _ => Err(field.refusal(TOOL_CHOICE)),
    }
}

fn forbids_tools(field: &Field<'_>) -> bool {
    let mut call = field.call.iter();
    call.any(|other| other.key == "tool_choice" && other.value.get() == "\"none\"")
}

fn user(field: &Field<'_>, drops: &mut Drops) -> Result<Said, ReadError> {
    let length = field.text()?.chars().count();
    if field.is_beside("user_id") {
        return Ok(Said::Nothing);
    }
    if !(6..=128).contains(&length) {
        drops.add(USER.0, USER.1);
        return Ok(Said::Nothing);
    }
    let value = field.value.get();
    Ok(Said::Members(format!("\"user_id\":{value}").into()))
}

fn turn(turn: &mut Turn<'_, '_>) -> Result<(), ReadError> {
    history::developer_is_system(turn);
    history::without_thinking_blocks(turn);
    Ok(())
}
