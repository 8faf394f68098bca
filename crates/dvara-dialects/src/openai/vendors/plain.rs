//! OpenAI itself, and servers that are said to be as it is: everything goes on as it came, both ways, and they judge it.

use crate::fields::Verdict::{self, Passed};
use crate::fields::{Declared, Unknown};
use crate::openai::encode::{TENANT_ID, WORKSPACE_ID};
use crate::openai::shape::Shape;

/// OpenAI, or a server behind a base URL of its own.
pub(super) static OPENAI: Shape = relayed("OpenAI");

/// Ollama (Ollama, OpenAI compatibility). It passes over what it does not know.
pub(super) static OLLAMA: Shape = relayed("Ollama");

/// A vendor whose calls and answers are relayed.
pub(super) const fn relayed(vendor: &'static str) -> Shape {
    Shape {
        declared: Declared {
            vendor,
            fields: FIELDS,
            unknown: Unknown::Passed,
            drops: &[TENANT_ID, WORKSPACE_ID],
            refusals: &[],
        },
        call: None,
        reply: None,
    }
}

/// The parameters of OpenAI's document (OpenAI, Create chat completion), deprecated ones included.
pub(super) static FIELDS: &[(&str, Verdict)] = &[
    ("audio", Passed),
    ("frequency_penalty", Passed),
    ("function_call", Passed),
    ("functions", Passed),
    ("logit_bias", Passed),
    ("logprobs", Passed),
    ("max_completion_tokens", Passed),
    ("max_tokens", Passed),
    ("messages", Passed),
    ("metadata", Passed),
    ("modalities", Passed),
    ("model", Passed),
    ("moderation", Passed),
    ("n", Passed),
    ("parallel_tool_calls", Passed),
    ("prediction", Passed),
    ("presence_penalty", Passed),
    ("prompt_cache_key", Passed),
    ("prompt_cache_options", Passed),
    ("prompt_cache_retention", Passed),
    ("reasoning_effort", Passed),
    ("response_format", Passed),
    ("safety_identifier", Passed),
    ("seed", Passed),
    ("service_tier", Passed),
    ("stop", Passed),
    ("store", Passed),
    ("stream", Passed),
    ("stream_options", Passed),
    ("temperature", Passed),
    ("tool_choice", Passed),
    ("tools", Passed),
    ("top_logprobs", Passed),
    ("top_p", Passed),
    ("user", Passed),
    ("verbosity", Passed),
    ("web_search_options", Passed),
];
