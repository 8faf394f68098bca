//! The nine kinds of conditions (control-plane.md §9.2).
//!
//! A fact that a call does not have fires no condition, so that rules about tools of MCP servers leave LLM calls alone and
//! the other way round. The one exception is the region: data that nobody can place must not pass a residency rule.

mod argument;
mod names;
mod time_of_day;

use super::facts::Facts;

pub(super) use argument::ArgumentRule;
pub(super) use names::{NameRule, Names};
pub(super) use time_of_day::{Days, TimeOfDay, Window};

/// One block of `conditions`; a rule fires when all of its blocks do.
pub(super) enum Condition {
    Model(NameRule),
    /// The request asks for more answer tokens than this.
    MaxTokens(u64),
    Tools(NameRule),
    /// The effective region is none of these, or unknown.
    DataResidency(Names),
    TimeOfDay(TimeOfDay),
    McpServer(NameRule),
    McpTool(NameRule),
    /// Fires when any of its rules does.
    McpArg(Box<[ArgumentRule]>),
    /// At least this much of the budget is spent, in per cent.
    BudgetUtilization(f64),
}

impl Condition {
    /// Whether it fires on a call. Allocates nothing, and takes time linear in the facts.
    pub(super) fn fires(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Model(rule) => facts.model.is_some_and(|model| rule.fires(model)),
            Self::MaxTokens(limit) => facts.max_tokens.is_some_and(|asked| asked > *limit),
            Self::Tools(rule) => facts.tools.iter().any(|tool| rule.fires(tool)),
            Self::DataResidency(allowed) => {
                !facts.region.is_some_and(|region| allowed.contain(region))
            }
            Self::TimeOfDay(times) => times.contain(facts.now),
            Self::McpServer(rule) => facts.mcp.is_some_and(|mcp| rule.fires(mcp.server)),
            Self::McpTool(rule) => facts.mcp.is_some_and(|mcp| rule.fires(mcp.tool)),
            Self::McpArg(rules) => facts
                .mcp
                .is_some_and(|mcp| rules.iter().any(|rule| rule.fires(mcp.arguments))),
            Self::BudgetUtilization(threshold) => facts
                .budget_utilization_pct
                .is_some_and(|spent| spent >= *threshold),
        }
    }

    /// Whether its answer may change when a call goes to another target.
    pub(super) fn depends_on_target(&self) -> bool {
        match self {
            Self::Model(_) | Self::DataResidency(_) => true,
            Self::MaxTokens(_)
            | Self::Tools(_)
            | Self::TimeOfDay(_)
            | Self::McpServer(_)
            | Self::McpTool(_)
            | Self::McpArg(_)
            | Self::BudgetUtilization(_) => false,
        }
    }
}

#[cfg(test)]
mod tests;
