//! Settlements of several batches that become safe together.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use dvara_store::usage::UsageRow;
use dvara_types::EpochId;
use tokio::time::Instant;

use super::database::{Database, Unwritten};
use crate::counters::CoreCounters;
use crate::ledgers::Batch;

/// From being handed over to going into the spool, unless the database has it by then. With the 50 ms on the core
/// before it and the sync to disk after it, a settlement is safe within 250 ms (design §2).
const SAFE_AFTER: Duration = Duration::from_millis(120);

/// What the database is given at least, when a group had to wait for the one before it.
const LEAST: Duration = Duration::from_millis(25);

/// After this long without an answer a write is given up and the database is lost: by then it is not slow, it hangs.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long batches wait for others to be written with: a transaction costs the database as much as fifty rows.
const GATHER_FOR: Duration = Duration::from_millis(40);

/// Rows of one group, at most about so many.
const MOST: usize = 4_096;

/// Rows, whose they are, and until when they should be safe.
#[derive(Debug, Default)]
pub(crate) struct Group {
    rows: Vec<UsageRow>,
    shares: Shares,
    /// When the oldest batch was handed over; absent while the group is empty.
    since: Option<Instant>,
}

impl Group {
    pub(crate) fn add(&mut self, batch: Batch, epoch: &EpochId) {
        let handed_over = Instant::from_std(batch.handed_over);
        let since = self.since.get_or_insert(handed_over);
        *since = (*since).min(handed_over);
        self.shares.add(batch.core, batch.settlements.len() as u64);
        let settled = batch.settlements.into_iter();
        self.rows
            .extend(settled.map(|settlement| settlement.into_row(epoch.clone())));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= MOST
    }

    /// When to do something about it though more may come.
    pub(crate) fn ripe(&self) -> Option<Instant> {
        let gathering = if self.is_full() {
            Duration::ZERO
        } else {
            GATHER_FOR
        };
        self.since.map(|since| since + gathering)
    }

    /// When it has to be on its way into the spool.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.since.map(|since| since + SAFE_AFTER)
    }

    /// Its rows and whose they are.
    pub(crate) fn into_parts(self) -> (Arc<Vec<UsageRow>>, Shares) {
        (Arc::new(self.rows), self.shares)
    }
}

/// How many settlements of a group are whose.
#[derive(Debug, Default)]
pub(crate) struct Shares(Vec<(Arc<CoreCounters>, u64)>);

impl Shares {
    fn add(&mut self, core: Arc<CoreCounters>, settlements: u64) {
        match self
            .0
            .iter_mut()
            .find(|(known, _)| Arc::ptr_eq(known, &core))
        {
            Some((_, count)) => *count += settlements,
            None => self.0.push((core, settlements)),
        }
    }

    /// They are safe, or known to be lost. Counts once, however often it is called.
    pub(crate) fn recorded(&mut self) {
        for (core, settlements) in self.0.drain(..) {
            core.recorded.add(settlements);
        }
    }
}

/// A group on its way into the database.
pub(crate) struct Writing {
    pub(crate) rows: Arc<Vec<UsageRow>>,
    pub(crate) shares: Shares,
    due: Instant,
    /// How many of its rows, from the front, are in the spool; `None` unless it is late.
    pub(crate) spooled: Option<usize>,
    write: Pin<Box<dyn Future<Output = Result<u64, Unwritten>> + Send>>,
}

impl Writing {
    pub(crate) fn start(group: Group, database: Arc<Database>) -> Self {
        let least = Instant::now() + LEAST;
        let due = group.due().map_or(least, |due| due.max(least));
        let (rows, shares) = group.into_parts();
        let write = {
            let rows = Arc::clone(&rows);
            async move { database.write(&rows, Instant::now() + PATIENCE).await }
        };
        Self {
            rows,
            shares,
            due,
            spooled: None,
            write: Box::pin(write),
        }
    }

    /// When its rows have to be on their way into the spool; `None` once they are there.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.spooled.is_none().then_some(self.due)
    }

    /// Waits for its end: how many rows the database has now.
    pub(crate) async fn ended(&mut self) -> Result<u64, Unwritten> {
        self.write.as_mut().await
    }
}
