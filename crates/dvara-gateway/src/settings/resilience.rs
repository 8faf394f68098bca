//! Retries, fallbacks and time limits towards vendors: for all, and field by field per provider
//! (data-plane sheet §17; the limits are those of design §3).

use std::num::NonZeroUsize;
use std::time::Duration;

use dvara_service::settings::{Loader, Property, same_name};
use dvara_types::ProviderName;
use dvara_upstream::targets::{BreakerSettings, LaneSettings, TargetSettings};

mod numbers;

use super::properties::resilience as known;
use numbers::NUMBERS;

/// How the gateway deals with vendors that fail or are slow.
#[derive(Debug, Clone)]
pub(crate) struct ResilienceSettings {
    pub(crate) fallback: Fallback,
    /// Credentials that a vendor refused with 429 are left alone.
    pub(crate) keeps_vendor_limits: bool,
    /// How often targets that were left alone are probed; `None` for never.
    pub(crate) probe: Option<Duration>,
    common: Resilience,
    overrides: Vec<Override>,
}

/// What holds for one provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resilience {
    pub(crate) retry: Retry,
    pub(crate) timeouts: Timeouts,
    pub(crate) lane: Concurrency,
    breaking: Breaking,
}

/// How many calls may be under way at a provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Concurrency {
    most: u32,
    waiting: u32,
    /// How long a call waits for a place.
    pub(crate) max_wait: Duration,
}

/// When a target is left alone, as settings say it.
#[derive(Debug, Clone, Copy)]
struct Breaking {
    enabled: bool,
    failure_rate: u32,
    window: u32,
    minimum: u32,
    wait: Duration,
    half_open: u32,
}

impl Resilience {
    /// What the provider's targets begin with.
    pub(crate) fn targets(&self) -> TargetSettings {
        let of = self.breaking;
        let small = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
        let many = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        TargetSettings {
            breaker: BreakerSettings {
                enabled: of.enabled,
                failure_rate_threshold: u8::try_from(of.failure_rate).unwrap_or(100),
                sliding_window_size: small(of.window),
                minimum_calls: small(of.minimum),
                open_for: of.wait,
                half_open_calls: small(of.half_open),
            },
            retry_percent: small(self.retry.budget_percent),
            retry_reserve: self.retry.budget_reserve,
            lane: LaneSettings {
                max: NonZeroUsize::new(many(self.lane.most)),
                queue: many(self.lane.waiting),
            },
        }
    }
}

/// How often one target is asked, and how long is waited in between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retry {
    /// Attempts in all, the first among them.
    pub(crate) max_attempts: u32,
    /// Before the second attempt.
    pub(crate) initial_backoff: Duration,
    /// How much longer each pause is than the one before.
    pub(crate) multiplier: f64,
    /// The longest pause. A vendor that asks for a longer one is not asked again.
    pub(crate) max_backoff: Duration,
    /// Retries for a hundred calls.
    pub(crate) budget_percent: u32,
    /// Retries beyond that.
    pub(crate) budget_reserve: u32,
}

/// When calls go to another target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fallback {
    pub(crate) enabled: bool,
    /// How many further targets are asked.
    pub(crate) max_attempts: usize,
    /// From the first attempt on; no target is begun after it.
    pub(crate) deadline: Duration,
}

/// Time limits towards a vendor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// To make a connection.
    pub(crate) connect: Duration,
    /// From sending a streamed call to the first event of its answer.
    pub(crate) first_byte: Duration,
    /// Between two pieces of a stream.
    pub(crate) idle: Duration,
    /// A whole call that is not streamed, with its retries.
    pub(crate) chat: Duration,
    /// A whole stream; `None` for no limit.
    pub(crate) streaming: Option<Duration>,
}

/// One field of one provider.
#[derive(Debug, Clone)]
struct Override {
    provider: String,
    property: &'static str,
    change: Change,
}

#[derive(Debug, Clone, Copy)]
enum Change {
    MaxAttempts(u32),
    Number(fn(&mut Resilience) -> &mut u32, u32),
    Multiplier(f64),
    Time(fn(&mut Resilience) -> &mut Duration, Duration),
    Streaming(Duration),
}

type Time = (Property, fn(&mut Resilience) -> &mut Duration);

/// The fields that are plain durations.
const TIMES: [Time; 8] = [
    (known::PROVIDER_INITIAL_BACKOFF, |of| {
        &mut of.retry.initial_backoff
    }),
    (known::PROVIDER_MAX_BACKOFF, |of| &mut of.retry.max_backoff),
    (known::PROVIDER_CONNECT_TIMEOUT, |of| {
        &mut of.timeouts.connect
    }),
    (known::PROVIDER_FIRST_BYTE_TIMEOUT, |of| {
        &mut of.timeouts.first_byte
    }),
    (known::PROVIDER_IDLE_TIMEOUT, |of| &mut of.timeouts.idle),
    (known::PROVIDER_CHAT_TIMEOUT, |of| &mut of.timeouts.chat),
    (known::PROVIDER_BREAKER_WAIT, |of| &mut of.breaking.wait),
    (known::PROVIDER_MAX_WAIT, |of| &mut of.lane.max_wait),
];

