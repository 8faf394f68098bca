//! What the ledger counts about itself, for metrics and readiness.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What the ledger of a process has counted since it started, over all cores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Calls opened.
    pub opened: u64,
    /// Calls settled.
    pub settled: u64,
    /// Calls refused because too many were open or not yet recorded.
    pub refused_full: u64,
    /// Settlements handed over by the cores.
    pub handed_over: u64,
    /// Settlements that are in the database because this process put them there at once.
    pub written: u64,
    /// Settlements that went to the spool.
    pub spooled: u64,
    /// Settlements that waited in a spool, this process's or a dead one's, and are in the database now.
    pub replayed: u64,
    /// Settlements lost: the spool was full or broken, the database refused a row for what it held, or a call was
    /// settled after the ledger was closed.
    pub dropped: u64,
    /// Spool records that could not be read back.
    pub damaged: u64,
    /// Bytes in the spool that wait for the database, in this process's own segments.
    pub spool_bytes: u64,
    /// Whether the database took the last batch.
    pub database_up: bool,
}

/// The counters of one core, or of the writer. Written by one thread each, so that they cost a plain add.
#[derive(Debug, Default)]
pub(crate) struct CoreCounters {
    pub(crate) opened: Count,
    pub(crate) settled: Count,
    pub(crate) refused_full: Count,
    pub(crate) handed_over: Count,
    /// Settlements that came when nobody took them any more.
    pub(crate) too_late: Count,
    /// Settlements of this core that are safe, or known to be lost; written by the writer.
    pub(crate) recorded: Count,
}

impl CoreCounters {
    /// Calls of this core that are open or not yet recorded.
    pub(crate) fn outstanding(&self) -> u64 {
        let recorded = self.recorded.get();
        self.opened.get().saturating_sub(recorded)
    }
}

/// A number that one thread adds to and any thread reads.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Adds without a locked instruction: there is one writer.
    pub(crate) fn add(&self, more: u64) {
        self.0
            .store(self.get().wrapping_add(more), Ordering::Release);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// The counters of a process: one set per core, and the background half's own.
#[derive(Debug)]
pub(crate) struct AllCounters {
    cores: Mutex<Vec<Arc<CoreCounters>>>,
    pub(crate) written: AtomicU64,
    pub(crate) spooled: AtomicU64,
    pub(crate) replayed: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) damaged: AtomicU64,
    pub(crate) spool_bytes: AtomicU64,
    pub(crate) database_up: AtomicBool,
    pub(crate) spool_full: AtomicBool,
}

impl AllCounters {
    pub(crate) fn new() -> Self {
        Self {
            cores: Mutex::default(),
            written: AtomicU64::new(0),
            spooled: AtomicU64::new(0),
            replayed: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            damaged: AtomicU64::new(0),
            spool_bytes: AtomicU64::new(0),
            database_up: AtomicBool::new(true),
            spool_full: AtomicBool::new(false),
        }
    }

    pub(crate) fn core(&self) -> Arc<CoreCounters> {
        let counters = Arc::new(CoreCounters::default());
        self.cores
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::clone(&counters));
        counters
    }

    pub(crate) fn read(&self) -> Counters {
        let mut sum = Counters {
            written: self.written.load(Ordering::Relaxed),
            spooled: self.spooled.load(Ordering::Relaxed),
            replayed: self.replayed.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            damaged: self.damaged.load(Ordering::Relaxed),
            spool_bytes: self.spool_bytes.load(Ordering::Relaxed),
            database_up: self.database_up.load(Ordering::Relaxed),
            ..Counters::default()
        };
        for core in self
            .cores
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
        {
            // Settled before opened, so that a call that runs meanwhile never shows as settled but not opened.
            sum.handed_over += core.handed_over.get();
            sum.settled += core.settled.get();
            sum.refused_full += core.refused_full.get();
            sum.dropped += core.too_late.get();
            sum.opened += core.opened.get();
        }
        sum
    }

    /// Calls that are open, or settled and neither stored nor spooled yet.
    pub(crate) fn unrecorded(&self) -> u64 {
        let cores = self.cores.lock().unwrap_or_else(PoisonError::into_inner);
        cores.iter().map(|core| core.outstanding()).sum()
    }
}
