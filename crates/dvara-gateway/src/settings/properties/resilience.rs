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
