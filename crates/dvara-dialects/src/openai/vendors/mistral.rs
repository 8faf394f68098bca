//! Mistral (Mistral, Chat Completion). It refuses what it does not know, in calls, messages and tools ("Extra inputs are not
//! permitted"); its ids of calls have nine letters and digits; its models that reason write contents as lists.

mod content;
mod history;
mod ids;
mod tools;

use super::words::{BOUND, NO_BIAS, NO_CACHE_KEY, NO_MODERATION, NO_STORE, NO_USER, NO_VERBOSITY};
use super::words::{OLD_TOOLS, SILENT, TEXT_ONLY};
use crate::fields::Verdict::{self, Passed, Renamed, Translated};
use crate::fields::{Declared, Drops, Unknown, nothing, refused};
use crate::openai::encode::{TENANT_ID, WORKSPACE_ID};
use crate::openai::history::THINKING_BLOCKS;
use crate::openai::shape::{Call, Ending, Field, Reply, Said, Shape};
use crate::request::ReadError;

pub(super) static SHAPE: Shape = Shape {
    declared: Declared {
        vendor: "Mistral",
        fields: FIELDS,
        unknown: Unknown::Dropped,
        drops: &[
            BOUND,
            RANDOM_SEED,
            TENANT_ID,
            WORKSPACE_ID,
            history::NAME,
            history::REASONING,
            history::REFUSAL,
            THINKING_BLOCKS,
            TIER,
        ],
        refusals: &[
            ("messages.function_call", history::OLD_CALL),
            ("messages.role", history::OLD_CALL),
            ("tools", tools::FUNCTIONS_ONLY),
        ],
    },
    call: Some(Call {
        say,
        turn: history::turn,
        usage_comes_by_itself: true,
    }),
    reply: Some(Reply {
        endings: &[
            ("model_length", Ending::Reads("length")),
            ("error", Ending::Failed),
        ],
        reasoning: None,
        chunks: true,
    }),
};

const RANDOM_SEED: (&str, &str) = ("random_seed", "`seed` says it, too");
const TIER: (&str, &str) = ("service_tier", "Mistral has no such tier");

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
    ("metadata", Passed),
    ("modalities", TEXT_ONLY),
    ("model", Passed),
    ("moderation", NO_MODERATION),
    ("n", Passed),
    ("parallel_tool_calls", Passed),
    ("prediction", Passed),
    ("presence_penalty", Passed),
    ("prompt_cache_key", Passed),
    ("prompt_cache_options", NO_CACHE_KEY),
    ("prompt_cache_retention", NO_CACHE_KEY),
    ("reasoning_effort", Passed),
    ("response_format", Passed),
    ("safety_identifier", NO_USER),
    ("seed", Renamed("random_seed")),
    ("service_tier", Translated),
    ("stop", Passed),
    ("store", NO_STORE),
    ("stream", Passed),
    ("stream_options", Translated),
    ("temperature", Passed),
    ("tool_choice", Passed),
    ("tools", Translated),
    ("top_logprobs", Passed),
    ("top_p", Passed),
    ("user", NO_USER),
    ("verbosity", NO_VERBOSITY),
    (
        "web_search_options",
        refused(nothing, "its chat completions do not search the web"),
    ),
    // Mistral's own.
    ("document_image_limit", Passed),
    ("document_page_limit", Passed),
    ("guardrails", Passed),
    ("min_tokens", Passed),
    ("prompt_logprobs", Passed),
    ("prompt_mode", Passed),
    ("random_seed", Passed),
    ("repetition_penalty", Passed),
    ("safe_prompt", Passed),
    ("top_k", Passed),
    ("top_prompt_logprobs", Passed),
];

fn say(field: &Field<'_>, drops: &mut Drops) -> Result<Said, ReadError> {
    match field.name {
        "service_tier" => Ok(match &*field.text()? {
            "auto" | "standard_only" => Said::AsItCame,
            "priority" => Said::Value("\"auto\"".into()),
            "default" => Said::Value("\"standard_only\"".into()),
            _ => {
                drops.add(TIER.0, TIER.1);
                Said::Nothing
            }
        }),
        // The last event of a stream always has the usage.
        "stream_options" => Ok(Said::Nothing),
        "tools" => tools::say(field, drops),
        _ => Ok(Said::AsItCame),
    }
}
