//! Every property of the gateway. The documentation, `dvara config explain` and the check for unknown keys are made from this
//! table.

use dvara_service::settings::Property;

pub(crate) const MODE: Property = Property::new(
    "dvara.llm-gateway.mode",
    "`full` or `standalone`; standalone closes /internal/* and waits for no control plane.",
)
.default("full");

pub(crate) const REQUIRE_API_KEY: Property = Property::new(
    "dvara.llm-gateway.data-plane.require-api-key",
    "Whether every call needs a key. `false` is refused on production-class profiles.",
)
.env(&["DVARA_LLM_GATEWAY_REQUIRE_API_KEY"])
.default("true");

pub(crate) const MAX_BODY_BYTES: Property = Property::new(
    "dvara.llm-gateway.request.max-body-bytes",
    "Largest request body in bytes; a larger one is answered with 413.",
)
.default("33554432");

pub(crate) const BODY_TIMEOUT: Property = Property::new(
    "dvara.llm-gateway.request.body-timeout-ms",
    "Milliseconds that a request body may take to arrive; then 408.",
)
.default("60000");

pub(crate) const CORS_ORIGINS: Property = Property::new(
    "dvara.llm-gateway.cors.allowed-origins",
    "Origins whose web pages may call, separated by commas, each as a browser writes it (https://app.example.com); or `*`. Unset: none.",
);

pub(crate) const CA_BUNDLE: Property = Property::new(
    "dvara.llm-gateway.outbound.ca-bundle",
    "Files of certificates in PEM form, separated by commas, whose authorities are trusted beside Mozilla's roots.",
)
.env(&["SSL_CERT_FILE"]);

pub(crate) const HTTP2: Property = Property::new(
    "dvara.llm-gateway.upstream.http2",
    "Whether vendors are offered HTTP/2 over TLS; `false` for HTTP/1.1 alone.",
)
.default("true");

pub(crate) const PROXY_URL: Property = Property::new(
    "dvara.outbound.proxy-url",
    "The proxy for all calls to vendors, http[s]://[user:password@]host[:port]. Unset: what the three below say.",
)
.secret();

pub(crate) const HTTPS_PROXY_URL: Property = Property::new(
    "dvara.outbound.https-proxy-url",
    "The proxy for vendors at https:// addresses, which is asked for a tunnel. Unset: none.",
)
.env(&["HTTPS_PROXY", "https_proxy"])
.secret();

pub(crate) const HTTP_PROXY_URL: Property = Property::new(
    "dvara.outbound.http-proxy-url",
    "The proxy for vendors at http:// addresses. Unset: none.",
)
.env(&["HTTP_PROXY", "http_proxy"])
.secret();

pub(crate) const ALL_PROXY_URL: Property = Property::new(
    "dvara.outbound.all-proxy-url",
    "The proxy for vendors whose scheme has none of its own. Unset: none.",
)
.env(&["ALL_PROXY", "all_proxy"])
.secret();

pub(crate) const NO_PROXY: Property = Property::new(
    "dvara.outbound.no-proxy",
    "What is called without a proxy, separated by commas: names (with all below them), addresses, ranges, `*`; a port may follow.",
)
.env(&["NO_PROXY", "no_proxy"]);

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

pub(crate) const OPENAI_API_KEY: Property = Property::new(
    "dvara.llm-gateway.providers.openai.api-key",
    "The OpenAI key; registers the provider `openai`. Unset: not registered.",
)
.env(&["OPENAI_API_KEY"])
.secret();

pub(crate) const OPENAI_BASE_URL: Property = Property::new(
    "dvara.llm-gateway.providers.openai.base-url",
    "Where `openai` is: OpenAI, or any server with an OpenAI-shaped API, with its version segment.",
)
.default("https://api.openai.com/v1");

pub(crate) const ANTHROPIC_API_KEY: Property = Property::new(
    "dvara.llm-gateway.providers.anthropic.api-key",
    "The Anthropic key; registers the provider `anthropic`. Unset: not registered.",
)
.env(&["ANTHROPIC_API_KEY"])
.secret();

pub(crate) const ANTHROPIC_BASE_URL: Property = Property::new(
    "dvara.llm-gateway.providers.anthropic.base-url",
    "Where `anthropic` is: any server with Anthropic's Messages API; with `/v1` at its end or without.",
)
.env(&["ANTHROPIC_BASE_URL"])
.default("https://api.anthropic.com");

