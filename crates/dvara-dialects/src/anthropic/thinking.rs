//! `reasoning_effort` → how a model is told to think, and how many tokens that needs.
//!
//! Models up to 4.5 get a budget, later ones decide themselves and get an effort (Anthropic, Effort; Adaptive thinking).
//! A client that gives `thinking` itself is believed.

use serde_json::value::RawValue;

use super::generation::Generation;
use crate::fields::Drops;
use crate::json;
use crate::request::{Block, Conversation, ReadError, Role, ToolChoice};

/// Output tokens when the client sets no bound: Anthropic's API demands one.
const DEFAULT_MAX_TOKENS: u64 = 4_096;

/// How a model is to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `{"type":"enabled","budget_tokens":…}`.
    Budget(u64),
    /// `{"type":"adaptive"}`.
    Adaptive,
}

/// What a call says about thinking.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Thinking {
    /// What is written in the client's name; nothing when it gave `thinking` itself.
    pub(crate) mode: Option<Mode>,
    /// `output_config.effort`.
    pub(crate) effort: Option<&'static str>,
    /// The model thinks, by the client's word.
    pub(crate) is_on: bool,
    /// Tokens that thinking may take.
    budget: u64,
    /// The client's bound must leave room for it.
    raises_bound: bool,
}

impl Thinking {
    /// The bound on output tokens, thinking included: the client's, if it leaves room to answer in.
    pub(crate) fn max_tokens(&self, asked: Option<u64>) -> u64 {
        match asked {
            None => DEFAULT_MAX_TOKENS.saturating_add(self.budget),
            Some(most) if self.raises_bound && most <= self.budget => {
                most.saturating_add(self.budget)
            }
            Some(most) => most,
        }
    }
}

/// What a client's `own` words about thinking, or else its `effort`, come to for a model.
///
/// # Errors
/// When the effort is none that OpenAI knows.
pub(crate) fn plan(
    own: Option<&RawValue>,
    effort: Option<&str>,
    conversation: &Conversation<'_>,
    generation: Generation,
    drops: &mut Drops,
) -> Result<Thinking, ReadError> {
    if let Some(own) = own {
        if effort.is_some() {
            drops.add("reasoning_effort", "`thinking` says it already");
        }
        return Ok(own_words(own));
    }
    let Some(effort) = effort else {
        return Ok(Thinking::default());
    };
    let (budget, level) = match effort {
        "none" => return Ok(no_thinking(generation, drops)),
        "minimal" | "low" => (1_024, "low"),
        "medium" => (4_096, "medium"),
        "high" => (16_384, "high"),
        "xhigh" if generation.has_extra_effort() => (24_576, "xhigh"),
        "xhigh" => (24_576, "high"),
        "max" => (24_576, "max"),
        _ => return Err(unknown_effort()),
    };
    if forces_a_tool(conversation) && !generation.thinks_by_default() {
        drops.add(
            "reasoning_effort",
            "this model does not think where it is made to call a tool",
        );
        return Ok(Thinking::default());
    }
    if generation.thinks_adaptively() {
        return Ok(Thinking {
            mode: Some(Mode::Adaptive),
            effort: Some(level),
            is_on: true,
            budget,
            raises_bound: false,
        });
    }
    if lacks_thinking(conversation) {
        drops.add(
            "reasoning_effort",
            "the tool calls of the last turn came without their `thinking_blocks`",
        );
        return Ok(Thinking::default());
    }
    Ok(Thinking {
        mode: Some(Mode::Budget(budget)),
        effort: None,
        is_on: true,
        budget,
        raises_bound: true,
    })
}

/// The error of an effort that nobody knows.
pub(crate) fn unknown_effort() -> ReadError {
    ReadError::invalid(
        "reasoning_effort",
        "`reasoning_effort` must be `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`",
    )
}

fn no_thinking(generation: Generation, drops: &mut Drops) -> Thinking {
    if !generation.thinks_by_default() {
        return Thinking::default();
    }
    // Some of these models refuse to have it turned off; all take the lowest effort.
    drops.add(
        "reasoning_effort",
        "this model thinks by itself: the lowest effort is asked for",
    );
    Thinking {
        effort: Some("low"),
        ..Thinking::default()
    }
}

/// What the client's own `thinking` says; whether that can be is the vendor's to judge.
fn own_words(value: &RawValue) -> Thinking {
    let members = json::members(value).unwrap_or_default();
    let member = |key: &str| {
        members
            .iter()
            .find(|member| member.key == key)
            .map(|member| member.value)
    };
    let kind = member("type").and_then(json::string);
    let budget = member("budget_tokens").and_then(|budget| budget.get().parse().ok());
    Thinking {
        is_on: !members.is_empty() && kind.as_deref() != Some("disabled"),
        budget: budget.unwrap_or(0),
        ..Thinking::default()
    }
}

/// Whether the model has to call a tool, which it does not do thinking (Extended thinking: with tool use).
fn forces_a_tool(conversation: &Conversation<'_>) -> bool {
    !conversation.tools.is_empty()
        && matches!(
            conversation.tool_choice,
            Some(ToolChoice::Required | ToolChoice::Named(_))
        )
}

/// Whether the turn that the model is in began without thinking: a model that gets a budget refuses to begin amid its
/// tool calls (Extended thinking: toggling thinking modes).
fn lacks_thinking(conversation: &Conversation<'_>) -> bool {
    let last = conversation
        .messages
        .iter()
        .rev()
        .take_while(|message| message.role != Role::User)
        .filter(|message| message.role == Role::Assistant)
        .find(|message| {
            let mut blocks = message.blocks.iter();
            blocks.any(|block| matches!(block, Block::ToolUse(_)))
        });
    last.is_some_and(|message| {
        let mut fields = message.rest.iter();
        !fields.any(|field| field.name == "thinking_blocks" && json::is_filled_array(field.value))
    })
}
