//! Whether a process should get traffic: named conditions, all of which must be gone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The readiness of one service. Clones are handles on the same state.
#[derive(Clone, Default)]
pub struct Readiness(Arc<Mutex<Conditions>>);

#[derive(Default)]
struct Conditions {
    /// What the start still waits for, with how many hold it.
    waiting: BTreeMap<&'static str, usize>,
    /// What is wrong for now, with the reason.
    failing: BTreeMap<&'static str, String>,
}

/// One condition that keeps a service from being ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Short and stable, such as `first snapshot`.
    pub name: &'static str,
    /// Why; `starting` for what the start waits for.
    pub reason: String,
}

impl Readiness {
    /// A service that waits for nothing is ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the service unready until the guard is dropped: for what a start must have done first.
    #[must_use = "the condition ends when the guard is dropped"]
    pub fn block(&self, name: &'static str) -> Guard {
        *self.conditions().waiting.entry(name).or_default() += 1;
        Guard {
            readiness: self.clone(),
            name,
        }
    }

    /// Raises a standing condition, or gives it another reason.
    pub fn fail(&self, name: &'static str, reason: impl Into<String>) {
        self.conditions().failing.insert(name, reason.into());
    }

    /// Takes a standing condition back.
    pub fn clear(&self, name: &'static str) {
        self.conditions().failing.remove(name);
    }

    /// Whether no condition is left.
    pub fn is_ready(&self) -> bool {
        let conditions = self.conditions();
        conditions.waiting.is_empty() && conditions.failing.is_empty()
    }

    /// The names of all conditions, sorted.
    pub fn names(&self) -> Vec<&'static str> {
        let conditions = self.list();
        conditions
            .into_iter()
            .map(|condition| condition.name)
            .collect()
    }

    /// All conditions with their reasons, sorted by name.
    pub fn list(&self) -> Vec<Condition> {
        let conditions = self.conditions();
        let waiting = conditions.waiting.keys().map(|name| Condition {
            name,
            reason: "starting".to_owned(),
        });
        let failing = conditions.failing.iter().map(|(name, reason)| Condition {
            name,
            reason: reason.clone(),
        });
        let mut list: Vec<Condition> = waiting.chain(failing).collect();
        list.sort_by_key(|condition| condition.name);
        list
    }

    fn conditions(&self) -> MutexGuard<'_, Conditions> {
        // Every change is one map operation, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds a condition of a start; dropping it says that the condition is met.
pub struct Guard {
    readiness: Readiness,
    name: &'static str,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut conditions = self.readiness.conditions();
        if let Some(holders) = conditions.waiting.get_mut(self.name) {
            *holders -= 1;
            if *holders == 0 {
                conditions.waiting.remove(self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guard_must_be_dropped() {
        let readiness = Readiness::new();
        assert!(readiness.is_ready());
        let first = readiness.block("first snapshot");
        let second = readiness.block("first snapshot");
        let listener = readiness.block("listener");
        assert_eq!(readiness.names(), ["first snapshot", "listener"]);
        drop((first, listener));
        assert_eq!(readiness.names(), ["first snapshot"]);
        assert!(!readiness.is_ready());
        drop(second);
        assert!(readiness.is_ready());
    }

    #[test]
    fn standing_condition_holds_until_cleared() {
        let readiness = Readiness::new();
        let handle = readiness.clone();
        handle.fail("configuration", "stale for 901 s");
        handle.fail("configuration", "stale for 902 s");
        assert_eq!(
            readiness.list(),
            [Condition {
                name: "configuration",
                reason: "stale for 902 s".to_owned()
            }]
        );
        handle.clear("configuration");
        handle.clear("configuration");
        assert!(readiness.is_ready());
    }
}