impl ResilienceSettings {
    /// Reads and checks them; mistakes are collected in the loader.
    pub(super) fn load(loader: &mut Loader) -> Self {
        let enabled = loader.flag(&known::RESILIENCE_ENABLED);
        let fallback = Fallback {
            enabled: enabled && loader.flag(&known::FALLBACK_ENABLED),
            max_attempts: loader
                .within(&known::FALLBACK_MAX_ATTEMPTS, 0..=10)
                .unwrap_or_default(),
            deadline: loader.millis(&known::FALLBACK_DEADLINE),
        };
        let max_attempts = loader.read(&known::RETRY_MAX_ATTEMPTS, attempts);
        let multiplier = loader.read(&known::RETRY_MULTIPLIER, multiplier);
        let streaming = loader.millis(&known::STREAMING_TIMEOUT);
        let mut common = Resilience {
            retry: Retry {
                max_attempts: max_attempts.filter(|_| enabled).unwrap_or(1),
                initial_backoff: loader.millis(&known::RETRY_INITIAL_BACKOFF),
                multiplier: multiplier.unwrap_or(1.0),
                max_backoff: loader.millis(&known::RETRY_MAX_BACKOFF),
                budget_percent: 0,
                budget_reserve: 0,
            },
            timeouts: Timeouts {
                connect: loader.millis(&known::CONNECT_TIMEOUT),
                first_byte: loader.millis(&known::FIRST_BYTE_TIMEOUT),
                idle: loader.millis(&known::IDLE_TIMEOUT),
                chat: loader.millis(&known::CHAT_TIMEOUT),
                streaming: some_time(streaming),
            },
            lane: Concurrency {
                most: 0,
                waiting: 0,
                max_wait: loader.millis(&known::MAX_WAIT),
            },
            breaking: Breaking {
                enabled: enabled && loader.flag(&known::BREAKER_ENABLED),
                failure_rate: 0,
                window: 0,
                minimum: 0,
                wait: loader.millis(&known::BREAKER_WAIT),
                half_open: 0,
            },
        };
        for number in &NUMBERS {
            if let Some(said) = loader.within(&number.common, number.least..=number.most) {
                *(number.field)(&mut common) = said;
            }
        }
        Self {
            fallback,
            keeps_vendor_limits: enabled && loader.flag(&known::VENDOR_LIMITS),
            probe: some_time(loader.millis(&known::PROBE_INTERVAL)),
            common,
            overrides: overrides(loader, enabled),
        }
    }

    /// What holds for a provider.
    pub(crate) fn of(&self, provider: &ProviderName) -> Resilience {
        let mut resilience = self.common;
        for one in &self.overrides {
            if same_name(&one.provider, provider.as_str()) {
                one.change.apply(&mut resilience);
            }
        }
        resilience
    }

    /// Settings for providers that there are none of, by their full names.
    pub(crate) fn strays<'a>(
        &self,
        providers: impl Iterator<Item = &'a ProviderName> + Clone,
    ) -> Vec<String> {
        self.overrides
            .iter()
            .filter(|one| {
                !providers
                    .clone()
                    .any(|name| same_name(&one.provider, name.as_str()))
            })
            .map(|one| one.property.replace('*', &one.provider))
            .collect()
    }
}

impl Change {
    fn apply(self, resilience: &mut Resilience) {
        match self {
            Self::MaxAttempts(attempts) => resilience.retry.max_attempts = attempts,
            Self::Number(field, number) => *field(resilience) = number,
            Self::Multiplier(multiplier) => resilience.retry.multiplier = multiplier,
            Self::Time(field, time) => *field(resilience) = time,
            Self::Streaming(limit) => resilience.timeouts.streaming = some_time(limit),
        }
    }
}

fn overrides(loader: &mut Loader, retries: bool) -> Vec<Override> {
    let mut all = Vec::new();
    let mut add = |property: &Property, provider, change| {
        all.push(Override {
            provider,
            property: property.path,
            change,
        });
    };
    for (provider, number) in loader.read_entries(&known::PROVIDER_MAX_ATTEMPTS, attempts) {
        let number = if retries { number } else { 1 };
        add(
            &known::PROVIDER_MAX_ATTEMPTS,
            provider,
            Change::MaxAttempts(number),
        );
    }
    for (provider, number) in loader.read_entries(&known::PROVIDER_MULTIPLIER, multiplier) {
        add(
            &known::PROVIDER_MULTIPLIER,
            provider,
            Change::Multiplier(number),
        );
    }
    for number in &NUMBERS {
        for (provider, said) in loader.read_entries(&number.of_provider, |text| number.read(text)) {
            add(
                &number.of_provider,
                provider,
                Change::Number(number.field, said),
            );
        }
    }
    for (property, field) in &TIMES {
        for (provider, time) in loader.durations(property) {
            add(property, provider, Change::Time(*field, time));
        }
    }
    for (provider, time) in loader.durations(&known::PROVIDER_STREAMING_TIMEOUT) {
        add(
            &known::PROVIDER_STREAMING_TIMEOUT,
            provider,
            Change::Streaming(time),
        );
    }
    all
}

fn attempts(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(number @ 1..=10) => Ok(number),
        Ok(_) | Err(_) => Err("is not a number from 1 to 10".to_owned()),
    }
}

fn multiplier(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (1.0..=10.0).contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err("is not a number from 1 to 10".to_owned()),
    }
}

/// A limit of 0 is none.
fn some_time(limit: Duration) -> Option<Duration> {
    (!limit.is_zero()).then_some(limit)
}

#[cfg(test)]
use super::PROPERTIES;

#[cfg(test)]
impl ResilienceSettings {
    /// What holds when nothing is set.
    pub(crate) fn defaults() -> Self {
        let nothing = dvara_service::settings::Env::from_pairs(Vec::<(String, String)>::new());
        Self::load(&mut Loader::new(nothing, &[PROPERTIES]))
    }
}

#[cfg(test)]
mod tests;
