//! Pauses the calls to a target that fails, and finds out by itself when it is well again.
//!
//! Closed, it counts results. When too many of the last ones failed it opens, and for a while nobody passes. Then a few calls at
//! once may try, and their results close it or open it again. Whether a result is a failure is the caller's to say; a rate limit
//! is none (data-plane sheet §17).

mod window;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use window::Window;

/// When a breaker opens, and for how long: `dvara.llm-gateway.resilience.circuit-breaker.*` (data-plane sheet §17). Values that make
/// no sense count as the nearest that do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Without it everybody passes, and nothing is counted.
    pub enabled: bool,
    /// The share of failures at which it opens, in percent, 1 to 100.
    pub failure_rate_threshold: u8,
    /// How many of the last results count, at least one.
    pub sliding_window_size: u16,
    /// With fewer results than this it never opens. At most the size of the window.
    pub minimum_calls: u16,
    /// How long nobody passes, at most a day.
    pub open_for: Duration,
    /// How many calls at once may try afterwards, and how many successes close it; at least one.
    pub half_open_calls: u16,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            failure_rate_threshold: 50,
            sliding_window_size: 10,
            minimum_calls: 5,
            open_for: Duration::from_secs(30),
            half_open_calls: 1,
        }
    }
}

impl BreakerSettings {
    fn sensible(self) -> Self {
        let sliding_window_size = self.sliding_window_size.max(1);
        Self {
            enabled: self.enabled,
            failure_rate_threshold: self.failure_rate_threshold.clamp(1, 100),
            sliding_window_size,
            minimum_calls: self.minimum_calls.clamp(1, sliding_window_size),
            open_for: self.open_for.min(Duration::from_hours(24)),
            half_open_calls: self.half_open_calls.max(1),
        }
    }
}

/// Whether calls pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// All of them.
    Closed,
    /// None.
    Open,
    /// A few, to try.
    HalfOpen,
}

impl BreakerState {
    /// The word in the status and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "CLOSED",
            Self::Open => "OPEN",
            Self::HalfOpen => "HALF_OPEN",
        }
    }
}

/// Nobody passes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paused {
    /// When it is worth another look.
    pub retry_after: Duration,
}

/// How soon to look again while others are trying: their results may come at any time.
const OTHERS_ARE_TRYING: Duration = Duration::from_secs(1);

/// What `closed` holds while it is not.
const NOT_CLOSED: u64 = u64::MAX;

/// The breaker of one target. Cheap to clone; clones are the same breaker.
#[derive(Clone)]
pub struct Breaker(Arc<Shared>);

struct Shared {
    settings: BreakerSettings,
    /// The generation while it is closed: calls to a healthy target read this and wait for nobody.
    closed: AtomicU64,
    inner: Mutex<Inner>,
    opened: AtomicU64,
    refused: AtomicU64,
}

struct Inner {
    phase: Phase,
    /// One more with every change of phase. A result counts in the generation that its call passed in.
    generation: u64,
    /// Calls that try, also those that began before it opened again: a target that does not answer gets no more of them.
    trying: u16,
}

enum Phase {
    Closed(Window),
    Open { until: Instant },
    HalfOpen { succeeded: u16 },
}

impl Breaker {
    /// A closed breaker.
    pub fn new(settings: BreakerSettings) -> Self {
        let settings = settings.sensible();
        let inner = Inner {
            phase: Phase::Closed(Window::new(settings.sliding_window_size)),
            generation: 0,
            trying: 0,
        };
        Self(Arc::new(Shared {
            settings,
            closed: AtomicU64::new(0),
            inner: Mutex::new(inner),
            opened: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }))
    }

