//! The database as the ledger sees it: up, or lost until the replay has reached it again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dvara_store::usage::{self, UsageRow};
use dvara_store::{Store, StoreError, epochs};
use dvara_types::EpochId;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::counters::AllCounters;

/// How long a sign of life may take.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Database {
    store: Store,
    epoch: EpochId,
    counters: Arc<AllCounters>,
    /// Wakes the replay: the database was lost, or something went to the spool.
    pub(crate) replay_wanted: Notify,
}

/// The batch is not known to be in the database.
#[derive(Debug)]
pub(crate) struct Unwritten;

impl Database {
    pub(crate) fn new(store: Store, epoch: EpochId, counters: Arc<AllCounters>) -> Self {
        Self {
            store,
            epoch,
            counters,
            replay_wanted: Notify::new(),
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn is_up(&self) -> bool {
        self.counters.database_up.load(Ordering::Acquire)
    }

    /// Puts the rows into the database, and says how many of them it has now: rows that it refuses for what they hold
    /// are counted as dropped and named in the log, since no replay would ever get them in.
    pub(crate) async fn write(
        &self,
        rows: &[UsageRow],
        deadline: Instant,
    ) -> Result<u64, Unwritten> {
        let mut refused = vec![];
        let mut left = vec![rows];
        while let Some(part) = left.pop() {
            let limit = deadline.saturating_duration_since(Instant::now());
            match usage::insert_batch(&self.store, part, limit).await {
                Ok(_) => {}
                Err(error) if usage::is_fault_of_a_row(&error) => match part {
                    [row] => refused.push((row, error)),
                    // One row spoils its batch: halve until it is found.
                    _ => {
                        let (first, second) = part.split_at(part.len() / 2);
                        left.push(second);
                        left.push(first);
                    }
                },
                Err(error) => {
                    self.lost(&error);
                    return Err(Unwritten);
                }
            }
        }
        for (row, error) in &refused {
            tracing::error!(
                settlement.id = %row.id,
                error = error as &dyn std::error::Error,
                "the database refuses a usage row for what it holds; the row is lost"
            );
        }
        self.counters
            .dropped
            .fetch_add(refused.len() as u64, Ordering::Relaxed);
        Ok((rows.len() - refused.len()) as u64)
    }

    /// Notes that this process lives, and with it that the database answers.
    pub(crate) async fn sign_of_life(&self) -> Result<(), Unwritten> {
        let dropped = self.counters.read().dropped;
        match epochs::seen(&self.store, &self.epoch, dropped, SIGN_OF_LIFE).await {
            Ok(()) => {
                if !self.counters.database_up.swap(true, Ordering::AcqRel) {
                    tracing::info!("the database answers again");
                }
                Ok(())
            }
            Err(error) => {
                self.lost(&error);
                Err(Unwritten)
            }
        }
    }

    /// Closes an epoch.
    pub(crate) async fn close_epoch(&self, epoch: &EpochId, dropped: u64) -> Result<(), Unwritten> {
        epochs::close(&self.store, epoch, dropped, SIGN_OF_LIFE)
            .await
            .map_err(|error| {
                self.lost(&error);
                Unwritten
            })
    }

    fn lost(&self, error: &StoreError) {
        if self.counters.database_up.swap(false, Ordering::AcqRel) {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "the database is lost; usage goes to the spool"
            );
        }
        self.replay_wanted.notify_one();
    }
}
