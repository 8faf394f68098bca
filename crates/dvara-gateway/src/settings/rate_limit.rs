//! How often a key may call: properties, or the section `rate_limits` of `gateway.yaml`, which properties go before.

use std::num::NonZeroU32;

use dvara_service::settings::Loader;

use super::properties;

/// The gateway's own limit.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RateLimitSettings {
    /// Whether calls are counted at all.
    pub(crate) enabled: bool,
    /// Calls per key and minute; `None` for no limit but a tenant's own.
    pub(crate) requests_per_minute: Option<NonZeroU32>,
}

impl RateLimitSettings {
    /// Reads and checks them; `of_file` is what the section says, if it does.
    pub(crate) fn load(loader: &mut Loader, of_file: Option<u32>) -> Self {
        let mut enabled = loader.flag(&properties::RATE_LIMIT_ENABLED);
        let mut requests = loader
            .within(&properties::RATE_LIMIT_REQUESTS, 0..=1_000_000_000)
            .unwrap_or_default();
        if let Some(of_file) = of_file {
            if !loader.is_given(&properties::RATE_LIMIT_ENABLED) {
                enabled = true;
            }
            if !loader.is_given(&properties::RATE_LIMIT_REQUESTS) {
                requests = of_file;
            }
        }
        Self {
            enabled,
            requests_per_minute: NonZeroU32::new(requests),
        }
    }
}
