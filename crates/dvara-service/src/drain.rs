//! The end of a process: what is accepted is answered, and nothing is accepted and then dropped (design §10).
//!
//! From SIGTERM on readiness is red and the listener closes once its backlog is empty. For `linger` idle connections stay open,
//! so that a request already on its way meets an open one, and every answer carries `Connection: close`; HTTP/2 has a word for
//! it, GOAWAY, and is told at once. Then idle connections close, and what runs goes on until `cut`: streams end with an error event, waiting calls with 503. At `end`
//! connections that are still there are dropped; whatever is left of the 30 s belongs to the flush.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// When each phase of a drain begins, counted from its start.
#[derive(Debug, Clone, Copy)]
pub struct DrainTiming {
    /// How long connections that are being made when the drain begins may take to be complete and taken in.
    pub settle: Duration,
    /// Idle connections close.
    pub linger: Duration,
    /// Calls that still run are ended with an error.
    pub cut: Duration,
    /// Connections that are still there are dropped. After it the ledger is flushed.
    pub end: Duration,
}

impl Default for DrainTiming {
    /// 5 s, 25 s and 25.5 s of the guide's 30 s (S121); the half second is for the error texts to be sent.
    fn default() -> Self {
        Self {
            settle: Duration::from_millis(200),
            linger: Duration::from_secs(5),
            cut: Duration::from_secs(25),
            end: Duration::from_millis(25_500),
        }
    }
}

impl DrainTiming {
    /// No patience at all, for tests that end with nothing under way.
    pub fn immediate() -> Self {
        Self {
            settle: Duration::ZERO,
            linger: Duration::ZERO,
            cut: Duration::ZERO,
            end: Duration::from_millis(500),
        }
    }
}

/// The phase a process is in, seen by all its cores.
#[derive(Clone, Default)]
pub struct Drain {
    inner: Arc<Phases>,
}

#[derive(Default)]
struct Phases {
    draining: AtomicBool,
    begun: CancellationToken,
    closing: CancellationToken,
    cutting: CancellationToken,
    ended: CancellationToken,
}

impl Drain {
    /// A process that serves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the process is on its way out.
    pub fn is_draining(&self) -> bool {
        self.inner.draining.load(Relaxed)
    }

    /// From here on answers carry `Connection: close`, and HTTP/2 connections are told to go away.
    pub fn begin(&self) {
        self.inner.draining.store(true, Relaxed);
        self.inner.begun.cancel();
    }

    /// Resolves when the process is on its way out.
    pub async fn begun(&self) {
        self.inner.begun.cancelled().await;
    }

    /// Resolves when idle connections are to close.
    pub async fn closing(&self) {
        self.inner.closing.cancelled().await;
    }

    /// Resolves when calls under way are to end with an error.
    pub async fn cutting(&self) {
        self.inner.cutting.cancelled().await;
    }

    /// The same as a future of its own, for bodies.
    pub fn cutting_owned(&self) -> tokio_util::sync::WaitForCancellationFutureOwned {
        self.inner.cutting.clone().cancelled_owned()
    }

    /// Resolves when connections are to be dropped.
    pub async fn ended(&self) {
        self.inner.ended.cancelled().await;
    }

    /// Goes through the phases; returns early once `is_idle` says that no connection is left.
    pub async fn run(&self, timing: DrainTiming, is_idle: impl Fn() -> bool) {
        self.begin();
        let start = tokio::time::Instant::now();
        for (at, token) in [
            (timing.linger, &self.inner.closing),
            (timing.cut, &self.inner.cutting),
            (timing.end, &self.inner.ended),
        ] {
            if !idle_before(start + at, &is_idle).await {
                token.cancel();
            }
        }
        self.inner.closing.cancel();
        self.inner.ended.cancel();
    }
}

/// Waits for a point in time, or for idleness before it.
async fn idle_before(deadline: tokio::time::Instant, is_idle: &impl Fn() -> bool) -> bool {
    const LOOK: Duration = Duration::from_millis(10);
    while !is_idle() {
        if tokio::time::Instant::now() >= deadline {
            return false;
        }
        tokio::time::sleep(LOOK.min(deadline - tokio::time::Instant::now())).await;
    }
    true
}
