//! The change feed: keeps a compiled snapshot no older than the last answer of the database.
//!
//! `config_versions` is polled; a notification, where one comes through, only makes the next poll come earlier, so a
//! lost notification or a pooler that swallows them costs half a second and nothing else. A changed area is read whole
//! in one transaction with the versions it belongs to, compiled, and swapped in. While the database is away the last
//! good snapshot serves.

mod counters;
mod listen;

use std::collections::HashSet;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use chrono::Utc;
use dvara_crypto::envelope::MasterKey;
use tokio::sync::{Mutex, Notify};

use self::counters::Counters;
pub use self::counters::FeedCounters;
use crate::error::StoreError;
use crate::rows::config_versions::{self, Area, Versions};
use crate::rows::{
    api_keys, credentials, output_schemas, policies, prompt_templates, routes, tenants,
};
use crate::snapshot::{BrokenRow, Changes, Overlay, Snapshot};
use crate::store::Store;

/// How the feed works.
#[derive(Debug, Clone, Copy)]
pub struct FeedSettings {
    /// How long to wait between two polls (`dvara.config.poll-interval-ms`).
    pub poll_interval: Duration,
    /// Whether to open a connection of its own for notifications. Off where a transaction pooler swallows them anyway.
    pub listen: bool,
}

impl Default for FeedSettings {
    fn default() -> Self {
        Self {
            poll_interval: Duration::from_millis(500),
            listen: true,
        }
    }
}

/// How long one poll or reload may take before it counts as failed; a server that hangs is as good as gone.
const POLL_LIMIT: Duration = Duration::from_secs(20);

/// The configuration of this process, kept up to date. Cheap to clone; all clones see the same snapshot.
#[derive(Clone)]
pub struct Feed {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    overlay: Overlay,
    master: Option<Arc<MasterKey>>,
    settings: FeedSettings,
    current: ArcSwap<Snapshot>,
    /// The versions that `current` was read at. Held while polling, so that there is one poll at a time.
    loaded: Mutex<Versions>,
    wake: Notify,
    started: Instant,
    /// Microseconds from `started` to the last poll that succeeded.
    confirmed: AtomicU64,
    counters: Counters,
}

impl fmt::Debug for Feed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Feed").finish_non_exhaustive()
    }
}

impl Feed {
    /// Loads the first snapshot. [`Self::run`] keeps it up to date.
    ///
    /// # Errors
    /// When the database does not answer or is not migrated.
    pub async fn start(
        store: Store,
        overlay: Overlay,
        master: Option<Arc<MasterKey>>,
        settings: FeedSettings,
    ) -> Result<Self, StoreError> {
        let feed = Self {
            shared: Arc::new(Shared {
                current: ArcSwap::from_pointee(Snapshot::empty(&overlay)),
                store,
                overlay,
                master,
                settings,
                loaded: Mutex::default(),
                wake: Notify::new(),
                started: Instant::now(),
                confirmed: AtomicU64::new(0),
                counters: Counters::default(),
            }),
        };
        let mut loaded = feed.shared.loaded.lock().await;
        feed.reload(&mut loaded, false).await?;
        feed.confirm();
        drop(loaded);
        Ok(feed)
    }

    /// The snapshot in force. Take it once per request.
    pub fn current(&self) -> Arc<Snapshot> {
        self.shared.current.load_full()
    }

    /// When the database last confirmed that the snapshot is current.
    pub fn last_confirmed(&self) -> Instant {
        let micros = self.shared.confirmed.load(Ordering::Relaxed);
        self.shared.started + Duration::from_micros(micros)
    }

    /// How long ago the database last confirmed that the snapshot is current.
    pub fn staleness(&self) -> Duration {
        self.last_confirmed().elapsed()
    }

    /// What the feed has done since it started.
    pub fn counters(&self) -> FeedCounters {
        self.shared.counters.read()
    }

    /// Makes the next poll come at once.
    pub fn wake(&self) {
        self.shared.wake.notify_one();
    }

    /// Polls and listens until it is dropped. To be spawned on the runtime that the store was opened on.
    pub async fn run(&self) -> Infallible {
        if self.shared.settings.listen {
            let (never, _) = tokio::join!(self.poll_for_ever(), listen::for_ever(&self.shared));
            never
        } else {
            self.poll_for_ever().await
        }
    }

