//! The settings of the MCP plane.

use dvara_service::body::BodyLimits;
use dvara_service::link::GatewayUrl;
use dvara_service::settings::{Loader, Property};

/// `DVARA_MCP_GATEWAY_GATEWAY_URL`.
pub const GATEWAY_URL: Property = Property::new(
    "dvara.mcp-gateway.gateway-url",
    "Where the LLM gateway is: http[s]://host:port. Shown in health, never needed to be ready. Unset: it is not asked for.",
);
/// `DVARA_MCP_GATEWAY_REQUEST_MAX_BODY_BYTES`.
pub const MAX_BODY_BYTES: Property = Property::new(
    "dvara.mcp-gateway.request.max-body-bytes",
    "Largest request body in bytes; a larger one is answered with 413.",
)
.default("4194304");
/// `DVARA_MCP_GATEWAY_REQUEST_BODY_TIMEOUT_MS`.
pub const BODY_TIMEOUT: Property = Property::new(
    "dvara.mcp-gateway.request.body-timeout-ms",
    "Milliseconds that a request body may take to arrive; then 408.",
)
.default("60000");

/// Every property of the MCP plane, for the check of unknown keys and for the documentation.
pub static PROPERTIES: &[Property] = &[GATEWAY_URL, MAX_BODY_BYTES, BODY_TIMEOUT];

/// What the MCP plane takes from settings.
#[derive(Debug, Clone)]
pub struct McpSettings {
    /// The gateway to show in health.
    pub(crate) gateway: Option<GatewayUrl>,
    /// Bounds on a body.
    pub(crate) body: BodyLimits,
}

impl McpSettings {
    /// Reads and checks them; mistakes are collected in the loader.
    pub fn load(loader: &mut Loader) -> Self {
        Self {
            gateway: loader.read(&GATEWAY_URL, GatewayUrl::parse),
            body: BodyLimits {
                size: loader.within(&MAX_BODY_BYTES, 1_024..=1 << 30).unwrap_or(0),
                time: loader.millis(&BODY_TIMEOUT),
            },
        }
    }
}
