//! What the feed counts, for metrics.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What the feed has done since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeedCounters {
    /// Polls that got an answer.
    pub polls: u64,
    /// Polls that failed.
    pub poll_errors: u64,
    /// Reloads that were swapped in, the first one included.
    pub refreshes: u64,
    /// Reloads that failed.
    pub refresh_errors: u64,
    /// Areas that were read, summed over all reloads.
    pub areas_refreshed: u64,
    /// Time that all reloads took together.
    pub refresh_time: Duration,
    /// Notifications that came in.
    pub notifications: u64,
    /// Whether the last poll got an answer.
    pub up: bool,
    /// Whether notifications are being listened to.
    pub listening: bool,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    polls: AtomicU64,
    poll_errors: AtomicU64,
    refreshes: AtomicU64,
    refresh_errors: AtomicU64,
    areas_refreshed: AtomicU64,
    refresh_micros: AtomicU64,
    notifications: AtomicU64,
    down: AtomicBool,
    listening: AtomicBool,
}

fn add(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Ordering::Relaxed);
}

impl Counters {
    pub(super) fn polled(&self, answered: bool) {
        let counter = if answered {
            &self.polls
        } else {
            &self.poll_errors
        };
        add(counter, 1);
        self.down.store(!answered, Ordering::Relaxed);
    }

    /// `areas` is absent when the reload failed.
    pub(super) fn reloaded(&self, areas: Option<usize>, took: Duration) {
        match areas {
            Some(areas) => {
                add(&self.refreshes, 1);
                add(&self.areas_refreshed, areas as u64);
            }
            None => add(&self.refresh_errors, 1),
        }
        add(
            &self.refresh_micros,
            u64::try_from(took.as_micros()).unwrap_or(0),
        );
    }

    pub(super) fn notified(&self) {
        add(&self.notifications, 1);
    }

    pub(super) fn listening(&self, listening: bool) {
        self.listening.store(listening, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> FeedCounters {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        FeedCounters {
            polls: of(&self.polls),
            poll_errors: of(&self.poll_errors),
            refreshes: of(&self.refreshes),
            refresh_errors: of(&self.refresh_errors),
            areas_refreshed: of(&self.areas_refreshed),
            refresh_time: Duration::from_micros(of(&self.refresh_micros)),
            notifications: of(&self.notifications),
            up: !self.down.load(Ordering::Relaxed),
            listening: self.listening.load(Ordering::Relaxed),
        }
    }
}