    async fn poll_for_ever(&self) -> Infallible {
        let mut failing = false;
        loop {
            let pause = self.shared.settings.poll_interval;
            // Time passed or woken: both mean to look.
            let _woken = tokio::time::timeout(pause, self.shared.wake.notified()).await;
            let polled = tokio::time::timeout(POLL_LIMIT, self.poll()).await;
            let error = match polled {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(crate::chain(&error)),
                Err(_) => Some("the database did not answer in time".to_owned()),
            };
            self.shared.counters.polled(error.is_none());
            match &error {
                Some(error) if !failing => tracing::warn!(
                    %error,
                    "the configuration cannot be read; the last good one stays in force"
                ),
                None if failing => tracing::info!("the configuration can be read again"),
                _ => {}
            }
            failing = error.is_some();
        }
    }

    async fn poll(&self) -> Result<(), StoreError> {
        let mut loaded = self.shared.loaded.lock().await;
        let versions = config_versions::all(self.shared.store.pool()).await?;
        let grace_over = self
            .shared
            .current
            .load()
            .next_grace_end()
            .is_some_and(|end| end <= Utc::now());
        if versions != *loaded || grace_over {
            self.reload(&mut loaded, grace_over).await?;
        }
        self.confirm();
        Ok(())
    }

    fn confirm(&self) {
        let micros = self.shared.started.elapsed().as_micros();
        let micros = u64::try_from(micros).unwrap_or(u64::MAX);
        self.shared.confirmed.store(micros, Ordering::Relaxed);
    }

    /// Reads what changed and swaps it in. Versions and rows come from one transaction, so they belong together.
    async fn reload(&self, loaded: &mut Versions, grace_over: bool) -> Result<(), StoreError> {
        let began = Instant::now();
        let read = self.read(loaded, grace_over).await;
        self.shared
            .counters
            .reloaded(read.as_ref().map(|read| read.areas).ok(), began.elapsed());
        let read = read?;
        let before = self.shared.current.load_full();
        let master = self.shared.master.as_deref();
        let next = before.with(read.changes, &self.shared.overlay, master);
        report(before.broken(), next.broken());
        self.shared.current.store(Arc::new(next));
        *loaded = read.versions;
        tracing::debug!(areas = read.areas, "configuration reloaded");
        Ok(())
    }

    async fn read(&self, loaded: &Versions, grace_over: bool) -> Result<Read, StoreError> {
        let mut transaction = self.shared.store.begin_read().await?;
        let versions = config_versions::all(&mut *transaction).await?;
        let changed =
            |area: Area| !loaded.contains_key(&area) || loaded.get(&area) != versions.get(&area);
        let mut changes = Changes::default();
        if changed(Area::Tenants) || changed(Area::ApiKeys) {
            changes.callers = Some((
                tenants::all(&mut transaction).await?,
                api_keys::all(&mut transaction).await?,
            ));
        }
        if changed(Area::Routes) {
            changes.routes = Some(routes::all(&mut transaction).await?);
        }
        if changed(Area::ProviderCredentials) || grace_over {
            changes.credentials = Some((
                credentials::in_use(&mut transaction).await?,
                credentials::now(&mut transaction).await?,
            ));
        }
        if changed(Area::Policies) {
            changes.policies = Some(policies::in_force(&mut transaction).await?);
        }
        if changed(Area::PromptTemplates) {
            changes.prompt_templates = Some(prompt_templates::for_calls(&mut transaction).await?);
        }
        if changed(Area::OutputSchemas) {
            changes.output_schemas = Some(output_schemas::enabled(&mut transaction).await?);
        }
        let areas = Area::ALL.into_iter().filter(|area| changed(*area)).count();
        // Nothing was written; what a failed commit would say, the next poll finds out.
        let _ended = transaction.commit().await;
        Ok(Read {
            versions,
            changes,
            areas,
        })
    }
}

/// What one transaction read.
struct Read {
    versions: Versions,
    changes: Changes,
    areas: usize,
}

/// Names rows that are newly broken, once each.
fn report(before: &[BrokenRow], after: &[BrokenRow]) {
    let known: HashSet<&BrokenRow> = before.iter().collect();
    for row in after.iter().filter(|row| !known.contains(row)) {
        tracing::warn!(
            table = row.table,
            row.id = %row.id,
            reason = %row.reason,
            "a row of the configuration is broken and left out"
        );
    }
}
