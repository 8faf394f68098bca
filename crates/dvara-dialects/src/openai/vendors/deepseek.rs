//! DeepSeek (DeepSeek, Create chat completion; Thinking mode).

use super::effort;
use super::words::{BOUND, NO_BIAS, NO_CACHE_KEY, NO_METADATA, NO_MODERATION, NO_PREDICTION};
use super::words::{NO_SEED, NO_STORE, NO_TIERS, NO_USER, NO_VERBOSITY, NOT_SERIAL, OLD_TOOLS};
use super::words::{ONE_ANSWER, SILENT, TEXT_ONLY};
use crate::fields::Verdict::{self, Passed, Renamed, Translated};
use crate::fields::{Declared, Drops, Unknown, nothing, refused};
use crate::json;
use crate::openai::history::{self, THINKING_BLOCKS, Turn};
use crate::openai::reply::find;
use crate::openai::shape::{Call, Ending, Field, Reply, Said, Shape};
use crate::request::ReadError;

pub(super) static SHAPE: Shape = Shape {
    declared: Declared {
        vendor: "DeepSeek",
        fields: FIELDS,
        unknown: Unknown::Passed,
        drops: &[BOUND, THINKING_BLOCKS],
        refusals: &[],
    },
    call: Some(Call {
        say,
        turn,
        usage_comes_by_itself: false,
    }),
    reply: Some(Reply {
        endings: &[("insufficient_system_resource", Ending::Failed)],
        reasoning: None,
        chunks: false,
    }),
};

static FIELDS: &[(&str, Verdict)] = &[
    ("audio", SILENT),
    ("frequency_penalty", Passed),
    ("function_call", OLD_TOOLS),
    ("functions", OLD_TOOLS),
    ("logit_bias", NO_BIAS),
    ("logprobs", Passed),
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
    ("presence_penalty", Passed),
    ("prompt_cache_key", NO_CACHE_KEY),
    ("prompt_cache_options", NO_CACHE_KEY),
    ("prompt_cache_retention", NO_CACHE_KEY),
    ("reasoning_effort", Translated),
    ("response_format", Passed),
    ("safety_identifier", NO_USER),
    ("seed", NO_SEED),
    ("service_tier", NO_TIERS),
    ("stop", Passed),
    ("store", NO_STORE),
    ("stream", Passed),
    ("stream_options", Passed),
    ("temperature", Passed),
    ("tool_choice", Passed),
    ("tools", Passed),
    ("top_logprobs", Passed),
    ("top_p", Passed),
    ("user", NO_USER),
    ("verbosity", NO_VERBOSITY),
    (
        "web_search_options",
        refused(nothing, "it does not search the web"),
    ),
];

fn say(field: &Field<'_>, _drops: &mut Drops) -> Result<Said, ReadError> {
    match field.name {
        "reasoning_effort" => effort::beside_thinking(field),
        _ => Ok(Said::AsItCame),
    }
}

/// Reasoning goes back as it came: it must where tools were called, and is passed over elsewhere (DeepSeek, Thinking mode).
fn turn(turn: &mut Turn<'_, '_>) -> Result<(), ReadError> {
    history::developer_is_system(turn);
    history::without_thinking_blocks(turn);
    if thinks(turn) {
        history::calls_have_reasoning(turn);
    }
    Ok(())
}

/// Models think unless they are told not to; the oldest name says it.
fn thinks(turn: &Turn<'_, '_>) -> bool {
    let thinking = find(turn.call, "thinking").and_then(json::members);
    let told = thinking.and_then(|thinking| find(&thinking, "type")?.get().into());
    let effort = find(turn.call, "reasoning_effort").map(|effort| effort.get());
    match told {
        Some(told) => told != "\"disabled\"",
        None => effort != Some("\"none\"") && turn.model != "deepseek-chat",
    }
}
