//! Moonshot's Kimi (Moonshot, Chat Completions; Migrating from OpenAI). Its models differ in what they take of `temperature` and
//! `tool_choice`, and it has the last word.

use super::effort::{OFF, ON};
use super::words::{NO_BIAS, NO_METADATA, NO_MODERATION, NO_SEED, NO_STORE, NO_TIERS, NO_USER};
use super::words::{NO_CACHE_KEY, NO_VERBOSITY, NOT_SERIAL, OLD_TOOLS, SILENT, TEXT_ONLY};
use crate::fields::Verdict::{self, Passed, Translated};
use crate::fields::{Declared, Drops, Unknown, nothing, refused};
use crate::openai::history::{self, THINKING_BLOCKS, Turn};
use crate::openai::shape::{Call, Field, Said, Shape};
use crate::request::ReadError;

pub(super) static SHAPE: Shape = Shape {
    declared: Declared {
        vendor: "Moonshot",
        fields: FIELDS,
        unknown: Unknown::Passed,
        drops: &[NO_THOUGHT, ALWAYS_THINKS, THINKING_BLOCKS],
        refusals: &[("temperature", TEMPERATURE)],
    },
    call: Some(Call {
        say,
        turn,
        usage_comes_by_itself: false,
    }),
    reply: None,
};

const NO_THOUGHT: (&str, &str) = ("reasoning_effort", "the model does not think");
const ALWAYS_THINKS: (&str, &str) = (
    "reasoning_effort",
    "the model always thinks: its lowest effort stands in place of `none`",
);
const TEMPERATURE: &str = "its temperatures lie between 0 and 1";

static FIELDS: &[(&str, Verdict)] = &[
    ("audio", SILENT),
    ("frequency_penalty", Passed),
    ("function_call", OLD_TOOLS),
    ("functions", OLD_TOOLS),
    ("logit_bias", NO_BIAS),
    ("logprobs", Passed),
    ("max_completion_tokens", Passed),
    ("max_tokens", Passed),
    ("messages", Translated),
    ("metadata", NO_METADATA),
    ("modalities", TEXT_ONLY),
    ("model", Passed),
    ("moderation", NO_MODERATION),
    ("n", Passed),
    ("parallel_tool_calls", NOT_SERIAL),
    ("prediction", Passed),
    ("presence_penalty", Passed),
    ("prompt_cache_key", Passed),
    ("prompt_cache_options", NO_CACHE_KEY),
    ("prompt_cache_retention", NO_CACHE_KEY),
    ("reasoning_effort", Translated),
    ("response_format", Passed),
    ("safety_identifier", Passed),
    ("seed", NO_SEED),
    ("service_tier", NO_TIERS),
    ("stop", Passed),
    ("store", NO_STORE),
    ("stream", Passed),
    ("stream_options", Passed),
    ("temperature", Translated),
    ("tool_choice", Passed),
    ("tools", Passed),
    ("top_logprobs", Passed),
    ("top_p", Passed),
    ("user", NO_USER),
    ("verbosity", NO_VERBOSITY),
    (
        "web_search_options",
        refused(nothing, "offer its own `$web_search` tool in `tools`"),
    ),
];

fn say(field: &Field<'_>, drops: &mut Drops) -> Result<Said, ReadError> {
    match field.name {
        "temperature" if field.number()? > 1.0 => Err(field.refusal(TEMPERATURE)),
        "reasoning_effort" => effort(field, drops),
        _ => Ok(Said::AsItCame),
    }
}

/// K3 has efforts of its own, K2 thinks or does not, and the first generation never does. A client's own `thinking` wins.
fn effort(field: &Field<'_>, drops: &mut Drops) -> Result<Said, ReadError> {
    let effort = field.text()?;
    if is_first_generation(field.model) {
        if effort != "none" {
            drops.add(NO_THOUGHT.0, NO_THOUGHT.1);
        }
        return Ok(Said::Nothing);
    }
    if field.model.starts_with("kimi-k3") {
        return Ok(match &*effort {
            "none" => {
                drops.add(ALWAYS_THINKS.0, ALWAYS_THINKS.1);
                Said::Value("\"low\"".into())
            }
            "minimal" => Said::Value("\"low\"".into()),
            "medium" => Said::Value("\"high\"".into()),
            "xhigh" => Said::Value("\"max\"".into()),
            _ => Said::AsItCame,
        });
    }
    Ok(match (&*effort, field.is_beside("thinking")) {
        (_, true) => Said::Nothing,
        ("none", false) => Said::Members(OFF.into()),
        (_, false) => Said::Members(ON.into()),
    })
}

/// Reasoning goes back as it came: models that think want it with their calls.
fn turn(turn: &mut Turn<'_, '_>) -> Result<(), ReadError> {
    history::developer_is_system(turn);
    history::without_thinking_blocks(turn);
    if !is_first_generation(turn.model) {
        history::calls_have_reasoning(turn);
    }
    Ok(())
}

fn is_first_generation(model: &str) -> bool {
    model.starts_with("moonshot-v1")
}
