//! Time limits, retries and fallbacks towards vendors (data-plane sheet §17; the limits are those of design §3).

use dvara_service::settings::Property;

pub(crate) const CONNECT_TIMEOUT: Property = Property::new(
    "dvara.llm-gateway.resilience.timeout.connect-timeout-ms",
    "Milliseconds to make a connection to a vendor.",
)
.default("5000");

pub(crate) const FIRST_BYTE_TIMEOUT: Property = Property::new(
    "dvara.llm-gateway.resilience.timeout.first-byte-timeout-ms",
    "Milliseconds from sending a streamed call to the first event of the vendor's answer.",
)
.default("300000");

pub(crate) const IDLE_TIMEOUT: Property = Property::new(
    "dvara.llm-gateway.resilience.timeout.idle-timeout-ms",
    "Milliseconds between two pieces of a vendor's stream.",
)
.default("120000");

pub(crate) const CHAT_TIMEOUT: Property = Property::new(
    "dvara.llm-gateway.resilience.timeout.chat-timeout-ms",
    "Milliseconds for a whole call that is not streamed, with its retries.",
)
.default("600000");

pub(crate) const STREAMING_TIMEOUT: Property = Property::new(
    "dvara.llm-gateway.resilience.timeout.streaming-timeout-ms",
    "Milliseconds for a whole stream; 0 for no limit.",
)
.default("0");

pub(crate) const RESILIENCE_ENABLED: Property = Property::new(
    "dvara.llm-gateway.resilience.enabled",
    "False: every call is sent once, to one provider.",
)
.default("true");

pub(crate) const RETRY_MAX_ATTEMPTS: Property = Property::new(
    "dvara.llm-gateway.resilience.retry.max-attempts",
    "How often a provider is asked at most, the first time included; only after faults that may pass (429, 5xx, broken connections).",
)
.default("3");

pub(crate) const RETRY_INITIAL_BACKOFF: Property = Property::new(
    "dvara.llm-gateway.resilience.retry.initial-backoff-ms",
    "Milliseconds before the second attempt; each pause is shortened at random by up to half.",
)
.default("500");

pub(crate) const RETRY_MULTIPLIER: Property = Property::new(
    "dvara.llm-gateway.resilience.retry.backoff-multiplier",
    "How much longer each pause is than the one before.",
)
.default("2.0");

pub(crate) const RETRY_MAX_BACKOFF: Property = Property::new(
    "dvara.llm-gateway.resilience.retry.max-backoff-ms",
    "The longest pause in milliseconds. A vendor whose Retry-After asks for more is not asked again for the call.",
)
.default("10000");

pub(crate) const FALLBACK_ENABLED: Property = Property::new(
    "dvara.llm-gateway.resilience.fallback.enabled",
    "Whether calls go to other targets when a provider failed.",
)
.default("true");

pub(crate) const FALLBACK_MAX_ATTEMPTS: Property = Property::new(
    "dvara.llm-gateway.resilience.fallback.max-attempts",
    "How many further targets are asked at most.",
)
.default("3");

pub(crate) const FALLBACK_DEADLINE: Property = Property::new(
    "dvara.llm-gateway.resilience.fallback.deadline",
    "How long after the first attempt another target may still be asked.",
)
.default("600s");

pub(crate) const RETRY_BUDGET_PERCENT: Property = Property::new(
    "dvara.llm-gateway.resilience.retry.budget-percent",
    "How many retries a provider gets at most for a hundred calls, hedges included; keeps an outage from becoming a storm.",
)
.default("20");

pub(crate) const RETRY_BUDGET_RESERVE: Property = Property::new(
    "dvara.llm-gateway.resilience.retry.budget-reserve",
    "Retries that a provider may get beyond that, once.",
)
.default("10");

pub(crate) const BREAKER_ENABLED: Property = Property::new(
    "dvara.llm-gateway.resilience.circuit-breaker.enabled",
    "Whether a target (a provider with one model) that keeps failing is left alone for a while.",
)
.default("true");

pub(crate) const BREAKER_FAILURE_RATE: Property = Property::new(
    "dvara.llm-gateway.resilience.circuit-breaker.failure-rate-threshold",
    "From how many failures in a hundred calls on a target is left alone.",
)
.default("50");

pub(crate) const BREAKER_WINDOW: Property = Property::new(
    "dvara.llm-gateway.resilience.circuit-breaker.sliding-window-size",
    "How many of a target's last calls count.",
)
.default("10");

pub(crate) const BREAKER_MINIMUM: Property = Property::new(
    "dvara.llm-gateway.resilience.circuit-breaker.minimum-number-of-calls",
    "How many calls of a target have to be known before its failures count.",
)
.default("5");

pub(crate) const BREAKER_WAIT: Property = Property::new(
    "dvara.llm-gateway.resilience.circuit-breaker.wait-duration-in-open-state-ms",
    "Milliseconds that a target is left alone.",
)
.default("30000");

