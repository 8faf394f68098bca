use std::num::NonZeroUsize;

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
    assert_eq!(
        (openai.retry.budget_percent, openai.retry.budget_reserve),
        (20, 10)
    );
    assert_eq!(openai.targets().lane.max, None);
    let breaker = openai.targets().breaker;
    assert!(breaker.enabled);
    assert_eq!(breaker.failure_rate_threshold, 50);
    assert_eq!(
        (breaker.sliding_window_size, breaker.minimum_calls),
        (10, 5)
    );
    assert_eq!(
        (breaker.open_for, breaker.half_open_calls),
        (Duration::from_secs(30), 1)
    );
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
            "DVARA_LLM_GATEWAY_PROVIDERS_AZURE_OPENAI_CIRCUIT_BREAKER_SLIDING_WINDOW_SIZE",
            "40",
        ),
        (
            "DVARA_LLM_GATEWAY_PROVIDERS_AZURE_OPENAI_CONCURRENCY_MAX_CALLS",
            "7",
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
    assert_eq!(azure.targets().breaker.sliding_window_size, 40);
    assert_eq!(azure.targets().lane.max, NonZeroUsize::new(7));
    assert_eq!(settings.of(&name("openai")).retry.max_attempts, 3);
    let known = [name("openai")];
    assert_eq!(settings.strays(known.iter()).len(), 5);
    assert!(settings.strays([name("azure-openai")].iter()).is_empty());
}

#[test]
fn switched_off_nothing_is_tried_twice() {
    let (settings, _) = load(&[
        ("DVARA_LLM_GATEWAY_RESILIENCE_ENABLED", "false"),
        ("DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_RETRY_MAX_ATTEMPTS", "5"),
    ]);
    assert_eq!(settings.of(&name("openai")).retry.max_attempts, 1);
    assert!(!settings.of(&name("openai")).targets().breaker.enabled);
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
