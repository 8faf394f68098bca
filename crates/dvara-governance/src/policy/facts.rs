//! What a policy may ask about a call.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// The facts of one call, all borrowed. Copy it with another `model` and `region` to ask again for the model actually sent
/// and for each fallback.
///
/// No `Debug`: `user` and the arguments of a tool are texts of people.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The model asked for or sent; absent on an MCP call.
    pub model: Option<&'a str>,
    /// The bound on answer tokens that the request itself sets, never a default of ours.
    pub max_tokens: Option<u64>,
    /// Names of the tools that the request offers to the model.
    pub tools: &'a [&'a str],
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// The end user that the request names.
    pub user: Option<&'a str>,
    /// The caller's tenant.
    pub tenant_id: &'a str,
    /// The region the tenant is bound to.
    pub tenant_region: Option<&'a str>,
    /// The caller's API key, by its id.
    pub key_id: Option<&'a str>,
    /// The effective region: where the data of this call would go. `data_residency` fires while it is unknown, so a caller
    /// gives the region of the target at hand, or its own before there is a target.
    pub region: Option<&'a str>,
    /// The tool call, when this is one.
    pub mcp: Option<McpFacts<'a>>,
    /// How much of the tightest budget over this call is spent, in per cent; may exceed 100. Absent without a budget.
    pub budget_utilization_pct: Option<f64>,
    /// When the call came.
    pub now: DateTime<Utc>,
}

/// The facts of a tool call through the MCP proxy.
#[derive(Clone, Copy)]
pub struct McpFacts<'a> {
    /// The name the server is registered under.
    pub server: &'a str,
    /// The tool's own name on that server.
    pub tool: &'a str,
    /// The arguments as the caller sent them; an object, or null when there are none.
    pub arguments: &'a Value,
}
