//! Retries, fallbacks and time limits towards vendors: for all, and field by field per provider
//! (data-plane sheet §17; the limits are those of design §3).

use std::time::Duration;

use dvara_service::settings::{Loader, Property, same_name};
use dvara_types::ProviderName;

use super::properties::resilience as known;

/// How the gateway deals with vendors that fail or are slow.
#[derive(Debug, Clone)]
pub(crate) struct ResilienceSettings {
    pub(crate) fallback: Fallback,
    common: Resilience,
    overrides: Vec<Override>,
}

/// What holds for one provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resilience {
    pub(crate) retry: Retry,
    pub(crate) timeouts: Timeouts,
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
    Multiplier(f64),
    Time(fn(&mut Resilience) -> &mut Duration, Duration),
    Streaming(Duration),
}

type Time = (Property, fn(&mut Resilience) -> &mut Duration);

/// The fields that are plain durations.
const TIMES: [Time; 6] = [
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
        let common = Resilience {
            retry: Retry {
                max_attempts: max_attempts.filter(|_| enabled).unwrap_or(1),
                initial_backoff: loader.millis(&known::RETRY_INITIAL_BACKOFF),
                multiplier: multiplier.unwrap_or(1.0),
                max_backoff: loader.millis(&known::RETRY_MAX_BACKOFF),
            },
            timeouts: Timeouts {
                connect: loader.millis(&known::CONNECT_TIMEOUT),
                first_byte: loader.millis(&known::FIRST_BYTE_TIMEOUT),
                idle: loader.millis(&known::IDLE_TIMEOUT),
                chat: loader.millis(&known::CHAT_TIMEOUT),
                streaming: some_time(streaming),
            },
        };
        Self {
            fallback,
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
mod tests {
    use dvara_service::settings::Env;

    use super::*;

    fn load(pairs: &[(&str, &str)]) -> (ResilienceSettings, Loader) {
        let env = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut loader = Loader::new(Env::from_pairs(env.collect::<Vec<_>>()), &[PROPERTIES]);
        (ResilienceSettings::load(&mut loader), loader)
    }

    fn name(text: &str) -> ProviderName {
        ProviderName::parse(text).unwrap()
    }

    #[test]
    fn defaults_are_those_of_the_sheet_and_the_design() {
        let (settings, _) = load(&[]);
        let openai = settings.of(&name("openai"));
        assert_eq!(openai.retry.max_attempts, 3);
        assert_eq!(openai.retry.initial_backoff, Duration::from_millis(500));
        assert_eq!(openai.retry.max_backoff, Duration::from_secs(10));
        assert_eq!(openai.timeouts.connect, Duration::from_secs(5));
        assert_eq!(openai.timeouts.streaming, None);
        assert!(settings.fallback.enabled);
        assert_eq!(settings.fallback.max_attempts, 3);
        assert_eq!(settings.fallback.deadline, Duration::from_secs(600));
    }

    #[test]
    fn one_provider_differs_field_by_field() {
        let (settings, _) = load(&[
            (
                "DVARA_LLM_GATEWAY_PROVIDERS_AZURE_OPENAI_RETRY_MAX_ATTEMPTS",
                "5",
            ),
            (
                "DVARA_LLM_GATEWAY_PROVIDERS_AZURE_OPENAI_TIMEOUT_CHAT_TIMEOUT_MS",
                "7s",
            ),
            (
                "DVARA_LLM_GATEWAY_PROVIDERS_AZURE_OPENAI_TIMEOUT_STREAMING_TIMEOUT_MS",
                "90000",
            ),
            (
                "DVARA_LLM_GATEWAY_RESILIENCE_RETRY_BACKOFF_MULTIPLIER",
                "1.5",
            ),
        ]);
        let azure = settings.of(&name("azure-openai"));
        assert_eq!(azure.retry.max_attempts, 5);
        assert_eq!(azure.timeouts.chat, Duration::from_secs(7));
        assert_eq!(azure.timeouts.streaming, Some(Duration::from_secs(90)));
        assert!((azure.retry.multiplier - 1.5).abs() < f64::EPSILON);
        assert_eq!(settings.of(&name("openai")).retry.max_attempts, 3);
        let known = [name("openai")];
        assert_eq!(settings.strays(known.iter()).len(), 3);
        assert!(settings.strays([name("azure-openai")].iter()).is_empty());
    }

    #[test]
    fn switched_off_nothing_is_tried_twice() {
        let (settings, _) = load(&[
            ("DVARA_LLM_GATEWAY_RESILIENCE_ENABLED", "false"),
            ("DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_RETRY_MAX_ATTEMPTS", "5"),
        ]);
        assert_eq!(settings.of(&name("openai")).retry.max_attempts, 1);
        assert!(!settings.fallback.enabled);
    }

    #[test]
    fn mistakes_name_the_property() {
        let (_, loader) = load(&[
            ("DVARA_LLM_GATEWAY_RESILIENCE_RETRY_MAX_ATTEMPTS", "0"),
            (
                "DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_TIMEOUT_IDLE_TIMEOUT_MS",
                "soon",
            ),
        ]);
        let problems: Vec<String> = loader
            .finish()
            .err()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        let text = problems.join("\n");
        assert!(text.contains("resilience.retry.max-attempts"), "{text}");
        assert!(text.contains("timeout.idle-timeout-ms"), "{text}");
    }
}
