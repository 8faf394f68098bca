//! The background half: settlements from all cores go to the observers and then into the database, or into the spool.

mod closing;
mod database;
mod group;
mod intake;
mod late;
mod replay;
mod spooling;
mod start;
mod upkeep;

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dvara_store::Store;
use dvara_store::epochs::IncompleteEpoch;
use dvara_types::EpochId;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::counters::{AllCounters, Counters};
use crate::ledgers::Batch;
use crate::spool::Folder;
use crate::spool::record::Record;
use crate::{LedgerSettings, Ledgers, Settlement};
use closing::Closing;
use database::Database;
use group::Group;
use intake::Intake;
use late::Late;
use replay::Replay;
use upkeep::Upkeep;

pub use start::StartError;

/// Shown every settlement once, in batches, before it is stored; for metrics and log lines. Must be quick: all cores'
/// settlements pass through it one after the other.
pub type Observer = Box<dyn Fn(&[Settlement]) + Send + Sync>;

/// Kept back from the time given to [`Writer::close`], for closing the epoch after everything is written.
const FOR_THE_EPOCH: Duration = Duration::from_millis(500);

/// The ledger did not get everything to safety in the time it was given.
#[derive(Debug, thiserror::Error)]
#[error("the ledger was not closed in time: {calls} calls are neither stored nor spooled")]
pub struct NotClosed {
    /// Calls that are lost if the process ends now, because they are open still or nobody could record them.
    pub calls: u64,
}

/// A handle on the ledger of the process. Cheap to clone, may go to any thread.
#[derive(Debug, Clone)]
pub struct Writer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    epoch: EpochId,
    open_limit: u64,
    counters: Arc<AllCounters>,
    outbox: mpsc::UnboundedSender<Batch>,
    incomplete: Vec<IncompleteEpoch>,
    /// The deadline, once the ledger is to be closed.
    closing: watch::Sender<Option<Instant>>,
    closed: watch::Sender<bool>,
}

/// The work of the ledger, to be run on the background runtime until it returns.
pub struct WriterTask {
    shared: Arc<Shared>,
    intake: Intake,
    replay: Replay,
    upkeep: Upkeep,
}