pub(crate) const OLLAMA_ENABLED: Property = Property::new(
    "dvara.llm-gateway.providers.ollama.enabled",
    "Registers the provider `ollama`.",
)
.env(&["OLLAMA_ENABLED"])
.default("false");

pub(crate) const OLLAMA_BASE_URL: Property = Property::new(
    "dvara.llm-gateway.providers.ollama.base-url",
    "Where Ollama is.",
)
.env(&["OLLAMA_BASE_URL"])
.default("http://localhost:11434");

/// `MOCK_PROVIDER_ENABLED`.
pub const MOCK_ENABLED: Property = Property::new(
    "dvara.llm-gateway.providers.mock.enabled",
    "Registers the provider `mock`, which serves `mock/…` models.",
)
.env(&["MOCK_PROVIDER_ENABLED"])
.default("false");

pub(crate) const MOCK_RESPONSE: Property = Property::new(
    "dvara.llm-gateway.providers.mock.response",
    "What the mock answers when no scenario or matcher fits.",
)
.default("This is a mock response");

pub(crate) const MOCK_LATENCY: Property = Property::new(
    "dvara.llm-gateway.providers.mock.latency-ms",
    "Milliseconds before the mock begins an answer.",
)
.default("100");

pub(crate) const MOCK_TOKEN_DELAY: Property = Property::new(
    "dvara.llm-gateway.providers.mock.stream-token-delay-ms",
    "Milliseconds between two words of a mock stream.",
)
.default("20");

pub(crate) const MOCK_ERROR_RATE: Property = Property::new(
    "dvara.llm-gateway.providers.mock.error-rate",
    "Share of mock calls that fail, from 0.0 to 1.0.",
)
.default("0.0");

pub(crate) const MOCK_IMAGE_TOKENS: Property = Property::new(
    "dvara.llm-gateway.providers.mock.image-tokens",
    "Prompt tokens that the mock counts for an image.",
)
.default("765");

pub(crate) const MOCK_IMAGE_TOKENS_LOW: Property = Property::new(
    "dvara.llm-gateway.providers.mock.image-tokens-low",
    "The same for an image of low detail.",
)
.default("85");

pub(crate) const MOCK_MATCHERS: Property = Property::new(
    "dvara.llm-gateway.providers.mock.matchers",
    "Rules that the mock answers by after its scenario files: a JSON list of {name, when, response, …}, as text.",
);

pub(crate) const MOCK_SCENARIOS_DIR: Property = Property::new(
    "dvara.llm-gateway.providers.mock.scenarios-dir",
    "A folder of JSON scenario files that the mock answers from; changes are taken up while running.",
);

pub(crate) const PROVIDER_TYPE: Property = Property::new(
    "dvara.provider.type",
    "The kind of one more provider: `openai`, `anthropic`, `ollama` or `mock`.",
);
pub(crate) const PROVIDER_API_KEY: Property =
    Property::new("dvara.provider.api-key", "Its credential.").secret();
pub(crate) const PROVIDER_BASE_URL: Property =
    Property::new("dvara.provider.base-url", "Where it is.");

pub(crate) const PROVIDERS_TYPE: Property = Property::new(
    "dvara.providers.*.type",
    "The kind of provider number 0 to 9.",
);
pub(crate) const PROVIDERS_NAME: Property = Property::new(
    "dvara.providers.*.name",
    "Its name for routes and metrics; unset: its kind.",
);
pub(crate) const PROVIDERS_API_KEY: Property =
    Property::new("dvara.providers.*.api-key", "Its credential.").secret();
pub(crate) const PROVIDERS_BASE_URL: Property =
    Property::new("dvara.providers.*.base-url", "Where it is.");

