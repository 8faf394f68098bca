//! Two or more targets, calls at a steady rate, and each goes to the target with the lowest estimate.

use super::*;

/// What a target takes, in milliseconds, at a time in milliseconds.
type Takes = fn(u64) -> u64;

/// When each call began, and where it went.
struct Log(Vec<(u64, usize)>);

impl Log {
    /// Which share of the calls of a stretch of time, in milliseconds, went to a target.
    fn share(&self, from: u64, until: u64, target: usize) -> f64 {
        let calls = || self.0.iter().filter(|call| (from..until).contains(&call.0));
        calls().filter(|call| call.1 == target).count() as f64 / calls().count() as f64
    }
}

/// A call each `every` milliseconds, until a minute has passed. `patience` is how long a client waits, in milliseconds.
fn run(targets: &[Takes], every: u64, patience: u64) -> Log {
    let start = Instant::now();
    let at = |millis| start + Duration::from_millis(millis);
    let latencies: Vec<_> = targets.iter().map(|_| Latency::new()).collect();
    let mut under_way: Vec<(u64, bool, InFlight)> = Vec::new();
    let mut log = Log(Vec::new());
    for now in 0..60_000 {
        while let Some(ended) = under_way.iter().position(|call| call.0 <= now) {
            let (_, answered, call) = under_way.swap_remove(ended);
            if answered {
                call.answered(at(now));
            } else {
                call.gave_up(at(now));
            }
        }
        if now % every == 0 {
            let estimate = |target: &usize| latencies[*target].estimate(at(now));
            let target = (0..targets.len()).min_by_key(estimate).unwrap();
            let takes = targets[target](now);
            let call = latencies[target].begin(at(now));
            under_way.push((now + takes.min(patience), takes <= patience, call));
            log.0.push((now, target));
        }
    }
    log
}

const LONG: u64 = 600_000;

fn fifty(_: u64) -> u64 {
    50
}

fn eighty(_: u64) -> u64 {
    80
}

/// 50 ms, but 5 s from the 10th to the 30th second.
fn slow_for_a_while(now: u64) -> u64 {
    if (10_000..30_000).contains(&now) {
        5_000
    } else {
        50
    }
}

/// 50 ms, but no answer from the 10th to the 30th second.
fn silent_for_a_while(now: u64) -> u64 {
    if (10_000..30_000).contains(&now) {
        LONG + 1
    } else {
        50
    }
}

#[test]
fn the_quickest_gets_nearly_all_calls_and_the_others_are_looked_at_now_and_then() {
    for every in [1, 10, 100] {
        let log = run(&[eighty, fifty, eighty], every, LONG);
        assert!(log.share(1_000, 60_000, 1) > 0.95, "every {every} ms");
        assert!(log.share(1_000, 60_000, 0) > 0.0, "every {every} ms");
    }
}

#[test]
fn a_target_that_slows_a_hundredfold_is_left_within_a_second_and_comes_back_by_itself() {
    for every in [1, 10, 100, 500] {
        let log = run(&[slow_for_a_while, eighty], every, LONG);
        assert!(log.share(1_000, 10_000, 0) > 0.9, "every {every} ms");
        assert!(log.share(11_000, 30_000, 0) < 0.03, "every {every} ms");
        // The last try may have begun a moment before it was well, and takes five seconds; the next comes five later.
        assert!(log.share(41_000, 60_000, 0) > 0.9, "every {every} ms");
    }
}

#[test]
fn a_target_that_goes_silent_is_left_also_when_clients_do_not_wait_for_long() {
    for every in [1, 10, 100] {
        let log = run(&[silent_for_a_while, eighty], every, 1_000);
        assert!(log.share(11_500, 30_000, 0) < 0.03, "every {every} ms");
        assert!(log.share(41_000, 60_000, 0) > 0.9, "every {every} ms");
    }
}

#[test]
fn targets_that_nothing_is_known_of_get_one_call_each() {
    let log = run(&[|_| 3_000, |_| 3_000, fifty], 1, LONG);
    let first: Vec<_> = log.0[..3].iter().map(|call| call.1).collect();
    assert_eq!(first, [0, 1, 2]);
    assert!(log.share(60, 3_000, 2) > 0.99);
}
