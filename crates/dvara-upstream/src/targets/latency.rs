//! How long a target takes, so that the quickest can be asked.
//!
//! An average alone says nothing of a target that has gone silent until its first slow answer is there, and nothing any more of one
//! that nobody asks because it was slow. So the age of the calls under way counts too, and an average that nothing keeps up is
//! forgotten: then one call finds out how things are.

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// After this time without a sample 63 % of the average come from newer ones, however many there are.
const TIME_CONSTANT: Duration = Duration::from_secs(5);
/// How long an average holds that nothing keeps up, and how long a target rests that gave no sample when it was tried.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(5);

/// What a target's next answer is expected to take, in microseconds. The lowest is to be asked; equals are equally good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Estimate(u64);

impl Estimate {
    /// Nothing recent is known, and nobody is finding out: lower than any other.
    pub const TRY_NEXT: Self = Self(0);
    /// Nothing is known, and somebody is finding out: higher than any other.
    pub const UNKNOWN: Self = Self(u64::MAX);

    /// Microseconds.
    pub fn micros(self) -> u64 {
        self.0
    }

    /// Milliseconds, where something is known.
    pub fn millis(self) -> Option<u64> {
        (self != Self::TRY_NEXT && self != Self::UNKNOWN).then_some(self.0 / 1_000)
    }
}

/// One kind of delay of one target, such as that of whole answers or of streams' first events. Cheap to clone; clones are the same.
#[derive(Clone, Default)]
pub struct Latency(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    average: Option<Average>,
    under_way: u64,
    /// When the first call began: what starts are measured from.
    origin: Option<Instant>,
    /// When those under way began, all added up, in microseconds. Their mean age follows without a list of them.
    starts: u128,
    last_start: Option<Instant>,
}

#[derive(Clone, Copy)]
struct Average {
    micros: f64,
    sampled: Instant,
}

impl Latency {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// A call goes out.
    pub fn begin(&self, now: Instant) -> InFlight {
        self.lock().enter(now);
        InFlight {
            latency: self.clone(),
            since: now,
            over: false,
        }
    }

    /// What to expect of the target.
    ///
    /// To be followed by [`Latency::begin`] without an await in between, or a target that is to be tried gets more than one call.
    pub fn estimate(&self, now: Instant) -> Estimate {
        self.lock().estimate(now)
    }

    /// How many calls are under way.
    pub fn under_way(&self) -> u64 {
        self.lock().under_way
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn enter(&mut self, now: Instant) {
        self.under_way += 1;
        self.starts += self.since_origin(now);
        self.last_start = self.last_start.max(Some(now));
    }

    fn leave(&mut self, since: Instant) {
        self.under_way -= 1;
        self.starts -= self.since_origin(since);
    }

    fn learn(&mut self, sample: Duration, now: Instant) {
        let micros = sample.as_secs_f64() * 1e6;
        let old = self.average.filter(|old| is_recent(old.sampled, now));
        self.average = Some(match old {
            None => Average {
                micros,
                sampled: now,
            },
            Some(old) => {
                let elapsed = now.saturating_duration_since(old.sampled);
                let weight = 1.0 - (-elapsed.div_duration_f64(TIME_CONSTANT)).exp();
                Average {
                    micros: old.micros + weight * (micros - old.micros),
                    sampled: old.sampled.max(now),
                }
            }
        });
    }

    fn estimate(&mut self, now: Instant) -> Estimate {
        let average = self.average.map(|average| average.micros as u64);
        if self.under_way == 0 {
            let heard = self.average.map(|average| average.sampled);
            let recent = heard.max(self.last_start);
            return match recent {
                Some(at) if is_recent(at, now) => average.map_or(Estimate::UNKNOWN, Estimate),
                Some(_) | None => Estimate::TRY_NEXT,
            };
        }
        let under_way = u128::from(self.under_way);
        let ages = (self.since_origin(now) * under_way).saturating_sub(self.starts);
        let mean_age = u64::try_from(ages / under_way).unwrap_or(u64::MAX);
        average.map_or(Estimate::UNKNOWN, |average| Estimate(average.max(mean_age)))
    }

    fn since_origin(&mut self, at: Instant) -> u128 {
        let origin = *self.origin.get_or_insert(at);
        at.saturating_duration_since(origin).as_micros()
    }
}

fn is_recent(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) < FORGOTTEN_AFTER
}

/// A call under way. Dropped, it is no sample: how quickly a target fails says nothing of its answers.
#[must_use = "a call that is not held is not under way"]
pub struct InFlight {
    latency: Latency,
    since: Instant,
    /// It is not under way any more.
    over: bool,
}

impl InFlight {
    /// What was waited for is there.
    pub fn answered(mut self, now: Instant) {
        let sample = now.saturating_duration_since(self.since);
        self.end().learn(sample, now);
    }

    /// Nobody waits for it any longer. It would have taken at least until now: a sample if that makes the target slower than it was
    /// known to be. Else clients that leave early would keep a silent target's good name.
    pub fn gave_up(mut self, now: Instant) {
        let sample = now.saturating_duration_since(self.since);
        let mut known = self.end();
        let slower = |average: Average| sample.as_secs_f64() * 1e6 > average.micros;
        if known.average.is_some_and(slower) {
            known.learn(sample, now);
        }
    }

    fn end(&mut self) -> MutexGuard<'_, Known> {
        self.over = true;
        let mut known = self.latency.lock();
        known.leave(self.since);
        known
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.over {
            drop(self.end());
        }
    }
}
