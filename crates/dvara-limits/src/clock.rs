//! The fleet's clock as this process estimates it: the database's, learnt with every exchange.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    /// The fleet's clock when `started`, in milliseconds.
    at_start: AtomicI64,
}

impl Clock {
    /// Begins with the host's own clock, until an exchange knows better.
    pub(crate) fn new(host_ms: i64) -> Self {
        Self {
            started: Instant::now(),
            at_start: AtomicI64::new(host_ms),
        }
    }

    /// Milliseconds since the process began to count; never goes back.
    pub(crate) fn elapsed_ms(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// The fleet's clock at such a moment.
    pub(crate) fn at(&self, elapsed_ms: i64) -> i64 {
        self.at_start.load(Ordering::Relaxed) + elapsed_ms
    }

    /// Learns what the fleet's clock was between two moments.
    pub(crate) fn learn(&self, clock_ms: i64, asked_ms: i64, answered_ms: i64) {
        let between = i64::midpoint(asked_ms, answered_ms);
        self.at_start.store(clock_ms - between, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fleets_clock_takes_the_place_of_the_hosts() {
        let clock = Clock::new(5_000);
        assert_eq!(clock.at(10), 5_010);
        clock.learn(90_000, 100, 200);
        assert_eq!(clock.at(150), 90_000);
        assert_eq!(clock.at(1_150), 91_000);
    }
}
