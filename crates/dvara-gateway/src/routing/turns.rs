//! Whose turn it is, per route; the cores of a process share the count, and it outlives changes of the configuration.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;

/// Counts by the routes' names. A route that is gone leaves a word behind, of which there are as many as there were routes.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    counts: ArcSwap<HashMap<Box<str>, Arc<AtomicU64>>>,
}

impl Turns {
    /// The number that a route's next call will have.
    pub(crate) fn coming(&self, route: &str) -> u64 {
        let counts = self.counts.load();
        let count = counts.get(route);
        count.map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// The next number of a route: 0, 1, 2, …
    pub(crate) fn next(&self, route: &str) -> u64 {
        if let Some(count) = self.counts.load().get(route) {
            return count.fetch_add(1, Ordering::Relaxed);
        }
        self.counts.rcu(|counts| {
            let mut counts = HashMap::clone(counts);
            counts.entry(route.into()).or_default();
            counts
        });
        match self.counts.load().get(route) {
            Some(count) => count.fetch_add(1, Ordering::Relaxed),
            None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_counts_for_itself_and_all_cores_count_together() {
        let turns = Arc::new(Turns::default());
        let cores: Vec<_> = (0..4)
            .map(|_| {
                let turns = turns.clone();
                std::thread::spawn(move || (0..100).for_each(|_| _ = turns.next("a")))
            })
            .collect();
        cores.into_iter().for_each(|core| core.join().unwrap());
        assert_eq!((turns.coming("a"), turns.next("a")), (400, 400));
        assert_eq!((turns.next("b"), turns.next("b")), (0, 1));
    }
}
