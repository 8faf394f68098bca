//! Brings what waits in the spool into the database, in order, once the database is back.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dvara_store::usage::UsageRow;
use tokio::time::Instant;

use super::closing::Closing;
use super::database::{Database, Unwritten};
use super::late::Late;
use crate::counters::AllCounters;
use crate::spool::record::{Contents, Record};
use crate::spool::{self, Folder, Spool};

/// Rows of one statement.
const CHUNK: usize = 1_000;
/// How long one statement may take: nobody waits for it, so it may be patient.
const CHUNK_LIMIT: Duration = Duration::from_secs(10);
/// Between two looks at a lost database: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

pub(crate) struct Replay {
    pub(crate) database: Arc<Database>,
    pub(crate) spool: Arc<Mutex<Spool>>,
    pub(crate) late: Arc<Late>,
    pub(crate) counters: Arc<AllCounters>,
    /// Folders of dead processes, oldest first; the upkeep finds more.
    pub(crate) orphans: Arc<Mutex<VecDeque<Folder>>>,
}

/// A segment that waits, and whose it is.
#[derive(Debug, Clone)]
enum Waiting {
    Own(PathBuf),
    Orphan(PathBuf),
}

/// Why a replay stopped before the end.
#[derive(Debug)]
enum Stopped {
    Database,
    Disk(std::io::Error),
}

impl From<Unwritten> for Stopped {
    fn from(_: Unwritten) -> Self {
        Self::Database
    }
}

impl Replay {
    /// Runs until the ledger is closing, then once more over what is left, as far as the deadline allows.
    /// `intake_done` says when nothing more will come to the spool.
    pub(crate) async fn run(&self, mut closing: Closing, intake_done: impl Future<Output = ()>) {
        let deadline = tokio::select! {
            never = self.replay_when_wanted() => never,
            deadline = closing.word() => deadline,
        };
        intake_done.await;
        // A replay that is cut off is none the worse for it: the segment stays, and its rows are only new once.
        let last = tokio::time::timeout_at(deadline, self.attempt()).await;
        if !matches!(last, Ok(Ok(()))) {
            tracing::warn!("the ledger stops while settlements wait in the spool for the database");
        }
    }

    async fn replay_when_wanted(&self) -> ! {
        loop {
            let mut pause = FIRST_PAUSE;
            while self.attempt().await.is_err() {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            self.database.replay_wanted.notified().await;
        }
    }

    /// Reaches for the database, if it is lost, and replays everything.
    async fn attempt(&self) -> Result<(), Stopped> {
        if !self.database.is_up() {
            self.database.sign_of_life().await?;
        }
        match self.replay_all().await {
            Ok(()) => {
                self.counters.spool_full.store(false, Ordering::Release);
                Ok(())
            }
            Err(stopped) => {
                if let Stopped::Disk(error) = &stopped {
                    tracing::error!(%error, "cannot read the spool back");
                }
                Err(stopped)
            }
        }
    }

    async fn replay_all(&self) -> Result<(), Stopped> {
        while let Some(waiting) = self.next().await? {
            let (Waiting::Own(segment) | Waiting::Orphan(segment)) = waiting.clone();
            if let Waiting::Own(_) = waiting {
                // Nothing is added to the segment any more; what the database works on now may be in it.
                self.late.none().await;
            }
            let mut contents = blocking(move || spool::read(&segment)).await?;
            self.late.take_written(&mut contents);
            self.write(std::mem::take(&mut contents.records)).await?;
            self.done_with(waiting, contents).await?;
        }
        Ok(())
    }

    /// The oldest segment: those of dead processes come first. It stays where it is until it is done with.
    async fn next(&self) -> Result<Option<Waiting>, Stopped> {
        let (own, orphans) = (Arc::clone(&self.spool), Arc::clone(&self.orphans));
        blocking(move || {
            let mut orphans = locked(&orphans);
            while let Some(folder) = orphans.front() {
                if let Some(segment) = folder.segments()?.into_iter().next() {
                    return Ok(Some(Waiting::Orphan(segment)));
                }
                if let Some(empty) = orphans.pop_front() {
                    empty.remove();
                }
            }
            Ok(locked(&own).oldest()?.map(Waiting::Own))
        })
        .await
    }

    async fn write(&self, records: Vec<Record>) -> Result<(), Stopped> {
        let mut rows: Vec<UsageRow> = vec![];
        for record in records {
            match record {
                Record::Settled(row) => rows.push(*row),
                Record::Closed { epoch, dropped } => {
                    self.write_rows(&mut rows).await?;
                    self.database.close_epoch(&epoch, dropped).await?;
                }
            }
            if rows.len() >= CHUNK {
                self.write_rows(&mut rows).await?;
            }
        }
        self.write_rows(&mut rows).await
    }

    async fn write_rows(&self, rows: &mut Vec<UsageRow>) -> Result<(), Stopped> {
        if !rows.is_empty() {
            let replayed = self
                .database
                .write(rows, Instant::now() + CHUNK_LIMIT)
                .await?;
            self.counters
                .replayed
                .fetch_add(replayed, Ordering::Relaxed);
            rows.clear();
        }
        Ok(())
    }

    async fn done_with(&self, waiting: Waiting, contents: Contents) -> Result<(), Stopped> {
        if contents.unreadable > 0 {
            tracing::error!(
                records = contents.unreadable,
                "records of the spool can't be read; their segment is kept"
            );
            self.counters
                .damaged
                .fetch_add(contents.unreadable, Ordering::Relaxed);
        }
        let (own, counters) = (Arc::clone(&self.spool), Arc::clone(&self.counters));
        blocking(move || match waiting {
            Waiting::Orphan(segment) => spool::discard(&segment, &contents),
            Waiting::Own(segment) => {
                let mut own = locked(&own);
                own.replayed(&segment, &contents)?;
                counters.spool_bytes.store(own.bytes(), Ordering::Relaxed);
                counters.spool_full.store(false, Ordering::Release);
                Ok(())
            }
        })
        .await
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Stopped> {
    tokio::task::spawn_blocking(work)
        .await
        .expect("the spool does not panic")
        .map_err(Stopped::Disk)
}
