//! `reasoning_effort` → how a model is told to think.

use super::fields::Said;
use super::generation::Generation;
use crate::fields::Drops;
use crate::request::ReadError;
use crate::writer::Writer;

/// How a model is to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amount {
    Level(&'static str),
    Budget(u64),
}

/// What becomes of an effort, as Google's own OpenAI-compatible endpoint has it (Gemini API, OpenAI compatibility: thinking).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thinking {
    amount: Amount,
    /// Its thoughts are shown.
    shows: bool,
}

/// The reasons why an effort is not what becomes of it.
pub(super) const SAID_ALREADY: &str = "`generationConfig.thinkingConfig` says it already";
pub(super) const ALWAYS_THINKS: &str = "this model always thinks: the least is asked for";
pub(super) const NEVER_THINKS: &str = "this model does not think";

/// What `said` comes to for a model; `None` where nothing is to be written.
///
/// # Errors
/// When the effort is none that OpenAI knows.
pub(super) fn plan(
    said: &Said<'_>,
    generation: Generation,
    drops: &mut Drops,
) -> Result<Option<Thinking>, ReadError> {
    let Some(effort) = said.effort.as_deref() else {
        return Ok(None);
    };
    let (level, budget) = match effort {
        "none" => ("MINIMAL", 0),
        "minimal" => ("MINIMAL", 1_024),
        "low" => ("LOW", 1_024),
        "medium" => ("MEDIUM", 8_192),
        "high" | "xhigh" | "max" => ("HIGH", 24_576),
        _ => {
            return Err(ReadError::invalid(
                "reasoning_effort",
                "`reasoning_effort` must be `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`",
            ));
        }
    };
    if said.has_own_thinking {
        drops.add("reasoning_effort", SAID_ALREADY);
        return Ok(None);
    }
    if !generation.thinks() {
        if effort != "none" {
            drops.add("reasoning_effort", NEVER_THINKS);
        }
        return Ok(None);
    }
    let asks_for_none = effort == "none";
    let amount = if generation.has_levels() {
        if asks_for_none {
            drops.add("reasoning_effort", ALWAYS_THINKS);
        }
        let is_least = level == "MINIMAL";
        Amount::Level(if is_least {
            generation.least_level()
        } else {
            level
        })
    } else if asks_for_none && !generation.can_rest() {
        drops.add("reasoning_effort", ALWAYS_THINKS);
        // The least that such a model takes.
        Amount::Budget(128)
    } else {
        Amount::Budget(budget)
    };
    Ok(Some(Thinking {
        amount,
        shows: !asks_for_none,
    }))
}

impl Thinking {
    /// `thinkingConfig`.
    pub(super) fn write(self, out: &mut Writer) {
        out.json("{");
        match self.amount {
            Amount::Level(level) => out.json("\"thinkingLevel\":").text(level),
            Amount::Budget(tokens) => out.json("\"thinkingBudget\":").number(tokens),
        };
        if self.shows {
            out.json(",\"includeThoughts\":true");
        }
        out.json("}");
    }
}
