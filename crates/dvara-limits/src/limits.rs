//! What the request path asks: may this key call now?

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::counts::Counts;
use crate::window::Basis;

/// When the last exchange is this old, the fleet's counts are no longer trusted and each process keeps to its share.
pub const STALE: Duration = Duration::from_millis(1_500);

/// The request rates of a process. Clones are handles on the same counts.
#[derive(Debug, Clone)]
pub struct RateLimits(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) counts: Counts,
    pub(crate) clock: Clock,
    /// Milliseconds of the process at the last exchange.
    exchanged_ms: AtomicI64,
    /// The second of the fleet's clock at that exchange.
    known_until: AtomicI64,
    members: watch::Receiver<usize>,
    allowed: AtomicU64,
    denied: AtomicU64,
    errors: AtomicU64,
}

/// A key has made all the calls that its limit allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// The limit, in calls per minute.
    pub limit: NonZeroU32,
    /// When a call is served again, if nobody else takes its place.
    pub retry_after: Duration,
}

/// What was counted since the process started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Calls let through.
    pub allowed: u64,
    /// Calls refused.
    pub denied: u64,
    /// Calls judged by this process's share, because the fleet's counts were not known.
    pub errors: u64,
}

impl RateLimits {
    pub(crate) fn new(members: watch::Receiver<usize>, host_ms: i64) -> Self {
        Self(Arc::new(Inner {
            counts: Counts::default(),
            clock: Clock::new(host_ms),
            exchanged_ms: AtomicI64::new(i64::MIN),
            known_until: AtomicI64::new(i64::MIN),
            members,
            allowed: AtomicU64::new(0),
            denied: AtomicU64::new(0),
            errors: AtomicU64::new(0),
        }))
    }

    /// Counts a call of a key, unless its limit is reached. No I/O, nothing to wait for.
    ///
    /// # Errors
    /// When it is.
    pub fn check(&self, key: &str, limit: NonZeroU32) -> Result<(), Exceeded> {
        let inner = &*self.0;
        let elapsed_ms = inner.clock.elapsed_ms();
        let now_ms = inner.clock.at(elapsed_ms);
        let basis = inner.basis(elapsed_ms);
        if basis != Basis::Fleet {
            inner.errors.fetch_add(1, Ordering::Relaxed);
        }
        match inner.counts.admit(key, now_ms, limit.get().into(), basis) {
            Ok(()) => {
                inner.allowed.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(full) => {
                inner.denied.fetch_add(1, Ordering::Relaxed);
                let wait = u64::try_from(full.frees_at_ms - now_ms).unwrap_or(0);
                Err(Exceeded {
                    limit,
                    retry_after: Duration::from_millis(wait),
                })
            }
        }
    }

    /// Whether the fleet's counts are known; if not, calls are judged by this process's share.
    pub fn shared(&self) -> bool {
        self.0.is_fresh(self.0.clock.elapsed_ms())
    }

    /// How many live members a limit is divided among while they are not.
    pub fn members(&self) -> usize {
        *self.0.members.borrow()
    }

    /// How many calls of a key the window holds, as far as this process knows.
    pub fn counted(&self, key: &str) -> u64 {
        let now_ms = self.0.clock.at(self.0.clock.elapsed_ms());
        self.0.counts.counted(key, now_ms.div_euclid(1_000))
    }

    /// How many keys called within the window.
    pub fn keys(&self) -> usize {
        self.0.counts.len()
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        Counters {
            allowed: self.0.allowed.load(Ordering::Relaxed),
            denied: self.0.denied.load(Ordering::Relaxed),
            errors: self.0.errors.load(Ordering::Relaxed),
        }
    }
}

impl Inner {
    fn is_fresh(&self, elapsed_ms: i64) -> bool {
        let age = elapsed_ms.saturating_sub(self.exchanged_ms.load(Ordering::Acquire));
        age.unsigned_abs() <= STALE.as_millis() as u64
    }

    fn basis(&self, elapsed_ms: i64) -> Basis {
        if self.is_fresh(elapsed_ms) {
            return Basis::Fleet;
        }
        Basis::Share {
            known_until: self.known_until.load(Ordering::Relaxed),
            members: *self.members.borrow() as u64,
        }
    }

    /// Notes an exchange: when it was asked for, and what the fleet's clock said.
    pub(crate) fn exchanged(&self, asked_ms: i64, clock_ms: i64) {
        let known_until = clock_ms.div_euclid(1_000);
        self.known_until.store(known_until, Ordering::Relaxed);
        self.exchanged_ms.store(asked_ms, Ordering::Release);
    }
}
