//! On several threads at once.

use std::sync::atomic::AtomicU16;

use super::*;

const MAY_TRY: u16 = 2;

/// Cores that share a breaker, and the clock that they make up.
struct Cores {
    breaker: Breaker,
    start: Instant,
    millis: AtomicU64,
    /// Calls that try: counted after they passed and until before they end, so never too many.
    trying: AtomicU16,
    tried: AtomicU64,
}

impl Cores {
    fn run(&self, seed: u64) {
        let mut random = seed;
        let mut held = Vec::new();
        let mut now = self.start;
        for _ in 0..20_000 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let dice = random >> 60;
            let millis = self.millis.fetch_add(dice, Ordering::Relaxed);
            now = self.start + Duration::from_millis(millis);
            if let Ok(pass) = self.breaker.try_pass(now) {
                if pass.tries {
                    let trying = self.trying.fetch_add(1, Ordering::SeqCst) + 1;
                    assert!(trying <= MAY_TRY, "{trying} calls try at once");
                    self.tried.fetch_add(1, Ordering::Relaxed);
                }
                held.push(pass);
            }
            if held.len() > usize::from(dice < 8) {
                self.end(held.swap_remove(0), dice, now);
            }
        }
        // Not merely dropped: what still tries would free its place and stay counted, and the other threads count on.
        for pass in held {
            self.end(pass, 0, now);
        }
    }

    fn end(&self, pass: Pass, dice: u64, now: Instant) {
        if pass.tries {
            self.trying.fetch_sub(1, Ordering::SeqCst);
        }
        match dice % 4 {
            0 => drop(pass),
            1 => pass.succeeded(now),
            _ => pass.failed(now),
        }
    }
}

#[test]
fn no_more_calls_try_at_once_than_may() {
    let cores = Cores {
        breaker: Breaker::new(BreakerSettings {
            open_for: Duration::from_millis(100),
            half_open_calls: MAY_TRY,
            ..BreakerSettings::default()
        }),
        start: Instant::now(),
        millis: AtomicU64::new(0),
        trying: AtomicU16::new(0),
        tried: AtomicU64::new(0),
    };
    std::thread::scope(|scope| {
        for seed in 1..=4 {
            let cores = &cores;
            scope.spawn(move || cores.run(seed));
        }
    });
    assert!(cores.tried.load(Ordering::Relaxed) > 10);
    assert!(cores.breaker.opened_total() > 10);
    // Whatever happened, all places are free again.
    assert_eq!(cores.breaker.0.lock().trying, 0);
}
