//! Everything that a gateway alone is told at its start, read and checked in one go before any connection is made.

use std::fs;

use dvara_service::settings::{ConfigFile, Env, Loader, Problem, Property};
use dvara_store::file::GatewayFile;
use dvara_store::snapshot::{Overlay, Provider};

use crate::settings::{GatewaySettings, RateLimitSettings, put_provider};

/// `DVARA_BOOTSTRAP_FILE`.
pub(crate) const BOOTSTRAP_FILE: Property = Property::new(
    "dvara.bootstrap-file",
    "A YAML file of tenants, keys and routes that are inserted where they are absent. A missing or broken one is a warning.",
)
.env(&["DVARA_BOOTSTRAP_FILE", "GATEWAY_BOOTSTRAP_FILE"]);

/// The checked configuration of a gateway.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// The gateway's own.
    pub gateway: GatewaySettings,
    /// The structured sections of `gateway.yaml`.
    pub(crate) file: GatewayFile,
    /// The bootstrap file, where one is given and can be read.
    pub(crate) bootstrap: Option<GatewayFile>,
    /// What lies over the stored configuration.
    pub(crate) overlay: Overlay,
    /// What the process was started with: where the machine's own credentials for clouds are.
    pub(crate) environment: Env,
    /// How often a key may call.
    pub(crate) rate_limit: RateLimitSettings,
}

impl GatewayConfig {
    /// Reads all of it; mistakes are noted with the loader.
    pub fn load(loader: &mut Loader) -> Self {
        let gateway = GatewaySettings::load(loader);
        let file = file(loader);
        let bootstrap = bootstrap(loader);
        let mut providers = gateway.providers.clone();
        for provider in &file.providers {
            put_provider(&mut providers, provider.clone());
        }
        let names = providers.iter().map(|provider| &provider.name);
        for stray in gateway.data_plane.resilience.strays(names) {
            loader.warn(format!("{stray} is for a provider that is not configured"));
        }
        let rate_limit = RateLimitSettings::load(loader, file.requests_per_minute);
        let overlay = Overlay {
            providers,
            routes: file.routes.clone(),
            rules: gateway.rules.clone(),
        };
        Self {
            gateway,
            file,
            bootstrap,
            overlay,
            environment: loader.env().clone(),
            rate_limit,
        }
    }

    /// All providers, in the order of their registration.
    pub(crate) fn providers(&self) -> &[Provider] {
        &self.overlay.providers
    }
}

fn file(loader: &mut Loader) -> GatewayFile {
    match GatewayFile::parse(loader.structured()) {
        Ok(file) => {
            for what in &file.not_built {
                loader.warn(format!(
                    "gateway.yaml: {what} is not implemented by this version yet; it has no effect"
                ));
            }
            file
        }
        Err(problems) => {
            for problem in problems {
                loader.refuse(Problem::new(format!("gateway.yaml: {problem}")));
            }
            GatewayFile::default()
        }
    }
}

fn bootstrap(loader: &mut Loader) -> Option<GatewayFile> {
    let path = loader.optional(&BOOTSTRAP_FILE)?;
    let read = read_bootstrap(&path, loader.env());
    read.map_err(|problems| {
        for problem in problems {
            loader.warn(format!("the bootstrap file is not used: {problem}"));
        }
    })
    .ok()
}

fn read_bootstrap(path: &str, env: &Env) -> Result<GatewayFile, Vec<String>> {
    let text = fs::read_to_string(path).map_err(|error| vec![format!("{path}: {error}")])?;
    let file = ConfigFile::read(path, &text, env)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let strays: Vec<String> = file
        .property_keys()
        .map(|key| format!("{path}: `{key}` does not belong in a bootstrap file"))
        .collect();
    let rates = file.structured().contains_key("rate_limits");
    let rates = rates.then(|| format!("{path}: `rate_limits` does not belong in a bootstrap file"));
    let strays: Vec<String> = strays.into_iter().chain(rates).collect();
    if strays.is_empty() {
        GatewayFile::parse(file.structured())
    } else {
        Err(strays)
    }
}
