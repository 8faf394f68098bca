//! Bounds how many retries a target gets, so that one that is down is not buried under them.

use std::sync::atomic::{AtomicU64, Ordering};

/// What one retry costs, in thousandths, so that a share of a call is a whole number.
const RETRY: u64 = 1_000;
/// Retries that many good calls save up beyond the reserve. After a quiet day a target gets no storm of them.
const SAVED: u64 = 100;

/// Over any history there are no more retries than the reserve and a percentage of the calls.
pub struct RetryBudget {
    thousandths: AtomicU64,
    most: u64,
    per_call: u64,
    denied: AtomicU64,
}

impl RetryBudget {
    /// `percent` of a retry for each call, and `reserve` retries to begin with, for targets with few calls.
    pub fn new(percent: u16, reserve: u32) -> Self {
        let reserve = u64::from(reserve) * RETRY;
        Self {
            thousandths: AtomicU64::new(reserve),
            most: reserve + SAVED * RETRY,
            per_call: u64::from(percent) * RETRY / 100,
            denied: AtomicU64::new(0),
        }
    }

    /// A call makes its first attempt.
    pub fn deposit(&self) {
        // A full budget, which is the usual one, is only read.
        let add = |have| (have < self.most).then(|| self.most.min(have + self.per_call));
        let _full = self.update(add);
    }

    /// Whether a call may make another attempt, which this counts.
    pub fn try_withdraw(&self) -> bool {
        let granted = self.update(|have| have.checked_sub(RETRY));
        if !granted {
            self.denied.fetch_add(1, Ordering::Relaxed);
        }
        granted
    }

    /// How many attempts it would grant now.
    pub fn left(&self) -> u64 {
        self.thousandths.load(Ordering::Relaxed) / RETRY
    }

    /// How many it has not granted.
    pub fn denied_total(&self) -> u64 {
        self.denied.load(Ordering::Relaxed)
    }

    fn update(&self, change: impl FnMut(u64) -> Option<u64>) -> bool {
        let updated = self
            .thousandths
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
        updated.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_reserve_comes_first_and_then_one_retry_for_five_calls() {
        let budget = RetryBudget::new(20, 2);
        assert!(budget.try_withdraw() && budget.try_withdraw());
        assert!(!budget.try_withdraw());
        for _ in 0..4 {
            budget.deposit();
            assert!(!budget.try_withdraw());
        }
        budget.deposit();
        assert!(budget.try_withdraw());
        assert_eq!((budget.left(), budget.denied_total()), (0, 5));
    }

    #[test]
    fn good_times_save_up_only_so_much() {
        let budget = RetryBudget::new(20, 10);
        for _ in 0..10_000 {
            budget.deposit();
        }
        assert_eq!(budget.left(), 110);
    }

    #[test]
    fn without_percentage_and_reserve_there_is_no_retry() {
        let budget = RetryBudget::new(0, 0);
        budget.deposit();
        assert!(!budget.try_withdraw());
    }

    proptest! {
        #[test]
        fn retries_never_exceed_reserve_and_share(
            percent in 0_u16..200,
            reserve in 0_u32..20,
            history in proptest::collection::vec(any::<bool>(), 0..2_000),
        ) {
            let budget = RetryBudget::new(percent, reserve);
            let (mut calls, mut retries) = (0_u64, 0_u64);
            // The same in hundredths.
            let (mut have, most) = (reserve * 100, (reserve + 100) * 100);
            for call in history {
                if call {
                    budget.deposit();
                    calls += 1;
                    have = most.min(have + u32::from(percent));
                } else {
                    let granted = budget.try_withdraw();
                    prop_assert_eq!(granted, have >= 100);
                    have -= if granted { 100 } else { 0 };
                    retries += u64::from(granted);
                }
                prop_assert!(100 * retries <= 100 * u64::from(reserve) + u64::from(percent) * calls);
            }
        }
    }

    #[test]
    fn threads_together_get_no_more_than_one_would() {
        const CALLS: u64 = 10_000;
        let budget = RetryBudget::new(20, 10);
        let work = || {
            let granted = (0..CALLS).filter(|_| {
                budget.deposit();
                budget.try_withdraw()
            });
            u64::try_from(granted.count()).unwrap()
        };
        let retries: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|one| one.join().unwrap()).sum()
        });
        // All ask at every call, so nothing is saved up and nothing is lost.
        assert_eq!(retries, 10 + 4 * CALLS / 5);
    }
}
