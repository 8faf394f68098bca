//! Settlements as the cores hand them over: shown to the observers, then into the database or, failing that, the spool.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use dvara_types::EpochId;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::Observer;
use super::closing::Closing;
use super::database::{Database, Unwritten};
use super::group::{Group, Shares, Writing};
use super::late::Late;
use super::spooling::spool_rows;
use crate::counters::AllCounters;
use crate::ledgers::Batch;
use crate::spool::Spool;

pub(crate) struct Intake {
    pub(crate) inbox: mpsc::UnboundedReceiver<Batch>,
    pub(crate) observers: Vec<Observer>,
    pub(crate) database: Arc<Database>,
    pub(crate) spool: Arc<Mutex<Spool>>,
    pub(crate) late: Arc<Late>,
    pub(crate) counters: Arc<AllCounters>,
    pub(crate) epoch: EpochId,
    /// Gathers while a group is being written.
    pub(crate) waiting: Group,
    pub(crate) writing: Option<Writing>,
}

impl Intake {
    /// Runs until the ledger is closed and everything handed over by then is safe.
    pub(crate) async fn run(mut self, mut closing: Closing) {
        let mut more_comes = true;
        while more_comes || !self.waiting.is_empty() || self.is_unsafe() {
            let due = self.next_due(more_comes);
            tokio::select! {
                biased;
                _ = closing.word(), if !self.inbox.is_closed() => {
                    // No more from now on, but what was sent before still comes.
                    self.inbox.close();
                }
                outcome = ended(&mut self.writing), if self.writing.is_some() => {
                    self.end_of_write(outcome).await;
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.act(more_comes).await;
                }
                batch = self.inbox.recv(), if more_comes && !self.waiting.is_full() => {
                    match batch {
                        Some(batch) => self.accept(batch),
                        None => more_comes = false,
                    }
                }
            }
        }
        // A late write that nobody waits for: its rows are safe.
        self.end_of_write(Err(Unwritten)).await;
    }

    fn is_unsafe(&self) -> bool {
        self.writing.as_ref().and_then(Writing::due).is_some()
    }

    fn accept(&mut self, first: Batch) {
        let mut next = Some(first);
        while let Some(batch) = next {
            for observer in &self.observers {
                observer(&batch.settlements);
            }
            self.waiting.add(batch, &self.epoch);
            next = match self.waiting.is_full() {
                false => self.inbox.try_recv().ok(),
                true => None,
            };
        }
    }

    /// When something has to be done that nobody tells us about.
    fn next_due(&self, more_comes: bool) -> Option<Instant> {
        let for_waiting = match &self.writing {
            Some(_) => self.waiting.due(),
            None if more_comes => self.waiting.ripe(),
            None => self.waiting.ripe().map(|_| Instant::now()),
        };
        let for_writing = self.writing.as_ref().and_then(Writing::due);
        for_waiting.into_iter().chain(for_writing).min()
    }

    async fn act(&mut self, more_comes: bool) {
        let now = Instant::now();
        let is_due = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        if is_due(self.writing.as_ref().and_then(Writing::due)) {
            self.spool_late_rows().await;
        }
        if self.writing.is_some() {
            if is_due(self.waiting.due()) {
                self.spool_waiting().await;
            }
        } else if is_due(self.waiting.ripe()) || !more_comes {
            if self.database.is_up() {
                let group = std::mem::take(&mut self.waiting);
                self.writing = Some(Writing::start(group, Arc::clone(&self.database)));
            } else {
                self.spool_waiting().await;
            }
        }
    }

    /// What waits has waited long enough, or the database is lost.
    async fn spool_waiting(&mut self) {
        let (rows, mut shares) = std::mem::take(&mut self.waiting).into_parts();
        let kept = spool_rows(&self.spool, &self.counters, Arc::clone(&rows)).await;
        self.lost(rows.len() - kept, &mut shares);
        self.database.replay_wanted.notify_one();
    }

    /// The write is late: its rows are made safe while it goes on.
    async fn spool_late_rows(&mut self) {
        let Some(writing) = &mut self.writing else {
            return;
        };
        self.late.begin();
        let rows = Arc::clone(&writing.rows);
        let kept = spool_rows(&self.spool, &self.counters, rows).await;
        if kept == writing.rows.len() {
            writing.shares.recorded();
        }
        writing.spooled = Some(kept);
    }

    async fn end_of_write(&mut self, outcome: Result<u64, Unwritten>) {
        let Some(mut writing) = self.writing.take() else {
            return;
        };
        match (outcome, writing.spooled) {
            (Ok(written), None) => {
                self.counters.written.fetch_add(written, Ordering::Relaxed);
                writing.shares.recorded();
                return;
            }
            (Ok(written), Some(kept)) => {
                // Of rows that the database refused some may be among those in the spool: counted once all the same.
                let replayed = written.min(kept as u64);
                let at_once = written - replayed;
                self.counters
                    .replayed
                    .fetch_add(replayed, Ordering::Relaxed);
                self.counters.written.fetch_add(at_once, Ordering::Relaxed);
                self.late.end(&writing.rows[..kept]);
                writing.shares.recorded();
            }
            (Err(Unwritten), None) => {
                let rows = Arc::clone(&writing.rows);
                let kept = spool_rows(&self.spool, &self.counters, rows).await;
                self.lost(writing.rows.len() - kept, &mut writing.shares);
            }
            (Err(Unwritten), Some(kept)) => {
                self.late.end(&[]);
                self.lost(writing.rows.len() - kept, &mut writing.shares);
            }
        }
        self.database.replay_wanted.notify_one();
    }

    /// The rows of a group are in the spool, but for so many that are lost.
    fn lost(&self, dropped: usize, shares: &mut Shares) {
        self.counters
            .dropped
            .fetch_add(dropped as u64, Ordering::Relaxed);
        shares.recorded();
    }
}

async fn ended(writing: &mut Option<Writing>) -> Result<u64, Unwritten> {
    match writing {
        Some(writing) => writing.ended().await,
        None => std::future::pending().await,
    }
}
