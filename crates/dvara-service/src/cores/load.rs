//! What the accepting thread and liveness know of a core. Written by that core alone, read by others.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

/// Open work of one core.
#[derive(Debug)]
pub struct CoreLoad {
    requests: AtomicUsize,
    connections: AtomicUsize,
    tasks: AtomicUsize,
    last_beat_ms: AtomicU64,
    heart: Heart,
}

impl CoreLoad {
    pub(super) fn new(heart: &Heart) -> Self {
        Self {
            requests: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            tasks: AtomicUsize::new(0),
            last_beat_ms: AtomicU64::new(heart.now_ms()),
            heart: heart.clone(),
        }
    }

    /// Requests whose answer has not been sent to its last byte.
    pub fn requests(&self) -> usize {
        self.requests.load(Relaxed)
    }

    /// Connections, busy or idle.
    pub fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }

    /// Tasks that its runtime has, as of the last heartbeat.
    pub fn tasks(&self) -> usize {
        self.tasks.load(Relaxed)
    }

    pub(super) fn weight(&self) -> (usize, usize) {
        (self.requests(), self.connections())
    }

    /// Counted by whoever hands the connection over, so that a burst of connections is spread before the cores see it.
    pub(super) fn expect_connection(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(super) fn connection_ended(&self) {
        self.connections.fetch_sub(1, Relaxed);
    }

    pub(super) fn request_began(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    pub(super) fn request_ended(&self) {
        self.requests.fetch_sub(1, Relaxed);
    }

    /// To be called on the core's own runtime.
    pub(super) fn beat(&self) {
        let tasks = Handle::current().metrics().num_alive_tasks();
        self.tasks.store(tasks, Relaxed);
        self.last_beat_ms.store(self.heart.now_ms(), Relaxed);
    }
}

/// The clock that heartbeats are measured by.
#[derive(Debug, Clone)]
pub(super) struct Heart {
    origin: Instant,
    limit: Duration,
}

impl Heart {
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            origin: Instant::now(),
            limit,
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn is_recent(&self, load: &CoreLoad) -> bool {
        let age = self
            .now_ms()
            .saturating_sub(load.last_beat_ms.load(Relaxed));
        u128::from(age) <= self.limit.as_millis()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_core_that_stops_beating_is_noticed() {
        let heart = Heart::new(Duration::from_millis(20));
        let load = CoreLoad::new(&heart);
        assert!(heart.is_recent(&load));
        std::thread::sleep(Duration::from_millis(40));
        assert!(!heart.is_recent(&load));
        let _task = tokio::spawn(std::future::pending::<()>());
        load.beat();
        assert!(heart.is_recent(&load));
        assert_eq!(load.tasks(), 1);
    }
}
