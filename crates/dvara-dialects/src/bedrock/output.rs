//! `response_format` → the ways in which models on Bedrock keep to a form.

mod schema;

use super::model::{Force, Model};
use crate::anthropic::output::{Form, Pull, has_own};
use crate::anthropic::thinking::Thinking;
use crate::fields::Drops;
use crate::request::{Conversation, OutputFormat, ToolChoice};
use crate::target::Dropped;

pub(super) use schema::closed;

/// How the answer to a call is kept to its form (data-plane sheet §15; ADR 17).
///
/// A model that takes a schema gets it where the client asks for strictness, and where a forced call would be in the way. The
/// forced call is the way for all others: it refuses no schema, and promises nothing.
pub(super) fn plan<'c>(
    conversation: &'c Conversation<'c>,
    thinking: &Thinking,
    model: &Model,
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
    let is_in_the_way = thinking.is_on || has_tools || model.force != Force::Named;
    if model.fits_schemas && schema.is_some() && (strict || is_in_the_way) {
        return Form::Native(schema);
    }
    if has_own(conversation) {
        drops.add(
            "response_format",
            "a tool of the client has the name of the tool that would take the answer",
        );
        return Form::Free;
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
    let may_call = has_tools && !matches!(conversation.tool_choice, Some(ToolChoice::None));
    Form::Tool {
        schema,
        description,
        pull: match model.force {
            _ if thinking.is_on => Pull::Told,
            Force::No => Pull::Told,
            Force::Any => Pull::Any,
            Force::Named if may_call => Pull::Any,
            Force::Named => Pull::Forced,
        },
    }
}
