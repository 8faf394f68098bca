//! Everything that a gateway is told at its start, read and checked in one go before any connection is made.

use std::fs;

use dvara_service::settings::{CommonSettings, ConfigFile, Env, Loader, Problem, Property};
use dvara_store::file::GatewayFile;
use dvara_store::snapshot::{Overlay, Provider};
use dvara_store::{SettingNames, StoreSettings};

use crate::settings::{GatewaySettings, put_provider};

/// `DVARA_BOOTSTRAP_FILE`.
pub(crate) const BOOTSTRAP_FILE: Property = Property::new(
    "dvara.bootstrap-file",
    "A YAML file of tenants, keys and routes that are inserted where they are absent. A missing or broken one is a warning.",
)
.env(&["DVARA_BOOTSTRAP_FILE", "GATEWAY_BOOTSTRAP_FILE"]);

/// The checked configuration of a gateway.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// What every service has.
    pub common: CommonSettings,
    /// The gateway's own.
    pub gateway: GatewaySettings,
    /// The structured sections of `gateway.yaml`.
    pub(crate) file: GatewayFile,
    /// The bootstrap file, where one is given and can be read.
    pub(crate) bootstrap: Option<GatewayFile>,
    /// What lies over the stored configuration.
    pub(crate) overlay: Overlay,
    /// Where the database is.
    pub store: StoreSettings,
    /// The pod or host this runs on.
    pub(crate) host: String,
}

impl GatewayConfig {
    /// Reads all of it; mistakes are noted with the loader. `None` after a mistake that leaves nothing to go on with.
    ///
    /// `private` is the database of `dvara up`, which takes the place of `SPRING_DATASOURCE_URL`.
    pub fn load(loader: &mut Loader, private: Option<StoreSettings>) -> Option<Self> {
        let common = CommonSettings::load(loader);
        let gateway = GatewaySettings::load(loader);
        let file = file(loader);
        let bootstrap = bootstrap(loader);
        let store = private.or_else(|| store(loader, &common));
        let mut providers = gateway.providers.clone();
        for provider in &file.providers {
            put_provider(&mut providers, provider.clone());
        }
        let names = providers.iter().map(|provider| &provider.name);
        for stray in gateway.data_plane.resilience.strays(names) {
            loader.warn(format!("{stray} is for a provider that is not configured"));
        }
        let overlay = Overlay {
            providers,
            routes: file.routes.clone(),
        };
        let host = loader
            .env()
            .get("HOSTNAME")
            .unwrap_or("localhost")
            .to_owned();
        Some(Self {
            common,
            gateway,
            file,
            bootstrap,
            overlay,
            store: store?,
            host,
        })
    }

    /// All providers, in the order of their registration.
    pub(crate) fn providers(&self) -> &[Provider] {
        &self.overlay.providers
    }

    /// How many cores serve requests.
    pub fn cores(&self) -> usize {
        let available = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.common
            .cores
            .map_or_else(available, std::num::NonZero::get)
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
    if strays.is_empty() {
        GatewayFile::parse(file.structured())
    } else {
        Err(strays)
    }
}

fn store(loader: &mut Loader, common: &CommonSettings) -> Option<StoreSettings> {
    let datasource = &common.datasource;
    if datasource.url.expose().is_empty() {
        return None; // refused already
    }
    let parsed = StoreSettings::parse(
        SettingNames::SPRING,
        &datasource.url,
        datasource.username.as_deref(),
        datasource.password.as_ref(),
    );
    match parsed {
        Ok(settings) => {
            for warning in &settings.warnings {
                loader.warn(warning.clone());
            }
            Some(settings)
        }
        Err(problems) => {
            for problem in problems {
                loader.refuse(Problem::new(problem.to_string()));
            }
            None
        }
    }
}