    /// Whether calls pass at `now`. One that is open is half open as soon as its time is over, also when nobody has come.
    pub fn state(&self, now: Instant) -> BreakerState {
        if self.0.closed_generation().is_some() {
            return BreakerState::Closed;
        }
        match self.0.lock().phase {
            Phase::Closed(_) => BreakerState::Closed,
            Phase::Open { until } if now < until => BreakerState::Open,
            Phase::Open { .. } | Phase::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Lets a call pass, whose result is then to be reported.
    ///
    /// # Errors
    /// [`Paused`] while it is open, and while as many calls are trying as may.
    pub fn try_pass(&self, now: Instant) -> Result<Pass, Paused> {
        if let Some(generation) = self.0.closed_generation() {
            return Ok(self.pass(generation, false));
        }
        let mut inner = self.0.lock();
        match inner.try_pass(&self.0.settings, now) {
            Ok(tries) => Ok(self.pass(inner.generation, tries)),
            Err(paused) => {
                self.0.refused.fetch_add(1, Ordering::Relaxed);
                Err(paused)
            }
        }
    }

    /// How often it has opened.
    pub fn opened_total(&self) -> u64 {
        self.0.opened.load(Ordering::Relaxed)
    }

    /// How many calls it has not let pass.
    pub fn refused_total(&self) -> u64 {
        self.0.refused.load(Ordering::Relaxed)
    }

    fn pass(&self, generation: u64, tries: bool) -> Pass {
        Pass {
            breaker: self.0.clone(),
            generation,
            tries,
        }
    }
}

impl Inner {
    /// Says whether the call is one that tries.
    fn try_pass(&mut self, settings: &BreakerSettings, now: Instant) -> Result<bool, Paused> {
        match self.phase {
            // It closed a moment ago.
            Phase::Closed(_) => return Ok(false),
            Phase::Open { until } if now < until => {
                let retry_after = until - now;
                return Err(Paused { retry_after });
            }
            Phase::Open { .. } => self.turn(Phase::HalfOpen { succeeded: 0 }),
            Phase::HalfOpen { .. } => {}
        }
        if self.trying >= settings.half_open_calls {
            let retry_after = OTHERS_ARE_TRYING;
            return Err(Paused { retry_after });
        }
        self.trying += 1;
        Ok(true)
    }

    fn turn(&mut self, phase: Phase) {
        self.phase = phase;
        self.generation += 1;
    }
}

impl Shared {
    fn closed_generation(&self) -> Option<u64> {
        let generation = self.closed.load(Ordering::Acquire);
        (generation != NOT_CLOSED).then_some(generation)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self, generation: u64, failed: bool, now: Instant) {
        if !self.settings.enabled {
            return;
        }
        let mut inner = self.lock();
        if inner.generation != generation {
            return;
        }
        match &mut inner.phase {
            Phase::Closed(window) => {
                window.push(failed);
                let BreakerSettings {
                    failure_rate_threshold,
                    minimum_calls,
                    ..
                } = self.settings;
                if window.reaches(failure_rate_threshold, minimum_calls) {
                    self.open(&mut inner, now);
                }
            }
            Phase::HalfOpen { .. } if failed => self.open(&mut inner, now),
            Phase::HalfOpen { succeeded } => {
                *succeeded += 1;
                if *succeeded >= self.settings.half_open_calls {
                    self.close(&mut inner);
                }
            }
            // Nobody passes in this generation.
            Phase::Open { .. } => {}
        }
    }

    fn open(&self, inner: &mut Inner, now: Instant) {
        inner.turn(Phase::Open {
            until: now + self.settings.open_for,
        });
        self.closed.store(NOT_CLOSED, Ordering::Release);
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    fn close(&self, inner: &mut Inner) {
        let window = Window::new(self.settings.sliding_window_size);
        inner.turn(Phase::Closed(window));
        self.closed.store(inner.generation, Ordering::Release);
    }
}

/// A call that was let pass. Dropped without a result, as when its client leaves, it counts nothing.
#[must_use = "its result is to be reported"]
pub struct Pass {
    breaker: Arc<Shared>,
    generation: u64,
    tries: bool,
}

impl Pass {
    /// The target did what it should.
    pub fn succeeded(self, now: Instant) {
        self.breaker.report(self.generation, false, now);
    }

    /// The target failed.
    pub fn failed(self, now: Instant) {
        self.breaker.report(self.generation, true, now);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.tries {
            self.breaker.lock().trying -= 1;
        }
    }
}
