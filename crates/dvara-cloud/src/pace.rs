//! When credentials are loaded again. Chance is an argument, from 0 to 1: it keeps a fleet from asking all at once.

use std::time::Duration;

/// How long before they expire credentials are renewed. Instance metadata has new ones five minutes before the old ones end.
const LEAD: Duration = Duration::from_secs(300);

/// Credentials are never asked for more often than this, however short they live.
const SHORTEST: Duration = Duration::from_secs(1);

/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long to wait before credentials that live for `left` are renewed: until five minutes before they expire, or for three
/// quarters of the time when that is later, less a little chance.
pub(crate) fn until_renewal(left: Duration, chance: f64) -> Duration {
    let lead = LEAD.min(left / 4);
    left.saturating_sub(lead + lead.mul_f64(chance / 4.0))
        .max(SHORTEST)
}

/// How long to wait after so many failures in a row (at least one): 1 s, 2 s, 4 s, …, 60 s, give or take a quarter.
pub(crate) fn after_failures(failures: u32, chance: f64) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(LONGEST_PAUSE).mul_f64(0.75 + chance / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(duration: Duration) -> f64 {
        duration.as_secs_f64()
    }

    #[test]
    fn credentials_are_renewed_five_minutes_before_they_expire_or_a_little_earlier() {
        let hour = Duration::from_secs(3_600);
        assert_eq!(seconds(until_renewal(hour, 0.0)), 3_300.0);
        assert_eq!(seconds(until_renewal(hour, 1.0)), 3_225.0);
    }

    #[test]
    fn what_lives_shortly_is_renewed_when_three_quarters_are_over() {
        let short = Duration::from_secs(600);
        assert_eq!(seconds(until_renewal(short, 0.0)), 450.0);
        assert_eq!(seconds(until_renewal(Duration::ZERO, 1.0)), 1.0);
    }

    #[test]
    fn pauses_grow_to_a_minute_and_differ() {
        let pauses: Vec<f64> = (1..=9).map(|n| seconds(after_failures(n, 0.5))).collect();
        assert_eq!(pauses, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]);
        assert_eq!(seconds(after_failures(u32::MAX, 0.0)), 45.0);
        assert_eq!(seconds(after_failures(1, 1.0)), 1.25);
    }
}
