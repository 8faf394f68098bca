//! `reasoning_effort` → whether a model thinks, and how much at most (Cohere, Reasoning).
//!
//! Models that can think do so unless they are told not to. Cohere advises against a budget, so the highest efforts have
//! none. Whether a model can think is the vendor's to say: names do not tell. A client that gives `thinking` itself is believed.

use super::fields::{EFFORT, Said};
use crate::fields::Drops;
use crate::request::ReadError;
use crate::writer::Writer;

/// Writes `thinking`.
///
/// # Errors
/// When the effort is none that OpenAI knows.
pub(super) fn write(out: &mut Writer, said: &Said<'_>, drops: &mut Drops) -> Result<(), ReadError> {
    let Some(effort) = said.effort.as_deref() else {
        return Ok(());
    };
    let budget = match effort {
        "none" => None,
        "minimal" | "low" => Some(1_024),
        "medium" => Some(4_096),
        "high" => Some(16_384),
        "xhigh" | "max" => Some(0),
        _ => {
            return Err(ReadError::invalid(
                "reasoning_effort",
                "`reasoning_effort` must be `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`",
            ));
        }
    };
    if said.has_own("thinking") {
        let (field, reason) = EFFORT;
        drops.add(field, reason);
        return Ok(());
    }
    match budget {
        None => out.json(",\"thinking\":{\"type\":\"disabled\"}"),
        Some(0) => out.json(",\"thinking\":{\"type\":\"enabled\"}"),
        Some(tokens) => out
            .json(",\"thinking\":{\"type\":\"enabled\",\"token_budget\":")
            .number(tokens)
            .json("}"),
    };
    Ok(())
}