pub(crate) const BREAKER_HALF_OPEN: Property = Property::new(
    "dvara.llm-gateway.resilience.circuit-breaker.permitted-calls-in-half-open",
    "How many calls try it then, and have to be answered before all are sent again.",
)
.default("1");

pub(crate) const MAX_CALLS: Property = Property::new(
    "dvara.llm-gateway.resilience.concurrency.max-calls",
    "Calls that may be under way at a provider from this process; 0 for no limit.",
)
.default("0");

pub(crate) const MAX_WAITING: Property = Property::new(
    "dvara.llm-gateway.resilience.concurrency.max-waiting",
    "Calls that may wait for one of these places; the next goes to another target, or is answered with 503.",
)
.default("100");

pub(crate) const MAX_WAIT: Property = Property::new(
    "dvara.llm-gateway.resilience.concurrency.max-wait-ms",
    "Milliseconds that a call may wait for its place.",
)
.default("5000");

pub(crate) const VENDOR_LIMITS: Property = Property::new(
    "dvara.llm-gateway.resilience.vendor-limits.enabled",
    "Whether a credential that its vendor refused with 429 is not shown again until the vendor's time is over.",
)
.default("true");

pub(crate) const PROBE_INTERVAL: Property = Property::new(
    "dvara.llm-gateway.resilience.health-check.interval-ms",
    "Milliseconds between looks at targets whose time alone is over: those are tried by a question for the vendor's models, before a caller has to. 0: callers try them.",
)
.default("0");

const fn per_provider(path: &'static str) -> Property {
    Property::new(path, "The same for one provider, by its name.")
}

pub(crate) const PROVIDER_MAX_ATTEMPTS: Property =
    per_provider("dvara.llm-gateway.providers.*.retry.max-attempts");
pub(crate) const PROVIDER_INITIAL_BACKOFF: Property =
    per_provider("dvara.llm-gateway.providers.*.retry.initial-backoff-ms");
pub(crate) const PROVIDER_MULTIPLIER: Property =
    per_provider("dvara.llm-gateway.providers.*.retry.backoff-multiplier");
pub(crate) const PROVIDER_MAX_BACKOFF: Property =
    per_provider("dvara.llm-gateway.providers.*.retry.max-backoff-ms");
pub(crate) const PROVIDER_CONNECT_TIMEOUT: Property =
    per_provider("dvara.llm-gateway.providers.*.timeout.connect-timeout-ms");
pub(crate) const PROVIDER_FIRST_BYTE_TIMEOUT: Property =
    per_provider("dvara.llm-gateway.providers.*.timeout.first-byte-timeout-ms");
pub(crate) const PROVIDER_IDLE_TIMEOUT: Property =
    per_provider("dvara.llm-gateway.providers.*.timeout.idle-timeout-ms");
pub(crate) const PROVIDER_CHAT_TIMEOUT: Property =
    per_provider("dvara.llm-gateway.providers.*.timeout.chat-timeout-ms");
pub(crate) const PROVIDER_STREAMING_TIMEOUT: Property =
    per_provider("dvara.llm-gateway.providers.*.timeout.streaming-timeout-ms");
pub(crate) const PROVIDER_BUDGET_PERCENT: Property =
    per_provider("dvara.llm-gateway.providers.*.retry.budget-percent");
pub(crate) const PROVIDER_BUDGET_RESERVE: Property =
    per_provider("dvara.llm-gateway.providers.*.retry.budget-reserve");
pub(crate) const PROVIDER_BREAKER_FAILURE_RATE: Property =
    per_provider("dvara.llm-gateway.providers.*.circuit-breaker.failure-rate-threshold");
pub(crate) const PROVIDER_BREAKER_WINDOW: Property =
    per_provider("dvara.llm-gateway.providers.*.circuit-breaker.sliding-window-size");
pub(crate) const PROVIDER_BREAKER_MINIMUM: Property =
    per_provider("dvara.llm-gateway.providers.*.circuit-breaker.minimum-number-of-calls");
pub(crate) const PROVIDER_BREAKER_WAIT: Property =
    per_provider("dvara.llm-gateway.providers.*.circuit-breaker.wait-duration-in-open-state-ms");
pub(crate) const PROVIDER_BREAKER_HALF_OPEN: Property =
    per_provider("dvara.llm-gateway.providers.*.circuit-breaker.permitted-calls-in-half-open");
pub(crate) const PROVIDER_MAX_CALLS: Property =
    per_provider("dvara.llm-gateway.providers.*.concurrency.max-calls");
pub(crate) const PROVIDER_MAX_WAITING: Property =
    per_provider("dvara.llm-gateway.providers.*.concurrency.max-waiting");
pub(crate) const PROVIDER_MAX_WAIT: Property =
    per_provider("dvara.llm-gateway.providers.*.concurrency.max-wait-ms");
