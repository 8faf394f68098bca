//! Groq (Groq, Create chat completion; OpenAI compatibility). It refuses what it does not know, in calls and in messages
//! ("property … is unsupported"), and calls reasoning `reasoning`.

use serde_json::value::RawValue;

use super::words::{NO_BIAS, NO_METADATA, NO_PREDICTION, NO_PROBABILITIES, NO_STORE};
use super::words::{NO_CACHE_KEY, NO_MODERATION, NO_TOP_PROBABILITIES, NO_VERBOSITY, ONE_ANSWER};
use super::words::{NO_PENALTIES, SILENT, TEXT_ONLY};
use crate::fields::Verdict::{self, Passed, Translated};
use crate::fields::{Declared, Drops, Unknown, dropped, nothing, refused};
use crate::json;
use crate::openai::history::{THINKING_BLOCKS, Turn};
use crate::openai::shape::{Call, Field, Reply, Said, Shape};
use crate::request::ReadError;

pub(super) static SHAPE: Shape = Shape {
    declared: Declared {
        vendor: "Groq",
        fields: FIELDS,
        unknown: Unknown::Dropped,
        drops: &[NAME, REASONING, THINKING_BLOCKS, TIER],
        refusals: &[("tools", FUNCTIONS_ONLY)],
    },
    call: Some(Call {
        say,
        turn,
        usage_comes_by_itself: false,
    }),
    reply: Some(Reply {
        endings: &[],
        reasoning: Some("reasoning"),
        chunks: false,
    }),
};

const NAME: (&str, &str) = ("messages.name", "only tools have names there");
const REASONING: (&str, &str) = (
    "messages.reasoning_content",
    "the model takes no reasoning back",
);
const FUNCTIONS_ONLY: &str = "its tools are functions, and its own";
const TIER: (&str, &str) = ("service_tier", "Groq has no such tier");

static FIELDS: &[(&str, Verdict)] = &[
    ("audio", SILENT),
    ("frequency_penalty", NO_PENALTIES),
    ("function_call", Passed),
    ("functions", Passed),
    ("logit_bias", NO_BIAS),
    ("logprobs", NO_PROBABILITIES),
    ("max_completion_tokens", Passed),
    ("max_tokens", Passed),
    ("messages", Translated),
    ("metadata", NO_METADATA),
    ("modalities", TEXT_ONLY),
    ("model", Passed),
    ("moderation", NO_MODERATION),
    ("n", ONE_ANSWER),
    ("parallel_tool_calls", Passed),
    ("prediction", NO_PREDICTION),
    ("presence_penalty", NO_PENALTIES),
    ("prompt_cache_key", NO_CACHE_KEY),
    ("prompt_cache_options", NO_CACHE_KEY),
    ("prompt_cache_retention", NO_CACHE_KEY),
    ("reasoning_effort", Passed),
    ("response_format", Passed),
    (
        "safety_identifier",
        dropped(nothing, "its word for the end user is `user`"),
    ),
    ("seed", Passed),
    ("service_tier", Translated),
    ("stop", Passed),
    ("store", NO_STORE),
    ("stream", Passed),
    ("stream_options", Passed),
    ("temperature", Passed),
    ("tool_choice", Passed),
    ("tools", Translated),
    ("top_logprobs", NO_TOP_PROBABILITIES),
    ("top_p", Passed),
    ("user", Passed),
    ("verbosity", NO_VERBOSITY),
    (
        "web_search_options",
        refused(nothing, "ask a compound model, with `search_settings`"),
    ),
    // Groq's own.
    ("citation_options", Passed),
    ("compound_custom", Passed),
    ("disable_tool_validation", Passed),
    ("documents", Passed),
    ("exclude_domains", Passed),
    ("include_domains", Passed),
    ("include_reasoning", Passed),
    ("reasoning_format", Passed),
    ("search_settings", Passed),
];

fn say(field: &Field<'_>, drops: &mut Drops) -> Result<Said, ReadError> {
    match field.name {
        "tools" if offers_custom_tools(field.value) => Err(field.refusal(FUNCTIONS_ONLY)),
        "service_tier" => Ok(match &*field.text()? {
            "auto" | "on_demand" | "flex" | "performance" => Said::AsItCame,
            "default" => Said::Value("\"on_demand\"".into()),
            "priority" => Said::Value("\"performance\"".into()),
            _ => {
                drops.add(TIER.0, TIER.1);
                Said::Nothing
            }
        }),
        _ => Ok(Said::AsItCame),
    }
}

fn offers_custom_tools(tools: &RawValue) -> bool {
    let is_custom = |tool: &RawValue| {
        let members = json::members(tool).unwrap_or_default();
        let mut kinds = members.iter().filter(|member| member.key == "type");
        kinds.any(|kind| kind.value.get() == "\"custom\"")
    };
    json::items(tools).is_some_and(|tools| tools.into_iter().any(is_custom))
}

fn turn(turn: &mut Turn<'_, '_>) -> Result<(), ReadError> {
    for position in 0..turn.members.len() {
        match (&*turn.members[position].key, &*turn.role) {
            ("role" | "content", _)
            | ("tool_calls" | "function_call" | "reasoning", "assistant")
            | ("tool_call_id", "tool")
            | ("name", "tool" | "function") => {}
            ("name", _) => turn.drop(position, NAME.0, NAME.1),
            ("thinking_blocks", _) => turn.drop(position, THINKING_BLOCKS.0, THINKING_BLOCKS.1),
            ("reasoning_content", "assistant") => reasoning(turn, position),
            _ => turn.drop_unknown(position),
        }
    }
    Ok(())
}

/// Reasoning goes back under Groq's name for it, to models that reason; the others refuse it.
fn reasoning(turn: &mut Turn<'_, '_>, position: usize) {
    let reasons = ["gpt-oss", "qwen3"];
    if turn.has("reasoning") || !turn.has("reasoning_content") {
        turn.leave_out(position);
    } else if reasons.iter().any(|name| turn.model.contains(name)) {
        turn.rename(position, "\"reasoning\"");
    } else {
        turn.drop(position, REASONING.0, REASONING.1);
    }
}
