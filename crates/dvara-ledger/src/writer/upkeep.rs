//! What has to be done now and then, whether calls come or not: signs of life, partitions made and dropped, folders of
//! the dead.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{Days, NaiveDate, Utc};
use dvara_store::usage;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::closing::Closing;
use super::database::Database;
use crate::spool::Folder;

/// Between two signs of life of this process's epoch.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(10);
/// An epoch that has not been seen for this long, and was not closed, belongs to a dead process.
pub(crate) const DEAD_AFTER: Duration = Duration::from_secs(60);
/// Between two looks at the spools of dead processes: one that this process outlives on a shared volume, or one that
/// was still stopping when this process started.
const ADOPT_EVERY: Duration = Duration::from_secs(60);
/// Between two looks at partitions.
const PARTITIONS_EVERY: Duration = Duration::from_secs(3600);
/// Partitions are made from yesterday, for replays and clocks that are behind, to so many days ahead.
const DAYS_AHEAD: u64 = 3;

pub(crate) struct Upkeep {
    pub(crate) database: Arc<Database>,
    pub(crate) spool_directory: PathBuf,
    pub(crate) orphans: Arc<Mutex<VecDeque<Folder>>>,
    /// Days before today whose rows are kept; all where absent.
    pub(crate) keep_days: Option<u32>,
}

impl Upkeep {
    /// Runs until the ledger is closing.
    pub(crate) async fn run(self, mut closing: Closing) {
        let mut life = interval_at(Instant::now() + SIGN_OF_LIFE_EVERY, SIGN_OF_LIFE_EVERY);
        let mut adopt = interval_at(Instant::now() + ADOPT_EVERY, ADOPT_EVERY);
        let mut partitions = interval_at(Instant::now() + PARTITIONS_EVERY, PARTITIONS_EVERY);
        for each in [&mut life, &mut adopt, &mut partitions] {
            each.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        loop {
            tokio::select! {
                _ = closing.word() => return,
                _ = life.tick() => {
                    // While the database is lost the replay looks for it, and that is a sign of life too.
                    if self.database.is_up() {
                        let _seen_or_noted_as_lost = self.database.sign_of_life().await;
                    }
                }
                _ = adopt.tick() => self.adopt().await,
                _ = partitions.tick() => {
                    ensure_partitions(&self.database).await;
                    self.drop_old_days().await;
                }
            }
        }
    }

    /// Drops the rows of days that nobody wants any more, where there is such a limit. Several processes may try.
    pub(crate) async fn drop_old_days(&self) {
        let Some(first_kept) = self.keep_days.and_then(first_kept) else {
            return;
        };
        match usage::drop_before(self.database.store(), first_kept).await {
            Ok(0) => {}
            Ok(days) => tracing::info!(days, %first_kept, "usage rows of old days were dropped"),
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot drop old usage; trying again later"
            ),
        }
    }

    /// Takes over the folders of processes that died since the last look, and has them replayed.
    pub(crate) async fn adopt(&self) {
        let (root, orphans) = (self.spool_directory.clone(), Arc::clone(&self.orphans));
        let adopting = tokio::task::spawn_blocking(move || {
            let found = Folder::adopt(&root)?;
            let count = found.len();
            orphans
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(found);
            Ok::<_, std::io::Error>(count)
        });
        match adopting.await.expect("adopting does not panic") {
            Ok(0) => {}
            Ok(folders) => {
                tracing::info!(folders, "replaying the spool of processes that died");
                self.database.replay_wanted.notify_one();
            }
            Err(error) => tracing::warn!(%error, "cannot look for the spools of dead processes"),
        }
    }
}

fn first_kept(keep_days: u32) -> Option<NaiveDate> {
    let today = Utc::now().date_naive();
    today.checked_sub_days(Days::new(keep_days.into()))
}

/// Makes the partitions of the days to come. Without them rows go to the default partition, so failing is no disaster.
pub(crate) async fn ensure_partitions(database: &Database) {
    let today = Utc::now().date_naive();
    let first = today.checked_sub_days(Days::new(1)).unwrap_or(today);
    let last = today
        .checked_add_days(Days::new(DAYS_AHEAD))
        .unwrap_or(today);
    if let Err(error) = usage::ensure_partitions(database.store(), first, last).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "cannot make partitions for usage; trying again later"
        );
    }
}
