//! The structured sections of `gateway.yaml` and of bootstrap files (data-plane sheet §28), checked and typed.
//!
//! Reading collects every mistake: an operator fixes a file in one go. A key that is not known is a mistake, with the
//! nearest known one as a hint; what the guide knows and is not built yet is accepted and listed.

mod keys;
pub(crate) mod nearest;
mod providers;
mod rates;
mod reader;
mod routes;
mod tenants;

use dvara_types::RouteRecord;
use serde_json::{Map, Value};

use self::reader::{Reading, Section};
use crate::admin::{SeedKey, SeedTenant};
use crate::snapshot::{Overlay, Provider};

/// The sections that are read here; every other key of a file is a property.
pub const SECTIONS: [&str; 9] = [
    "providers",
    "routes",
    "api_keys",
    "tenants",
    "workspaces",
    "rate_limits",
    "policies",
    "output_schemas",
    "prompt_templates",
];

/// Sections that the guide knows and that nothing acts on yet.
const NOT_BUILT: [&str; 3] = ["policies", "output_schemas", "prompt_templates"];

/// A checked file.
#[derive(Debug, Clone, Default)]
pub struct GatewayFile {
    /// Its providers, in order.
    pub providers: Vec<Provider>,
    /// Its routes, in order.
    pub routes: Vec<RouteRecord>,
    /// Its keys.
    pub api_keys: Vec<SeedKey>,
    /// Its tenants.
    pub tenants: Vec<SeedTenant>,
    /// `rate_limits.requests_per_minute`: calls per key and minute, 0 for no limit. Giving it switches limiting on.
    pub requests_per_minute: Option<u32>,
    /// What it asks for and is not built yet: to be warned of, and listed in `gateway-status`.
    pub not_built: Vec<String>,
}

impl GatewayFile {
    /// Reads the sections of a file.
    ///
    /// # Errors
    /// Everything that is wrong with them, each with the place in the file. No key or credential is repeated.
    pub fn parse(sections: &Map<String, Value>) -> Result<Self, Vec<String>> {
        let mut reading = Reading::default();
        let mut root = Section::new(String::new(), sections, &mut reading);
        let providers = root.list("providers");
        let routes = root.list("routes");
        let api_keys = root.list("api_keys");
        let mut tenants = root.list("tenants");
        tenants.extend(root.list("workspaces"));
        let rates = root.placed("rate_limits");
        for section in NOT_BUILT {
            root.not_built(section);
        }
        root.finish();
        let file = Self {
            providers: providers::read(&providers, &mut reading),
            routes: routes::read(&routes, &mut reading),
            api_keys: keys::read(&api_keys, &mut reading),
            tenants: tenants::read(&tenants, &mut reading),
            requests_per_minute: rates.and_then(|rates| rates::read(&rates, &mut reading)),
            not_built: Vec::new(),
        };
        if reading.problems.is_empty() {
            Ok(Self {
                not_built: reading.not_built,
                ..file
            })
        } else {
            Err(reading.problems)
        }
    }

    /// What the file lays over the stored configuration of this process.
    pub fn overlay(&self) -> Overlay {
        Overlay {
            providers: self.providers.clone(),
            routes: self.routes.clone(),
            ..Overlay::default()
        }
    }
}

#[cfg(test)]
mod tests;
