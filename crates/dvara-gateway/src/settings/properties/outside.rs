//! Services of others that are asked about calls (control-plane sheet §10).

use dvara_service::settings::Property;

pub(crate) const PII_PROVIDER: Property = Property::new(
    "dvara.llm-gateway.pii.provider",
    "Who looks for personal data: `regex`, the built-in rules, or `presidio`, the rules and a Presidio analyzer together. Streamed \
     answers are looked through by the rules alone.",
)
.default("regex");

pub(crate) const PRESIDIO_ENDPOINT: Property = Property::new(
    "dvara.llm-gateway.pii.presidio.endpoint",
    "Base URL of the analyzer, such as `http://presidio-analyzer:3000`; `/analyze` is asked.",
);

pub(crate) const PRESIDIO_LANGUAGE: Property = Property::new(
    "dvara.llm-gateway.pii.presidio.language",
    "The language of its models.",
)
.default("en");

pub(crate) const PRESIDIO_THRESHOLD: Property = Property::new(
    "dvara.llm-gateway.pii.presidio.score-threshold",
    "What it is less sure of is nothing; 0 to 1.",
)
.default("0.5");

pub(crate) const PRESIDIO_TIMEOUT: Property = Property::new(
    "dvara.llm-gateway.pii.presidio.timeout-seconds",
    "Seconds for one text. Without an answer a call whose personal data must not go on is refused, unless its tenant's \
     `pii.degraded-action` is `LOG`; any other goes on.",
)
.default("5");

pub(crate) const PRESIDIO_CACHE_SIZE: Property = Property::new(
    "dvara.llm-gateway.pii.presidio.cache-max-size",
    "How many texts' answers are kept, so that the earlier turns of a conversation are not asked about again. 0: none.",
)
.default("1000");

pub(crate) const PRESIDIO_CACHE_TIME: Property = Property::new(
    "dvara.llm-gateway.pii.presidio.cache-ttl-seconds",
    "For how many seconds. 0: not at all.",
)
.default("300");

pub(crate) const CLASSIFIER_ENABLED: Property = Property::new(
    "dvara.llm-gateway.guardrail.ml-classifier.enabled",
    "Whether a classifier is asked about what users and tools say.",
)
.default("false");

pub(crate) const CLASSIFIER_PROVIDER: Property = Property::new(
    "dvara.llm-gateway.guardrail.ml-classifier.provider",
    "What it speaks: `generic`, JSON as the README has it.",
)
.default("generic");

pub(crate) const CLASSIFIER_ENDPOINT: Property = Property::new(
    "dvara.llm-gateway.guardrail.ml-classifier.endpoint",
    "The URL that questions are posted to.",
);

pub(crate) const CLASSIFIER_KEY: Property = Property::new(
    "dvara.llm-gateway.guardrail.ml-classifier.api-key",
    "Sent to it as a bearer token.",
)
.secret();

pub(crate) const CLASSIFIER_CONFIDENCE: Property = Property::new(
    "dvara.llm-gateway.guardrail.ml-classifier.confidence-threshold",
    "What it is less sure of is nothing; 0 to 1.",
)
.default("0.8");

pub(crate) const CLASSIFIER_TIMEOUT: Property = Property::new(
    "dvara.llm-gateway.guardrail.ml-classifier.timeout-seconds",
    "Seconds for one question.",
)
.default("5");

pub(crate) const CLASSIFIER_CACHE_SIZE: Property = Property::new(
    "dvara.llm-gateway.guardrail.ml-classifier.cache-max-size",
    "How many answers are kept. 0: none.",
)
.default("1000");

pub(crate) const CLASSIFIER_CACHE_TIME: Property = Property::new(
    "dvara.llm-gateway.guardrail.ml-classifier.cache-ttl-seconds",
    "For how many seconds. 0: not at all.",
)
.default("300");

pub(crate) const CLASSIFIER_ON_FAILURE: Property = Property::new(
    "dvara.llm-gateway.guardrail.ml-classifier.on-failure",
    "What becomes of a call that it gives no answer about: `open` lets it go on, `closed` refuses it. Unset: closed where what it finds \
     would be blocked, else open.",
);

pub(crate) const PLUGIN_NAME: Property = Property::new(
    "dvara.llm-gateway.guardrail.plugin.name",
    "What the guardrail plugin is called in metrics.",
)
.default("plugin");

pub(crate) const PLUGIN_ENDPOINT: Property = Property::new(
    "dvara.llm-gateway.guardrail.plugin.endpoint",
    "The URL of a guardrail plugin; every call is posted to it before it goes out. Unset: there is none.",
);

pub(crate) const PLUGIN_SECRET: Property = Property::new(
    "dvara.llm-gateway.guardrail.plugin.secret",
    "Signs what is posted: `X-Gateway-Signature: sha256=` and the HMAC-SHA-256 of the body in hexadecimal digits.",
)
.secret();

pub(crate) const PLUGIN_TIMEOUT: Property = Property::new(
    "dvara.llm-gateway.guardrail.plugin.timeout-seconds",
    "Seconds for one call.",
)
.default("5");

pub(crate) const PLUGIN_ON_FAILURE: Property = Property::new(
    "dvara.llm-gateway.guardrail.plugin.on-failure",
    "What becomes of a call that it gives no answer about: `closed` refuses it, `open` lets it go on.",
)
.default("closed");
