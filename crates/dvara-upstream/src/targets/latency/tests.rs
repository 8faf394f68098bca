//! The rules one by one, and simulated targets whose quickest is asked.

mod simulation;

use super::*;

const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// Calls one after the other, each as long as `takes`; when the last is over.
fn calls(latency: &Latency, start: Instant, count: u32, takes: Duration) -> Instant {
    let mut now = start;
    for _ in 0..count {
        let call = latency.begin(now);
        now += takes;
        call.answered(now);
    }
    now
}

fn near(estimate: Estimate, expected: Duration) -> bool {
    let expected = expected.as_secs_f64() * 1e6;
    (estimate.micros() as f64 - expected).abs() < expected / 100.0
}

#[test]
fn the_first_sample_is_the_average() {
    let (latency, now) = (Latency::new(), Instant::now());
    let now = calls(&latency, now, 1, 40 * MILLI);
    assert_eq!(latency.estimate(now).micros(), 40_000);
}

#[test]
fn a_sample_weighs_by_the_time_since_the_last_however_many_there_are() {
    for (count, takes) in [(5_u32, SECOND), (5_000, MILLI)] {
        let (latency, start) = (Latency::new(), Instant::now());
        // Known for a second, then what is twice as slow for as long as the time constant.
        calls(&latency, start, 1, SECOND);
        let mut now = start + SECOND;
        for _ in 0..count {
            now += takes;
            latency.begin(now - 2 * SECOND).answered(now);
        }
        let expected = SECOND.mul_f64(2.0 - (-1.0_f64).exp());
        assert!(near(latency.estimate(now), expected), "{count}");
    }
}

#[test]
fn an_unmeasured_target_is_tried_by_one_call_at_a_time() {
    let (latency, now) = (Latency::new(), Instant::now());
    assert_eq!(latency.estimate(now), Estimate::TRY_NEXT);
    let call = latency.begin(now);
    assert_eq!(latency.estimate(now + SECOND), Estimate::UNKNOWN);
    call.answered(now + 2 * SECOND);
    assert_eq!(latency.estimate(now + 2 * SECOND).micros(), 2_000_000);
}

#[test]
fn a_target_not_heard_of_for_five_seconds_is_tried_by_one_call_and_starts_anew() {
    let (latency, now) = (Latency::new(), Instant::now());
    let now = calls(&latency, now, 1, 3 * SECOND);
    assert!(near(latency.estimate(now + 4 * SECOND), 3 * SECOND));
    let now = now + 5 * SECOND;
    assert_eq!(latency.estimate(now), Estimate::TRY_NEXT);
    let call = latency.begin(now);
    assert!(near(latency.estimate(now + MILLI), 3 * SECOND));
    call.answered(now + 50 * MILLI);
    assert!(near(latency.estimate(now + 50 * MILLI), 50 * MILLI));
}

#[test]
fn the_age_of_calls_under_way_counts_before_the_first_slow_answer() {
    let (latency, now) = (Latency::new(), Instant::now());
    let now = calls(&latency, now, 10, 50 * MILLI);
    let held = [latency.begin(now), latency.begin(now + 100 * MILLI)];
    assert_eq!(latency.under_way(), 2);
    // Ages of 60 ms and none; of 250 and 150 ms.
    assert!(near(latency.estimate(now + 60 * MILLI), 50 * MILLI));
    assert!(near(latency.estimate(now + 250 * MILLI), 200 * MILLI));
    drop(held);
    assert_eq!(latency.under_way(), 0);
    assert!(near(latency.estimate(now + 250 * MILLI), 50 * MILLI));
}

#[test]
fn what_fails_at_once_is_not_taken_for_quick_and_rests_before_it_is_tried_again() {
    let (latency, now) = (Latency::new(), Instant::now());
    drop(latency.begin(now));
    assert_eq!(latency.estimate(now + 4 * SECOND), Estimate::UNKNOWN);
    assert_eq!(latency.estimate(now + 5 * SECOND), Estimate::TRY_NEXT);
}

#[test]
fn a_call_given_up_counts_if_it_took_longer_than_the_average_and_else_not() {
    let (latency, now) = (Latency::new(), Instant::now());
    latency.begin(now).gave_up(now + MILLI);
    assert_eq!(latency.estimate(now + MILLI), Estimate::UNKNOWN);
    let now = calls(&latency, now, 1, 50 * MILLI);
    latency.begin(now).gave_up(now + MILLI);
    assert!(near(latency.estimate(now + MILLI), 50 * MILLI));
    latency.begin(now).gave_up(now + 2 * SECOND);
    assert!(latency.estimate(now + 2 * SECOND).micros() > 500_000);
}

#[test]
fn clocks_of_cores_that_disagree_by_a_little_do_no_harm() {
    let (latency, now) = (Latency::new(), Instant::now());
    let now = now + SECOND;
    let later = latency.begin(now);
    let earlier = latency.begin(now - MILLI);
    assert_eq!(latency.estimate(now - MILLI), Estimate::UNKNOWN);
    later.answered(now - MILLI);
    earlier.answered(now);
    assert_eq!(latency.under_way(), 0);
    assert_eq!(latency.0.lock().unwrap().starts, 0);
}