impl Writer {
    /// Starts the ledger of this process: takes a folder below the spool directory, opens the epoch, makes the
    /// partitions of the next days. Nothing is written before the returned task runs.
    ///
    /// Call it on the runtime that will run the task.
    ///
    /// # Errors
    /// When the spool or the database can't be used.
    pub async fn start(
        settings: LedgerSettings,
        store: Store,
        observers: Vec<Observer>,
    ) -> Result<(Self, WriterTask), StartError> {
        let epoch = EpochId::mint(start::unix_millis(), rand::random());
        let spool = start::open_spool(&settings, &epoch).await?;
        let incomplete = start::open_epoch(&settings, &store, &epoch)
            .await
            .map_err(StartError::OpenEpoch)?;
        let counters = Arc::new(AllCounters::new());
        let database = Arc::new(Database::new(store, epoch.clone(), Arc::clone(&counters)));
        upkeep::ensure_partitions(&database).await;

        let (outbox, inbox) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            epoch: epoch.clone(),
            open_limit: settings.open_limit,
            counters: Arc::clone(&counters),
            outbox,
            incomplete,
            closing: watch::Sender::new(None),
            closed: watch::Sender::new(false),
        });
        let spool = Arc::new(Mutex::new(spool));
        let late = Arc::new(Late::default());
        let orphans = Arc::new(Mutex::new(VecDeque::<Folder>::new()));
        let upkeep = Upkeep {
            database: Arc::clone(&database),
            spool_directory: settings.spool_directory,
            orphans: Arc::clone(&orphans),
            keep_days: settings.keep_days,
        };
        upkeep.drop_old_days().await;
        upkeep.adopt().await;
        let task = WriterTask {
            shared: Arc::clone(&shared),
            intake: Intake {
                inbox,
                observers,
                database: Arc::clone(&database),
                spool: Arc::clone(&spool),
                late: Arc::clone(&late),
                counters: Arc::clone(&counters),
                epoch,
                waiting: Group::default(),
                writing: None,
            },
            replay: Replay {
                database,
                spool,
                late,
                counters,
                orphans,
            },
            upkeep,
        };
        Ok((Self { shared }, task))
    }

    /// The ledgers of the core that calls this, once per core.
    ///
    /// # Panics
    /// Outside a `LocalRuntime` or a `LocalSet`: what waits too long is handed over by a task of the core.
    pub fn ledgers(&self) -> Ledgers {
        let shared = &self.shared;
        Ledgers::start(
            shared.counters.core(),
            shared.open_limit,
            shared.outbox.clone(),
        )
    }

    /// The epoch of this process.
    pub fn epoch(&self) -> &EpochId {
        &self.shared.epoch
    }

    /// Epochs of the last day that were not complete when this process started.
    pub fn incomplete_epochs(&self) -> &[IncompleteEpoch] {
        &self.shared.incomplete
    }

    /// What has been counted so far.
    pub fn counters(&self) -> Counters {
        self.shared.counters.read()
    }

    /// Whether settlements are being lost, because the database is away and the spool takes no more. A standing
    /// condition for readiness; it ends by itself.
    pub fn spool_is_full(&self) -> bool {
        self.shared.counters.spool_full.load(Ordering::Acquire)
    }

    /// Closes the ledger: waits until the calls that are open have ended and were handed over, for half of the time at
    /// most, gets everything into the database or the spool, and closes the epoch. What is settled afterwards is lost,
    /// so the cores stop first.
    ///
    /// # Errors
    /// When the time was not enough, or a call did not end.
    pub async fn close(&self, within: Duration) -> Result<(), NotClosed> {
        let deadline = Instant::now() + within;
        let patience = deadline - within / 2;
        while self.handed_over_is_behind() && Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let for_settlements = deadline - FOR_THE_EPOCH.min(within / 4);
        self.shared.closing.send_replace(Some(for_settlements));
        let mut closed = self.shared.closed.subscribe();
        let done = tokio::time::timeout_at(deadline, closed.wait_for(|closed| *closed)).await;
        match (done.is_ok(), self.shared.counters.unrecorded()) {
            (true, 0) => Ok(()),
            (_, calls) => Err(NotClosed { calls }),
        }
    }

    fn handed_over_is_behind(&self) -> bool {
        let counters = self.counters();
        counters.handed_over < counters.opened
    }
}

impl WriterTask {
    /// Does the work until [`Writer::close`] ends it.
    pub async fn run(self) {
        let Self {
            shared,
            intake,
            replay,
            upkeep,
        } = self;
        let (intake_runs, intake_ends) = oneshot::channel::<()>();
        let intake = async {
            intake.run(Closing::new(&shared.closing)).await;
            drop(intake_runs);
        };
        let replaying = replay.run(Closing::new(&shared.closing), async {
            // Nothing is ever sent: it ends when the other half is dropped.
            let _ended = intake_ends.await;
        });
        let upkeep = upkeep.run(Closing::new(&shared.closing));
        tokio::join!(intake, replaying, upkeep);
        close_epoch(&shared, &replay).await;
        finish(replay).await;
        shared.closed.send_replace(true);
    }
}

/// Notes the clean stop in the database or, if that is away, in the spool, for whoever replays it.
async fn close_epoch(shared: &Shared, replay: &Replay) {
    // A call that did not end by now is never recorded.
    let dropped = shared.counters.dropped.load(Ordering::Relaxed) + shared.counters.unrecorded();
    let database = &replay.database;
    if database.is_up() && database.close_epoch(&shared.epoch, dropped).await.is_ok() {
        return;
    }
    let record = Record::Closed {
        epoch: shared.epoch.clone(),
        dropped,
    };
    spooling::spool_record(&replay.spool, &replay.counters, record).await;
}

/// Lets go of the spool's folder, and removes it if nothing waits in it.
async fn finish(replay: Replay) {
    let Replay { spool, .. } = replay;
    let finishing = tokio::task::spawn_blocking(move || {
        let mut spool = spool.lock().unwrap_or_else(PoisonError::into_inner);
        spool.finish();
    });
    finishing.await.expect("the spool does not panic");
}
