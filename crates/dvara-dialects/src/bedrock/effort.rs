//! `reasoning_effort` → how a model on Bedrock is told to reason: each maker has words of its own, which stand in
//! `additionalModelRequestFields` (Bedrock, Enhance model responses with model reasoning).
//!
//! A client that says it in the model's own words is believed.

use super::fields::Said;
use super::model::{Family, Model};
use crate::anthropic::thinking::{self, Thinking};
use crate::fields::Drops;
use crate::request::{Conversation, ReadError};

/// How a model is to reason.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Effort {
    /// Claude's.
    pub(super) thinking: Thinking,
    /// A field of the model's own, and its value as JSON.
    pub(super) field: Option<(&'static str, String)>,
}

impl Effort {
    fn field(name: &'static str, value: String) -> Self {
        Self {
            field: Some((name, value)),
            ..Self::default()
        }
    }
}

/// What the client's words come to for a model.
///
/// # Errors
/// When the effort is none that OpenAI knows.
pub(super) fn plan(
    said: &Said<'_>,
    conversation: &Conversation<'_>,
    model: &Model,
    drops: &mut Drops,
) -> Result<Effort, ReadError> {
    let effort = said.effort.as_deref();
    if let Some(generation) = model.claude() {
        let own = said.of_model("thinking");
        let thinking = thinking::plan(own, effort, conversation, generation, drops)?;
        return Ok(Effort {
            thinking,
            field: None,
        });
    }
    let Some(effort) = effort else {
        return Ok(Effort::default());
    };
    let level = Level::of(effort).ok_or_else(thinking::unknown_effort)?;
    Ok(match model.family {
        Family::Nova2 => nova(level, conversation, drops),
        Family::GptOss => gpt_oss(level, drops),
        Family::Gpt => Effort::field("reasoning", format!("{{\"effort\":\"{effort}\"}}")),
        Family::DeepseekR1 => {
            drops.add("reasoning_effort", "this model reasons as much as it likes");
            Effort::default()
        }
        Family::Claude(_) | Family::Nova | Family::Other | Family::Hidden => {
            drops.add(
                "reasoning_effort",
                "how this model takes it is not known: say it in `additionalModelRequestFields`",
            );
            Effort::default()
        }
    })
}

/// OpenAI's efforts, as far as they make a difference here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    None,
    Low,
    Medium,
    High,
}

impl Level {
    fn of(effort: &str) -> Option<Self> {
        Some(match effort {
            "none" => Self::None,
            "minimal" | "low" => Self::Low,
            "medium" => Self::Medium,
            "high" | "xhigh" | "max" => Self::High,
            _ => return None,
        })
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Nova 2 does not reason unless told to; at its highest effort it takes no bounds (Amazon Nova 2, Extended thinking).
fn nova(level: Level, conversation: &Conversation<'_>, drops: &mut Drops) -> Effort {
    let sampling = &conversation.sampling;
    let is_bound =
        sampling.max_tokens.is_some() || sampling.temperature.is_some() || sampling.top_p.is_some();
    let level = match level {
        Level::None => return Effort::default(),
        Level::High if is_bound => {
            drops.add(
                "reasoning_effort",
                "beside a bound on tokens, a temperature or `top_p` this model takes `medium` at most",
            );
            Level::Medium
        }
        other => other,
    };
    let level = level.as_str();
    Effort::field(
        "reasoningConfig",
        format!("{{\"type\":\"enabled\",\"maxReasoningEffort\":\"{level}\"}}"),
    )
}

/// OpenAI's open models always reason.
fn gpt_oss(level: Level, drops: &mut Drops) -> Effort {
    let level = match level {
        Level::None => {
            drops.add(
                "reasoning_effort",
                "this model thinks by itself: the lowest effort is asked for",
            );
            Level::Low
        }
        other => other,
    };
    Effort::field("reasoning_effort", format!("\"{}\"", level.as_str()))
}
