//! Alibaba's Qwen, through the OpenAI-compatible mode of DashScope (Model Studio, OpenAI compatible - Chat).

use super::words::{BOUND, NO_BIAS, NO_CACHE_KEY, NO_METADATA, NO_MODERATION, NO_PREDICTION};
use super::words::{NO_STORE, NO_TIERS, NO_USER, NO_VERBOSITY, OLD_TOOLS};
use crate::fields::Verdict::{self, Passed, Renamed, Translated};
use crate::fields::{Declared, Drops, Unknown, nothing, refused, zero};
use crate::openai::history::{self, THINKING_BLOCKS, Turn};
use crate::openai::shape::{Call, Field, Said, Shape};
use crate::request::ReadError;

pub(super) static SHAPE: Shape = Shape {
    declared: Declared {
        vendor: "Qwen",
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
    reply: None,
};

static FIELDS: &[(&str, Verdict)] = &[
    ("audio", Passed),
    (
        "frequency_penalty",
        refused(
            zero,
            "its penalties are `presence_penalty` and `repetition_penalty`",
        ),
    ),
    ("function_call", OLD_TOOLS),
    ("functions", OLD_TOOLS),
    ("logit_bias", NO_BIAS),
    ("logprobs", Passed),
    ("max_completion_tokens", Renamed("max_tokens")),
    ("max_tokens", Passed),
    ("messages", Translated),
    ("metadata", NO_METADATA),
    ("modalities", Passed),
    ("model", Passed),
    ("moderation", NO_MODERATION),
    ("n", Passed),
    ("parallel_tool_calls", Passed),
    ("prediction", NO_PREDICTION),
    ("presence_penalty", Passed),
    ("prompt_cache_key", NO_CACHE_KEY),
    ("prompt_cache_options", NO_CACHE_KEY),
    ("prompt_cache_retention", NO_CACHE_KEY),
    ("reasoning_effort", Translated),
    ("response_format", Passed),
    ("safety_identifier", NO_USER),
    ("seed", Passed),
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
        refused(nothing, "ask for it with its own `enable_search`"),
    ),
];

/// Qwen has a switch and a budget in tokens (Model Studio, Deep thinking); without a budget a model thinks as long as it can. A
/// client's own words for it win.
fn say(field: &Field<'_>, _drops: &mut Drops) -> Result<Said, ReadError> {
    if field.name != "reasoning_effort" {
        return Ok(Said::AsItCame);
    }
    let effort = field.text()?;
    if field.is_beside("enable_thinking") || field.is_beside("thinking_budget") {
        return Ok(Said::Nothing);
    }
    let budget = match &*effort {
        "none" => return Ok(Said::Members("\"enable_thinking\":false".into())),
        "minimal" => 1_024,
        "low" => 4_096,
        "medium" => 16_384,
        _ => return Ok(Said::Members("\"enable_thinking\":true".into())),
    };
    let members = format!("\"enable_thinking\":true,\"thinking_budget\":{budget}");
    Ok(Said::Members(members.into()))
}

fn turn(turn: &mut Turn<'_, '_>) -> Result<(), ReadError> {
    history::developer_is_system(turn);
    history::without_thinking_blocks(turn);
    Ok(())
}
