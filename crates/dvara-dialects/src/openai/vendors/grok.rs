//! xAI's Grok (xAI, REST API reference, Chat completions). What its reasoning models refuse (`stop`, penalties), its other models
//! take: it judges that itself.

use super::words::{NO_BIAS, NO_CACHE_KEY, NO_METADATA, NO_MODERATION, NO_PREDICTION, NO_STORE};
use super::words::{NO_VERBOSITY, OLD_TOOLS, SILENT, TEXT_ONLY};
use crate::fields::Verdict::{self, Passed, Translated};
use crate::fields::{Declared, Drops, Unknown, dropped, nothing, refused};
use crate::openai::history::{self, THINKING_BLOCKS, Turn};
use crate::openai::shape::{Call, Ending, Field, Reply, Said, Shape};
use crate::request::ReadError;

pub(super) static SHAPE: Shape = Shape {
    declared: Declared {
        vendor: "xAI",
        fields: FIELDS,
        unknown: Unknown::Passed,
        drops: &[NAME, THINKING_BLOCKS],
        refusals: &[],
    },
    call: Some(Call {
        say,
        turn,
        usage_comes_by_itself: false,
    }),
    reply: Some(Reply {
        endings: &[("end_turn", Ending::Reads("stop"))],
        reasoning: None,
        chunks: false,
    }),
};

const NAME: (&str, &str) = ("messages.name", "only users have names there");

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
    ("parallel_tool_calls", Passed),
    ("prediction", NO_PREDICTION),
    ("presence_penalty", Passed),
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
    ("service_tier", Passed),
    ("stop", Passed),
    ("store", NO_STORE),
    ("stream", Passed),
    ("stream_options", Passed),
    ("temperature", Passed),
    ("tool_choice", Passed),
    ("tools", Passed),
    ("top_logprobs", Passed),
    ("top_p", Passed),
    ("user", Passed),
    ("verbosity", NO_VERBOSITY),
    (
        "web_search_options",
        refused(nothing, "it searches the web in its Responses API only"),
    ),
];

fn say(_field: &Field<'_>, _drops: &mut Drops) -> Result<Said, ReadError> {
    Ok(Said::AsItCame)
}

fn turn(turn: &mut Turn<'_, '_>) -> Result<(), ReadError> {
    history::without_thinking_blocks(turn);
    if turn.role != "user" {
        for position in 0..turn.members.len() {
            if turn.members[position].key == "name" {
                turn.drop(position, NAME.0, NAME.1);
            }
        }
    }
    Ok(())
}
