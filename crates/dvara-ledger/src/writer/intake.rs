//! Settlements as the cores hand them over: shown to the observers, then into the database or, failing that, the spool.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dvara_store::usage::UsageRow;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Observer;
use super::closing::Closing;
use super::database::Database;
use crate::Settlement;
use crate::counters::AllCounters;
use crate::ledgers::Batch;
use crate::spool::record::Record;
use crate::spool::{Lost, Spool};

/// From being handed over to being given up on by the database and going to the spool. With the 50 ms on the core
/// before it and the sync to disk after it, a settlement is safe within 250 ms (design §2).
const DATABASE_LIMIT: Duration = Duration::from_millis(120);

/// What the database is given at least, when a batch had to wait for the one before it.
const LEAST_LIMIT: Duration = Duration::from_millis(25);

/// Rows of one statement, at most about so many: batches that have come in meanwhile are merged.
const MERGED: usize = 2_048;

pub(crate) struct Intake {
    pub(crate) inbox: mpsc::UnboundedReceiver<Batch>,
    pub(crate) observers: Vec<Observer>,
    pub(crate) database: Arc<Database>,
    pub(crate) spool: Arc<Mutex<Spool>>,
    pub(crate) counters: Arc<AllCounters>,
    pub(crate) epoch: dvara_types::EpochId,
}

impl Intake {
    /// Runs until the ledger is closed and everything handed over by then is safe.
    pub(crate) async fn run(mut self, mut closing: Closing) {
        loop {
            let first = tokio::select! {
                biased;
                _ = closing.word(), if !self.inbox.is_closed() => {
                    // No more from now on, but what was sent before still comes.
                    self.inbox.close();
                    continue;
                }
                first = self.inbox.recv() => first,
            };
            let Some(first) = first else { return };
            let batches = self.merge(first);
            self.record(batches).await;
        }
    }

    fn merge(&mut self, first: Batch) -> Vec<Batch> {
        let mut rows = first.settlements.len();
        let mut batches = vec![first];
        while rows < MERGED
            && let Ok(next) = self.inbox.try_recv()
        {
            rows += next.settlements.len();
            batches.push(next);
        }
        batches
    }

    async fn record(&self, batches: Vec<Batch>) {
        let now = Instant::now();
        let mut deadline = now + DATABASE_LIMIT;
        let mut rows: Vec<UsageRow> = vec![];
        let mut shares = Vec::with_capacity(batches.len());
        for batch in batches {
            self.show(&batch.settlements);
            deadline = deadline.min(Instant::from_std(batch.handed_over) + DATABASE_LIMIT);
            shares.push((batch.core, batch.settlements.len() as u64));
            let settled = batch.settlements.into_iter();
            rows.extend(settled.map(|settlement| settlement.into_row(self.epoch.clone())));
        }
        self.keep(rows, deadline.max(now + LEAST_LIMIT)).await;
        for (core, settlements) in shares {
            core.recorded.add(settlements);
        }
    }

    fn show(&self, settlements: &[Settlement]) {
        for observer in &self.observers {
            observer(settlements);
        }
    }

    async fn keep(&self, rows: Vec<UsageRow>, deadline: Instant) {
        if self.database.is_up()
            && let Ok(written) = self.database.write(&rows, deadline).await
        {
            self.counters.written.fetch_add(written, Ordering::Relaxed);
            return;
        }
        let records = rows
            .into_iter()
            .map(|row| Record::Settled(Box::new(row)))
            .collect();
        spool(&self.spool, &self.counters, records).await;
        self.database.replay_wanted.notify_one();
    }
}

/// Puts records into the spool, and counts what found no room there.
pub(crate) async fn spool(
    spool: &Arc<Mutex<Spool>>,
    counters: &Arc<AllCounters>,
    records: Vec<Record>,
) {
    let (spool, counters) = (Arc::clone(spool), Arc::clone(counters));
    let appending = tokio::task::spawn_blocking(move || {
        let mut spool = spool.lock().unwrap_or_else(PoisonError::into_inner);
        let appended = spool.append(&records);
        let settled = |part: &[Record]| {
            part.iter()
                .filter(|each| matches!(each, Record::Settled(_)))
                .count()
        };
        let (kept, dropped) = records.split_at(appended.kept);
        counters
            .spooled
            .fetch_add(settled(kept) as u64, Ordering::Relaxed);
        counters
            .dropped
            .fetch_add(settled(dropped) as u64, Ordering::Relaxed);
        counters.spool_bytes.store(spool.bytes(), Ordering::Relaxed);
        note_condition(&counters, appended.lost.as_ref());
    });
    appending.await.expect("the spool does not panic");
}

/// Says once when the spool begins and ceases to lose settlements.
fn note_condition(counters: &AllCounters, lost: Option<&Lost>) {
    match lost {
        Some(lost) => {
            if !counters.spool_full.swap(true, Ordering::AcqRel) {
                tracing::error!(
                    error = lost as &dyn std::error::Error,
                    "settlements are being lost: the database is away and the spool takes no more"
                );
            }
        }
        None => counters.spool_full.store(false, Ordering::Release),
    }
}
