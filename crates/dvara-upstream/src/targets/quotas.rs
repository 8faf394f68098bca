//! Which credentials a vendor gives nothing for at present.
//!
//! Vendors count by account, and often by model. What an answer says of one credential holds for every call that would use it, so
//! the next call takes another credential or is refused here, instead of being refused there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

/// Longest time that a credential is out for, whatever a vendor says (data-plane sheet §17: the tracker fails open).
const LONGEST: Duration = Duration::from_hours(1);
/// Entries that are kept. Model names are callers' words.
const MOST: usize = 1_024;

/// What a vendor counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaKey<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// The credential's fingerprint.
    pub fingerprint: &'a str,
    /// The model's name, as the provider is asked for it.
    pub model: &'a str,
}

/// What is known of vendors' limits, in one process.
#[derive(Default)]
pub struct Quotas {
    /// Usually none, sometimes a handful: looking at each is quicker than hashing one.
    out: ArcSwap<Vec<Arc<Out>>>,
}

struct Out {
    provider: Box<str>,
    fingerprint: Box<str>,
    model: Box<str>,
    until: Instant,
}

impl Out {
    fn is_of(&self, key: QuotaKey<'_>) -> bool {
        *self.fingerprint == *key.fingerprint
            && *self.model == *key.model
            && *self.provider == *key.provider
    }
}

impl Quotas {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nothing was noted that may still hold.
    pub fn is_empty(&self) -> bool {
        self.out.load().is_empty()
    }

    /// Until when a credential is out, if it is.
    pub fn until(&self, key: QuotaKey<'_>, now: Instant) -> Option<Instant> {
        let out = self.out.load();
        let entry = out.iter().find(|out| out.is_of(key))?;
        (now < entry.until).then_some(entry.until)
    }

    /// Keeps what an answer says: that its credential is out for some time, at most an hour, or nothing. An answer that says nothing does not
    /// bring a credential back: its call may be older than the one that used the limit up.
    pub fn observe(&self, key: QuotaKey<'_>, now: Instant, out_for: Option<Duration>) {
        let Some(out_for) = out_for else { return };
        let until = now + out_for.min(LONGEST);
        if until <= now || self.until(key, now).is_some_and(|known| known >= until) {
            return;
        }
        let entry = Arc::new(Out {
            provider: key.provider.into(),
            fingerprint: key.fingerprint.into(),
            model: key.model.into(),
            until,
        });
        self.out.rcu(|known| with(known, &entry, now));
    }

    /// How many credentials are out.
    pub fn out(&self, now: Instant) -> usize {
        let out = self.out.load();
        out.iter().filter(|out| now < out.until).count()
    }
}

/// What is known, and one entry more. The one that ends first makes place.
fn with(known: &[Arc<Out>], entry: &Arc<Out>, now: Instant) -> Vec<Arc<Out>> {
    let key = QuotaKey {
        provider: &entry.provider,
        fingerprint: &entry.fingerprint,
        model: &entry.model,
    };
    let others = known
        .iter()
        .filter(|out| now < out.until && !out.is_of(key));
    let mut all: Vec<_> = others.cloned().collect();
    if all.len() >= MOST
        && let Some((first, _)) = all.iter().enumerate().min_by_key(|(_, out)| out.until)
    {
        all.swap_remove(first);
    }
    all.push(entry.clone());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn key<'a>(fingerprint: &'a str, model: &'a str) -> QuotaKey<'a> {
        QuotaKey {
            provider: "openai",
            fingerprint,
            model,
        }
    }

    #[test]
    fn a_credential_is_out_for_its_model_until_its_time() {
        let (quotas, now) = (Quotas::new(), Instant::now());
        quotas.observe(key("a", "m"), now, Some(20 * SECOND));
        let until = now + 20 * SECOND;
        assert_eq!(quotas.until(key("a", "m"), now), Some(until));
        for other in [
            key("b", "m"),
            key("a", "n"),
            QuotaKey {
                provider: "azure",
                ..key("a", "m")
            },
        ] {
            assert_eq!(quotas.until(other, now), None);
        }
        assert_eq!(quotas.until(key("a", "m"), until), None);
        assert_eq!((quotas.out(now), quotas.out(until)), (1, 0));
    }

    #[test]
    fn the_latest_end_holds_and_a_good_answer_takes_nothing_back() {
        let (quotas, now) = (Quotas::new(), Instant::now());
        for seconds in [Some(20), Some(5), None, Some(30), Some(0)] {
            let out_for = seconds.map(Duration::from_secs);
            quotas.observe(key("a", "m"), now, out_for);
        }
        assert_eq!(quotas.until(key("a", "m"), now), Some(now + 30 * SECOND));
        // When its time is over, a shorter one counts.
        let now = now + 40 * SECOND;
        quotas.observe(key("a", "m"), now, Some(SECOND));
        assert_eq!(quotas.until(key("a", "m"), now), Some(now + SECOND));
        assert_eq!(quotas.out(now), 1);
    }

    #[test]
    fn nothing_is_out_for_more_than_an_hour() {
        let (quotas, now) = (Quotas::new(), Instant::now());
        quotas.observe(key("a", "m"), now, Some(Duration::MAX));
        assert_eq!(quotas.until(key("a", "m"), now), Some(now + 3_600 * SECOND));
    }

    #[test]
    fn what_ends_first_makes_place() {
        let (quotas, now) = (Quotas::new(), Instant::now());
        for seconds in 1..=1_100 {
            let out_for = Duration::from_secs(2_000 - seconds);
            quotas.observe(key("a", &seconds.to_string()), now, Some(out_for));
        }
        assert_eq!(quotas.out(now), MOST);
        assert!(quotas.until(key("a", "1"), now).is_some());
        assert!(quotas.until(key("a", "1099"), now).is_none());
        assert!(quotas.until(key("a", "1100"), now).is_some());
    }
}
