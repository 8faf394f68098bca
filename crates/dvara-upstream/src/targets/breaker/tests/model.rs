//! Against a model that keeps everything and works the state out anew each time.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Pass,
    Succeed(usize),
    Fail(usize),
    Leave(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Pass),
        2 => any::<usize>().prop_map(Step::Succeed),
        3 => any::<usize>().prop_map(Step::Fail),
        1 => any::<usize>().prop_map(Step::Leave),
        2 => (0_u64..15).prop_map(Step::Wait),
    ]
}

/// An era is the time between two changes.
#[derive(Default)]
struct Model {
    /// Results since the last change, of calls that passed since.
    results: Vec<bool>,
    /// When it opened, unless it is closed.
    opened: Option<u64>,
    /// Somebody has come since its time was over.
    tried: bool,
    era: u32,
    openings: u64,
    /// Eras of the calls under way, and whether they try.
    under_way: Vec<(u32, bool)>,
}

const OPEN_FOR: u64 = 30;

impl Model {
    fn state(&self, now: u64) -> BreakerState {
        match self.opened {
            None => BreakerState::Closed,
            Some(at) if now < at + OPEN_FOR => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    fn change(&mut self, opened: Option<u64>) {
        self.results.clear();
        self.opened = opened;
        self.tried = false;
        self.era += 1;
    }

    /// `None` when the call passes, else the seconds to wait.
    fn pass(&mut self, settings: &BreakerSettings, now: u64) -> Option<u64> {
        let state = self.state(now);
        if state == BreakerState::Open {
            return self.opened.map(|at| at + OPEN_FOR - now);
        }
        let tries = state == BreakerState::HalfOpen;
        if tries && !self.tried {
            self.change(self.opened);
            self.tried = true;
        }
        let trying = self.under_way.iter().filter(|one| one.1).count();
        if tries && trying >= usize::from(settings.half_open_calls) {
            return Some(1);
        }
        self.under_way.push((self.era, tries));
        None
    }

    fn end(&mut self, settings: &BreakerSettings, now: u64, which: usize, failed: Option<bool>) {
        let (era, tries) = self.under_way.swap_remove(which);
        let Some(failed) = failed else { return };
        if era != self.era {
            return;
        }
        self.results.push(failed);
        if tries {
            let successes = self.results.iter().filter(|failed| !**failed).count();
            if failed {
                self.openings += 1;
                self.change(Some(now));
            } else if successes >= usize::from(settings.half_open_calls) {
                self.change(None);
            }
            return;
        }
        let window = usize::from(settings.sliding_window_size);
        let last = &self.results[self.results.len().saturating_sub(window)..];
        let rate = 100 * last.iter().filter(|failed| **failed).count() / last.len();
        let enough = last.len() >= usize::from(settings.minimum_calls);
        if enough && rate >= usize::from(settings.failure_rate_threshold) {
            self.openings += 1;
            self.change(Some(now));
        }
    }
}

proptest! {
    #[test]
    fn a_random_history_comes_out_as_in_the_model(
        window in 1_u16..12,
        minimum in 1_u16..6,
        threshold in prop_oneof![Just(1_u8), Just(25), Just(50), Just(100)],
        half_open_calls in 1_u16..4,
        history in proptest::collection::vec(step(), 1..400),
    ) {
        let settings = BreakerSettings {
            failure_rate_threshold: threshold,
            sliding_window_size: window,
            minimum_calls: minimum.min(window),
            half_open_calls,
            ..BreakerSettings::default()
        };
        let start = Instant::now();
        let (breaker, mut model) = (Breaker::new(settings), Model::default());
        let mut passes = Vec::new();
        let mut seconds = 0;
        for step in history {
            let now = start + Duration::from_secs(seconds);
            let which = |any: usize| any % passes.len().max(1);
            match step {
                Step::Wait(more) => seconds += more,
                Step::Pass => match (breaker.try_pass(now), model.pass(&settings, seconds)) {
                    (Ok(pass), None) => passes.push(pass),
                    (Err(paused), Some(wait)) => prop_assert_eq!(paused.retry_after.as_secs(), wait),
                    (passed, wait) => prop_assert!(false, "{:?}, {:?}", passed.err(), wait),
                },
                Step::Succeed(_) | Step::Fail(_) | Step::Leave(_) if passes.is_empty() => {}
                Step::Succeed(any) => {
                    let which = which(any);
                    passes.swap_remove(which).succeeded(now);
                    model.end(&settings, seconds, which, Some(false));
                }
                Step::Fail(any) => {
                    let which = which(any);
                    passes.swap_remove(which).failed(now);
                    model.end(&settings, seconds, which, Some(true));
                }
                Step::Leave(any) => {
                    let which = which(any);
                    drop(passes.swap_remove(which));
                    model.end(&settings, seconds, which, None);
                }
            }
            let now = start + Duration::from_secs(seconds);
            prop_assert_eq!(breaker.state(now), model.state(seconds));
            prop_assert_eq!(breaker.opened_total(), model.openings);
        }
    }
}
