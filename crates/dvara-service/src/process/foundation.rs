//! What a process has once, whichever services it runs.

use std::sync::Arc;
use std::time::Duration;

use dvara_crypto::envelope::MasterKey;
use dvara_crypto::licence::Verified;
use dvara_store::snapshot::Overlay;
use dvara_store::{Feed, FeedSettings, Store, StoreError};
use tokio::runtime::Handle;

use super::{ProcessConfig, boot_failure};
use crate::boot::BootError;
use crate::drain::{Drain, DrainTiming};
use crate::error_chain;
use crate::readiness::Readiness;
use crate::settings::Loaded;
use crate::tasks::Tasks;

/// How often the age of the configuration is looked at.
const WATCH: Duration = Duration::from_millis(500);

/// What a start needs beside the configuration.
pub struct StartOptions {
    /// The verified licence.
    pub licence: Verified,
    /// What is left of the settings.
    pub loaded: Loaded,
    /// When the phases of the drain begin.
    pub drain: DrainTiming,
    /// The background runtime.
    pub background: Handle,
}

/// The common ground of a process's services.
pub struct Foundation {
    /// The settings of the process.
    pub config: ProcessConfig,
    /// The verified licence.
    pub licence: Verified,
    /// Settings that were given and that this build does not enforce.
    pub not_built: Vec<String>,
    /// The background runtime.
    pub background: Handle,
    /// What runs beside the requests.
    pub tasks: Tasks,
    /// The phase that the process is in.
    pub drain: Drain,
    /// The database.
    pub store: Store,
    /// The configuration in force.
    pub feed: Feed,
    /// Opens what is sealed in the store, where a master password is set.
    pub master: Option<Arc<MasterKey>>,
    pub(super) timing: DrainTiming,
}

/// The database, and the key that opens what is sealed in it.
pub struct Opened {
    /// The database, its schema up to date.
    pub store: Store,
    master: Option<Arc<MasterKey>>,
}

/// Opens the store and brings its schema up to date, and meanwhile derives the key from the master password, which takes as
/// long as all of that.
///
/// # Errors
/// When the database cannot be reached or used.
pub async fn open_store(
    config: &ProcessConfig,
    options: &mut StartOptions,
) -> Result<Opened, BootError> {
    let derived = options.loaded.master_key.take();
    let (store, master) = tokio::try_join!(migrated(config), master_key(config, derived))?;
    Ok(Opened { store, master })
}

async fn migrated(config: &ProcessConfig) -> Result<Store, BootError> {
    let store = Store::open(&config.store).await.map_err(database_failure)?;
    let applied = store.migrate().await.map_err(database_failure)?;
    if !applied.is_empty() {
        tracing::info!(migrations = applied.join(", "), "the schema was migrated");
    }
    Ok(store)
}

/// A failure of the store as the end of a start, with what to do about it.
pub fn database_failure(error: StoreError) -> BootError {
    let fix = error
        .fix()
        .map_or_else(String::new, |fix| format!("; {fix}"));
    BootError::database(format!("{}{fix}", error_chain(&error)))
}

impl Foundation {
    /// Reads the configuration from the open store and keeps it up to date from here on. What files add to the store must be
    /// there before; `overlay` lies over what the store holds.
    ///
    /// # Errors
    /// When the configuration cannot be read.
    pub async fn lay(
        config: ProcessConfig,
        options: StartOptions,
        Opened { store, master }: Opened,
        overlay: Overlay,
    ) -> Result<Self, BootError> {
        let settings = FeedSettings {
            poll_interval: config.common.poll_interval,
            ..FeedSettings::default()
        };
        let feed = Feed::start(store.clone(), overlay, master.clone(), settings)
            .await
            .map_err(database_failure)?;
        let tasks = Tasks::new(options.background.clone());
        let fed = feed.clone();
        tasks.until_cancelled("change feed", async move { match fed.run().await {} });
        if let Some(tls) = &config.common.listening.tls {
            tasks.until_cancelled("certificate", tls.clone().watch());
        }
        Ok(Self {
            config,
            licence: options.licence,
            not_built: options.loaded.not_built,
            background: options.background,
            tasks,
            drain: Drain::new(),
            store,
            feed,
            master,
            timing: options.drain,
        })
    }

    /// Keeps a service unready for as long as its configuration is too old.
    pub(super) fn watch_configuration(&self, readiness: Readiness) {
        let (feed, max_staleness) = (self.feed.clone(), self.config.common.max_staleness);
        self.tasks.until_cancelled("configuration", async move {
            loop {
                tokio::time::sleep(WATCH).await;
                let staleness = feed.staleness();
                if staleness > max_staleness {
                    let reason = format!("not confirmed for {} s", staleness.as_secs());
                    readiness.fail("configuration", reason);
                } else {
                    readiness.clear("configuration");
                }
            }
        });
    }
}

/// The key that opens stored credentials; derived once, apart from the runtime, since it takes tens of milliseconds.
async fn master_key(
    config: &ProcessConfig,
    derived: Option<MasterKey>,
) -> Result<Option<Arc<MasterKey>>, BootError> {
    if let Some(key) = derived {
        return Ok(Some(Arc::new(key)));
    }
    let Some(password) = config.common.master_password.clone() else {
        return Ok(None);
    };
    let key = tokio::task::spawn_blocking(move || MasterKey::derive(&password))
        .await
        .map_err(boot_failure)?;
    Ok(Some(Arc::new(key)))
}
