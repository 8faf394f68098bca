//! The settings of Flightdeck.

use dvara_service::link::GatewayUrl;
use dvara_service::settings::{Loader, Property};

/// `DVARA_FLIGHTDECK_GATEWAY_URL`.
pub const GATEWAY_URL: Property = Property::new(
    "dvara.flightdeck.gateway-url",
    "Where the LLM gateway is: http[s]://host:port. Flightdeck is ready while it answers. Under `dvara up`: the one beside it.",
)
.default("http://localhost:8080");

/// Every property of Flightdeck, for the check of unknown keys and for the documentation.
pub static PROPERTIES: &[Property] = &[GATEWAY_URL];

/// What Flightdeck takes from settings.
#[derive(Debug, Clone)]
pub struct FlightdeckSettings {
    /// The gateway; `None` after a mistake.
    pub(crate) gateway: Option<GatewayUrl>,
    /// Whether it was named, or is the default.
    pub(crate) gateway_is_given: bool,
}

impl FlightdeckSettings {
    /// Reads and checks them; mistakes are collected in the loader.
    pub fn load(loader: &mut Loader) -> Self {
        Self {
            gateway: loader.read(&GATEWAY_URL, GatewayUrl::parse),
            gateway_is_given: loader.is_given(&GATEWAY_URL),
        }
    }
}
