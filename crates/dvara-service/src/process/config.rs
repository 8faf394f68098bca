//! What a process is told, whichever services it runs.

use dvara_store::{SettingNames, StoreSettings};

use crate::settings::{CommonSettings, Loader, Problem};

/// The checked settings that all services of a process share.
#[derive(Debug, Clone)]
pub struct ProcessConfig {
    /// What every service has.
    pub common: CommonSettings,
    /// Where the database is.
    pub store: StoreSettings,
    /// The pod or host this runs on.
    pub host: String,
}

impl ProcessConfig {
    /// Reads all of it; mistakes are noted with the loader. `None` after a mistake that leaves nothing to go on with.
    ///
    /// `private` is the database of `dvara up`, which takes the place of `SPRING_DATASOURCE_URL`.
    pub fn load(loader: &mut Loader, private: Option<StoreSettings>) -> Option<Self> {
        let common = CommonSettings::load(loader);
        let store = private.or_else(|| store(loader, &common));
        let host = loader
            .env()
            .get("HOSTNAME")
            .unwrap_or("localhost")
            .to_owned();
        Some(Self {
            common,
            store: store?,
            host,
        })
    }

    /// How many cores serve requests.
    pub fn cores(&self) -> usize {
        let available = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.common
            .cores
            .map_or_else(available, std::num::NonZero::get)
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