/// Known to the product, not enforced by this build: giving one warns, and `gateway-status` lists it.
const fn later(path: &'static str, env: &'static [&'static str]) -> Property {
    Property::new(path, "Not built yet.").env(env).unbuilt()
}

const fn later_secret(path: &'static str, env: &'static [&'static str]) -> Property {
    later(path, env).secret()
}

/// The table.
pub static PROPERTIES: &[Property] = &[
    MODE,
    crate::app::BOOTSTRAP_FILE,
    REQUIRE_API_KEY,
    MAX_BODY_BYTES,
    BODY_TIMEOUT,
    CORS_ORIGINS,
    CA_BUNDLE,
    HTTP2,
    PROXY_URL,
    HTTPS_PROXY_URL,
    HTTP_PROXY_URL,
    ALL_PROXY_URL,
    NO_PROXY,
    CONNECT_TIMEOUT,
    FIRST_BYTE_TIMEOUT,
    IDLE_TIMEOUT,
    CHAT_TIMEOUT,
    STREAMING_TIMEOUT,
    RESILIENCE_ENABLED,
    RETRY_MAX_ATTEMPTS,
    RETRY_INITIAL_BACKOFF,
    RETRY_MULTIPLIER,
    RETRY_MAX_BACKOFF,
    FALLBACK_ENABLED,
    FALLBACK_MAX_ATTEMPTS,
    FALLBACK_DEADLINE,
    PROVIDER_MAX_ATTEMPTS,
    PROVIDER_INITIAL_BACKOFF,
    PROVIDER_MULTIPLIER,
    PROVIDER_MAX_BACKOFF,
    PROVIDER_CONNECT_TIMEOUT,
    PROVIDER_FIRST_BYTE_TIMEOUT,
    PROVIDER_IDLE_TIMEOUT,
    PROVIDER_CHAT_TIMEOUT,
    PROVIDER_STREAMING_TIMEOUT,
    OPENAI_API_KEY,
    OPENAI_BASE_URL,
    ANTHROPIC_API_KEY,
    ANTHROPIC_BASE_URL,
    OLLAMA_ENABLED,
    OLLAMA_BASE_URL,
    MOCK_ENABLED,
    MOCK_RESPONSE,
    MOCK_LATENCY,
    MOCK_TOKEN_DELAY,
    MOCK_ERROR_RATE,
    MOCK_IMAGE_TOKENS,
    MOCK_IMAGE_TOKENS_LOW,
    MOCK_MATCHERS,
    MOCK_SCENARIOS_DIR,
    PROVIDER_TYPE,
    PROVIDER_API_KEY,
    PROVIDER_BASE_URL,
    PROVIDERS_TYPE,
    PROVIDERS_NAME,
    PROVIDERS_API_KEY,
    PROVIDERS_BASE_URL,
    later("dvara.llm-gateway.routing.default-strategy", &[]),
    later("dvara.llm-gateway.rate-limit.enabled", &[]),
    later(
        "dvara.llm-gateway.rate-limit.per-key.requests-per-minute",
        &[],
    ),
    later(
        "dvara.llm-gateway.rate-limit.per-key.tokens-per-minute",
        &[],
    ),
    later("dvara.llm-gateway.resilience.circuit-breaker.*", &[]),
    later("dvara.llm-gateway.cache.*", &[]),
    later("dvara.llm-gateway.pii.*", &[]),
    later("dvara.llm-gateway.guardrail.*", &[]),
    later("dvara.llm-gateway.finops.*", &[]),
    later("dvara.llm-gateway.siem.*", &[]),
    later("dvara.batch.max-file-size", &[]),
    later_secret(
        "dvara.llm-gateway.internal.secret",
        &["GATEWAY_INTERNAL_SECRET", "DVARA_INTERNAL_SECRET"],
    ),
    later_secret(
        "dvara.llm-gateway.providers.gemini.api-key",
        &["GEMINI_API_KEY"],
    ),
    later_secret(
        "dvara.llm-gateway.providers.mistral.api-key",
        &["MISTRAL_API_KEY"],
    ),
    later_secret(
        "dvara.llm-gateway.providers.cohere.api-key",
        &["COHERE_API_KEY"],
    ),
    later_secret(
        "dvara.llm-gateway.providers.groq.api-key",
        &["GROQ_API_KEY"],
    ),
    later_secret(
        "dvara.llm-gateway.providers.azure-openai.api-key",
        &["AZURE_OPENAI_API_KEY"],
    ),
    later(
        "dvara.llm-gateway.providers.azure-openai.base-url",
        &["AZURE_OPENAI_BASE_URL"],
    ),
    later_secret(
        "dvara.llm-gateway.providers.qwen.api-key",
        &["QWEN_API_KEY"],
    ),
    later_secret(
        "dvara.llm-gateway.providers.deepseek.api-key",
        &["DEEPSEEK_API_KEY"],
    ),
    later_secret(
        "dvara.llm-gateway.providers.moonshot.api-key",
        &["MOONSHOT_API_KEY"],
    ),
    later_secret(
        "dvara.llm-gateway.providers.chatglm.api-key",
        &["ZHIPU_API_KEY"],
    ),
    later_secret("dvara.llm-gateway.providers.grok.api-key", &["XAI_API_KEY"]),
    later(
        "dvara.llm-gateway.providers.bedrock.enabled",
        &["BEDROCK_ENABLED"],
    ),
];
