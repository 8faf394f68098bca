//! The rules one by one; against a model; and on several threads.

mod model;
mod threads;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn breaker() -> Breaker {
    Breaker::new(BreakerSettings::default())
}

fn report(breaker: &Breaker, now: Instant, failed: bool) {
    let pass = breaker.try_pass(now).unwrap();
    if failed {
        pass.failed(now);
    } else {
        pass.succeeded(now);
    }
}

/// One that has just opened.
fn opened(settings: BreakerSettings, now: Instant) -> Breaker {
    let breaker = Breaker::new(settings);
    for _ in 0..5 {
        report(&breaker, now, true);
    }
    assert_eq!(breaker.state(now), BreakerState::Open);
    breaker
}

#[test]
fn it_opens_when_half_of_the_last_calls_fail_and_not_before_there_are_five() {
    let (breaker, now) = (breaker(), Instant::now());
    for _ in 0..4 {
        report(&breaker, now, true);
        assert_eq!(breaker.state(now), BreakerState::Closed);
    }
    report(&breaker, now, true);
    assert_eq!(breaker.state(now).as_str(), "OPEN");
    assert_eq!(breaker.opened_total(), 1);
}

#[test]
fn only_the_last_ten_results_count() {
    let (breaker, now) = (breaker(), Instant::now());
    let report = |failed| report(&breaker, now, failed);
    (0..100).for_each(|_| report(false));
    (0..4).for_each(|_| report(true));
    (0..6).for_each(|_| report(false));
    // The first of the four makes place: four of ten again.
    report(true);
    assert_eq!(breaker.state(now), BreakerState::Closed);
    (0..9).for_each(|_| report(false));
    (0..5).for_each(|_| report(true));
    assert_eq!(breaker.state(now), BreakerState::Open);
}

#[test]
fn while_it_is_open_nobody_passes_and_it_says_for_how_long() {
    let now = Instant::now();
    let breaker = opened(BreakerSettings::default(), now);
    let paused = breaker.try_pass(now + 10 * SECOND).err().unwrap();
    assert_eq!(paused.retry_after, 20 * SECOND);
    assert_eq!(breaker.refused_total(), 1);
    assert_eq!(breaker.state(now + 29 * SECOND), BreakerState::Open);
    assert_eq!(breaker.state(now + 30 * SECOND).as_str(), "HALF_OPEN");
}

#[test]
fn a_call_that_tries_closes_it_or_opens_it_again() {
    let now = Instant::now();
    let breaker = opened(BreakerSettings::default(), now);
    let then = now + 30 * SECOND;
    let pass = breaker.try_pass(then).unwrap();
    assert!(breaker.try_pass(then).is_err());
    pass.failed(then + SECOND);
    assert_eq!(breaker.state(then + 30 * SECOND), BreakerState::Open);
    assert_eq!(breaker.opened_total(), 2);

    let then = then + 31 * SECOND;
    breaker.try_pass(then).unwrap().succeeded(then);
    assert_eq!(breaker.state(then).as_str(), "CLOSED");
    // What failed before is forgotten.
    (0..4).for_each(|_| report(&breaker, then, true));
    assert_eq!(breaker.state(then), BreakerState::Closed);
}

#[test]
fn as_many_successes_close_it_as_calls_may_try() {
    let now = Instant::now();
    let settings = BreakerSettings {
        half_open_calls: 2,
        ..BreakerSettings::default()
    };
    let breaker = opened(settings, now);
    let now = now + 30 * SECOND;
    let passes: Vec<_> = (0..2).map(|_| breaker.try_pass(now).unwrap()).collect();
    assert!(breaker.try_pass(now).is_err());
    for (pass, state) in passes
        .into_iter()
        .zip([BreakerState::HalfOpen, BreakerState::Closed])
    {
        pass.succeeded(now);
        assert_eq!(breaker.state(now), state);
    }
}

#[test]
fn a_client_that_leaves_gives_its_place_back_and_counts_nothing() {
    let now = Instant::now();
    let breaker = opened(BreakerSettings::default(), now);
    let now = now + 30 * SECOND;
    for _ in 0..3 {
        drop(breaker.try_pass(now).unwrap());
        assert_eq!(breaker.state(now), BreakerState::HalfOpen);
    }
    report(&breaker, now, false);
    (0..100).for_each(|_| drop(breaker.try_pass(now).unwrap()));
    assert_eq!(breaker.state(now), BreakerState::Closed);
}

#[test]
fn results_of_calls_from_before_it_opened_do_not_count() {
    let (breaker, now) = (breaker(), Instant::now());
    let mut early: Vec<_> = (0..20).map(|_| breaker.try_pass(now).unwrap()).collect();
    (0..5).for_each(|_| early.pop().unwrap().failed(now));
    assert_eq!(breaker.state(now), BreakerState::Open);
    // Open: a late success does not close it, a late failure does not prolong it.
    early.pop().unwrap().succeeded(now);
    early.pop().unwrap().failed(now + 20 * SECOND);
    let now = now + 30 * SECOND;
    // Half open.
    let trying = breaker.try_pass(now).unwrap();
    early.pop().unwrap().failed(now);
    early.pop().unwrap().succeeded(now);
    assert_eq!(breaker.state(now), BreakerState::HalfOpen);
    // Closed again.
    trying.succeeded(now);
    early.drain(..).for_each(|pass| pass.failed(now));
    assert_eq!(breaker.state(now), BreakerState::Closed);
    assert_eq!(breaker.opened_total(), 1);
}

#[test]
fn a_call_that_still_tries_when_it_opens_again_keeps_its_place() {
    let now = Instant::now();
    let settings = BreakerSettings {
        half_open_calls: 2,
        ..BreakerSettings::default()
    };
    let breaker = opened(settings, now);
    let now = now + 30 * SECOND;
    let hanging = breaker.try_pass(now).unwrap();
    breaker.try_pass(now).unwrap().failed(now);
    let now = now + 30 * SECOND;
    let second = breaker.try_pass(now).unwrap();
    assert!(breaker.try_pass(now).is_err());
    hanging.failed(now);
    // Its place is free, and its result is of another time.
    assert_eq!(breaker.state(now), BreakerState::HalfOpen);
    let third = breaker.try_pass(now).unwrap();
    second.succeeded(now);
    third.succeeded(now);
    assert_eq!(breaker.state(now), BreakerState::Closed);
}

#[test]
fn switched_off_it_lets_everybody_pass() {
    let now = Instant::now();
    let breaker = Breaker::new(BreakerSettings {
        enabled: false,
        ..BreakerSettings::default()
    });
    (0..100).for_each(|_| report(&breaker, now, true));
    assert_eq!(breaker.state(now), BreakerState::Closed);
}

#[test]
fn settings_without_sense_count_as_the_nearest_with_it() {
    let now = Instant::now();
    let breaker = Breaker::new(BreakerSettings {
        enabled: true,
        failure_rate_threshold: 0,
        sliding_window_size: 0,
        minimum_calls: 0,
        open_for: Duration::MAX,
        half_open_calls: 0,
    });
    report(&breaker, now, false);
    assert_eq!(breaker.state(now), BreakerState::Closed);
    report(&breaker, now, true);
    assert_eq!(breaker.state(now), BreakerState::Open);
    let now = now + Duration::from_hours(24);
    report(&breaker, now, false);
    assert_eq!(breaker.state(now), BreakerState::Closed);
}
