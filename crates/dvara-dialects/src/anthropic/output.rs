//! `response_format` → the ways in which Anthropic's models keep to a form.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::STRUCTURED_OUTPUT;
use super::generation::Generation;
use super::thinking::Thinking;
use crate::fields::Drops;
use crate::request::{ChatRequest, Conversation, OutputFormat, Tool, ToolChoice};
use crate::target::Dropped;

/// What `json_object` becomes: a line of the system prompt.
pub(crate) const JSON_ONLY: &str = "Respond with one valid JSON object and nothing else: no explanation, no Markdown, no code fence.";

/// How an answer is kept to its form.
pub(crate) enum Form<'c> {
    /// Not at all.
    Free,
    /// By [`JSON_ONLY`].
    Instruction,
    /// By the model's own format.
    Native(Option<&'c RawValue>),
    /// By a tool whose input is the answer.
    Tool {
        schema: Option<&'c RawValue>,
        description: Option<&'c Cow<'c, str>>,
        pull: Pull,
    },
}

/// What makes a model call [`STRUCTURED_OUTPUT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pull {
    /// It must.
    Forced,
    /// It must call that, or one of the client's tools.
    Any,
    /// It is told to, because a model that thinks can't be forced.
    Told,
}

/// What a model is told that can't be forced.
pub(crate) const CALL_IT: &str =
    "Give your final answer by calling the tool `structured_output`, and write no other text.";

/// How the answer to a call is kept to its form (data-plane sheet §15; ADR 5).
pub(crate) fn plan<'c>(
    conversation: &'c Conversation<'c>,
    thinking: &Thinking,
    generation: Generation,
    drops: &mut Drops,
) -> Form<'c> {
    let (schema, description, strict) = match &conversation.output {
        OutputFormat::Text => return Form::Free,
        OutputFormat::Json => return Form::Instruction,
        OutputFormat::Schema {
            schema,
            description,
            strict,
            ..
        } => (*schema, description.as_ref(), *strict == Some(true)),
    };
    let has_tools = !conversation.tools.is_empty();
    // A model that thinks takes no forced call; one that has a format may use tools beside it.
    let prefers_format = thinking.is_on || has_tools;
    if generation.thinks_by_default()
        || (prefers_format && generation.fits_schemas())
        || has_own(conversation)
    {
        return Form::Native(schema);
    }
    let must_call = matches!(
        conversation.tool_choice,
        Some(ToolChoice::Required | ToolChoice::Named(_) | ToolChoice::Opaque(_))
    );
    if has_tools && must_call {
        drops.add(
            "response_format",
            "`tool_choice` asks for a tool call, which has no format",
        );
        return Form::Free;
    }
    if strict {
        drops.add(
            Dropped::STRICT,
            "the answer fits its schema by the model's good will",
        );
    }
    Form::Tool {
        schema,
        description,
        pull: if thinking.is_on {
            Pull::Told
        } else if has_tools && !matches!(conversation.tool_choice, Some(ToolChoice::None)) {
            Pull::Any
        } else {
            Pull::Forced
        },
    }
}

/// Whether a call of [`STRUCTURED_OUTPUT`] in the answer to this request is the answer.
pub(crate) fn is_answer_by_tool(request: &ChatRequest) -> bool {
    let own = || request.conversation().is_ok_and(|found| has_own(&found));
    request.wants.json_schema && !(request.wants.tools && own())
}

/// Whether the client offers a tool of that name itself.
pub(crate) fn has_own(conversation: &Conversation<'_>) -> bool {
    conversation.tools.iter().any(|tool| match tool {
        Tool::Function(function) => function.name == STRUCTURED_OUTPUT,
        Tool::Opaque(_) => false,
    })
}
