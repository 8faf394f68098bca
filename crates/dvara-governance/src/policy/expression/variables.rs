//! What an expression may read of a call.

use crate::policy::facts::Facts;

/// Every variable there is.
///
/// `request.model`, `request.user`: string; `request.max_tokens`: int; `request.tools`: list of strings, empty without
/// tools; `request.stream`: bool; `tenant.id`, `tenant.region`, `key.id`, `region`: string; `mcp.server`, `mcp.tool`: string;
/// `mcp.arguments`: map; `budget.utilization_pct`: double; `time.unix` (seconds), `time.hour`, `time.minute`, `time.weekday`
/// (0 is Sunday): int, in UTC, since time zones are the business of the condition `time_of_day`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) enum Variable {
    Model,
    MaxTokens,
    Tools,
    Stream,
    User,
    TenantId,
    TenantRegion,
    KeyId,
    Region,
    McpServer,
    McpTool,
    McpArguments,
    BudgetUtilization,
    TimeUnix,
    TimeHour,
    TimeMinute,
    TimeWeekday,
}

/// What a name in a lowered expression stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Value(Variable),
    /// Whether the call has it.
    Presence(Variable),
}

impl Variable {
    pub(super) const ALL: [Self; 17] = [
        Self::Model,
        Self::MaxTokens,
        Self::Tools,
        Self::Stream,
        Self::User,
        Self::TenantId,
        Self::TenantRegion,
        Self::KeyId,
        Self::Region,
        Self::McpServer,
        Self::McpTool,
        Self::McpArguments,
        Self::BudgetUtilization,
        Self::TimeUnix,
        Self::TimeHour,
        Self::TimeMinute,
        Self::TimeWeekday,
    ];

    /// As it is written.
    pub(in crate::policy) const fn name(self) -> &'static str {
        match self {
            Self::Model => "request.model",
            Self::MaxTokens => "request.max_tokens",
            Self::Tools => "request.tools",
            Self::Stream => "request.stream",
            Self::User => "request.user",
            Self::TenantId => "tenant.id",
            Self::TenantRegion => "tenant.region",
            Self::KeyId => "key.id",
            Self::Region => "region",
            Self::McpServer => "mcp.server",
            Self::McpTool => "mcp.tool",
            Self::McpArguments => "mcp.arguments",
            Self::BudgetUtilization => "budget.utilization_pct",
            Self::TimeUnix => "time.unix",
            Self::TimeHour => "time.hour",
            Self::TimeMinute => "time.minute",
            Self::TimeWeekday => "time.weekday",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|variable| variable.name() == name)
    }

    /// Whether `name` is what stands before the dot of some variable.
    pub(super) fn is_root(name: &str) -> bool {
        Self::ALL.into_iter().any(|variable| {
            variable
                .name()
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('.'))
        })
    }

    /// Whether it can be nothing but true or false.
    pub(super) const fn is_boolean(self) -> bool {
        matches!(self, Self::Stream)
    }

    /// Whether another target of the same call has another value.
    pub(super) const fn is_of_a_target(self) -> bool {
        matches!(self, Self::Model | Self::Region)
    }

    /// Whether its size is the caller's choice, so that no comprehension may read it again for each item.
    pub(super) const fn is_unbounded(self) -> bool {
        matches!(self, Self::Tools | Self::McpArguments)
    }

    /// Whether calls of this kind never have it, LLM calls the tool call's facts and tool calls the model's.
    pub(super) fn is_of_the_other_kind(self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Model | Self::MaxTokens | Self::Tools | Self::Stream => facts.mcp.is_some(),
            Self::McpServer | Self::McpTool | Self::McpArguments => facts.mcp.is_none(),
            Self::User
            | Self::TenantId
            | Self::TenantRegion
            | Self::KeyId
            | Self::Region
            | Self::BudgetUtilization
            | Self::TimeUnix
            | Self::TimeHour
            | Self::TimeMinute
            | Self::TimeWeekday => false,
        }
    }
}

impl Name {
    /// The text that stands for it in a lowered expression, where it is one identifier. Authors cannot write the one of a
    /// presence, for it holds parentheses.
    pub(super) fn lowered(self) -> String {
        match self {
            Self::Value(variable) => variable.name().to_owned(),
            Self::Presence(variable) => format!("has({})", variable.name()),
        }
    }

    /// What a lowered text stands for.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("has(") {
            Some(rest) => Variable::named(rest.strip_suffix(')')?).map(Self::Presence),
            None => Variable::named(text).map(Self::Value),
        }
    }
}
