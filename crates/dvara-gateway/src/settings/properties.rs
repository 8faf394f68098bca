//! Every property of the gateway. The documentation, `dvara config explain` and the check for unknown keys are made from this
//! table.

pub(crate) mod outside;
pub(crate) mod providers;
pub(crate) mod resilience;

use dvara_service::settings::Property;

pub(crate) const MODE: Property = Property::new(
    "dvara.llm-gateway.mode",
    "`full` or `standalone`; standalone closes /internal/* and waits for no control plane.",
)
.default("full");

pub(crate) const INTERNAL_SECRET: Property = Property::new(
    "dvara.internal.secret",
    "Bearer secret of /internal/*, for DVARA's own services. Unset: nothing opens it.",
)
.env(&["DVARA_INTERNAL_SECRET", "GATEWAY_INTERNAL_SECRET"])
.secret();

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

pub(crate) const DEFAULT_STRATEGY: Property = Property::new(
    "dvara.llm-gateway.routing.default-strategy",
    "Who serves a model that no route serves, of several providers whose prefix starts its name: `model-prefix` the first, \
     the others stand in; `round-robin` each in turn; `weighted` by chance; `latency-aware` the quickest; `prompt-cache` \
     the same for each conversation.",
)
.default("model-prefix");

pub(crate) const PII_ENABLED: Property = Property::new(
    "dvara.llm-gateway.pii.enabled",
    "Whether calls and answers are searched for personal data and secrets. A tenant's metadata may say otherwise, as for all of these.",
)
.env(&["DVARA_LLM_GATEWAY_PII_ENABLED"])
.default("true");

pub(crate) const PII_ACTION: Property = Property::new(
    "dvara.llm-gateway.pii.default-action",
    "What becomes of personal data and secrets: `LOG` records types and counts, `REDACT` puts a placeholder in their place, `TOKENIZE` \
     a token that this tenant's answers are read back from, `BLOCK` refuses the call.",
)
.env(&["DVARA_LLM_GATEWAY_PII_DEFAULT_ACTION"])
.default("LOG");

pub(crate) const PII_SCAN_RESPONSES: Property = Property::new(
    "dvara.llm-gateway.pii.scan-responses",
    "Whether answers are searched too, streams among them.",
)
.env(&["DVARA_LLM_GATEWAY_PII_SCAN_RESPONSES"])
.default("true");

pub(crate) const PII_RESTORE: Property = Property::new(
    "dvara.llm-gateway.pii.auto-detokenize-response",
    "Whether tokens in answers become the values that they stand for.",
)
.default("false");

pub(crate) const GUARDRAIL_ENABLED: Property = Property::new(
    "dvara.llm-gateway.guardrail.enabled",
    "Whether calls and answers are searched for attacks and unwanted contents. A tenant's metadata may say otherwise, as for all of these.",
)
.default("true");

pub(crate) const GUARDRAIL_ACTION: Property = Property::new(
    "dvara.llm-gateway.guardrail.default-action",
    "What becomes of a call or an answer in which something is found: `LOG` records it, `FLAG` marks the answer too, `BLOCK` refuses.",
)
.default("LOG");

pub(crate) const GUARDRAIL_THRESHOLD: Property = Property::new(
    "dvara.llm-gateway.guardrail.risk-score-threshold",
    "What scores less is dropped, unrecorded; 0 to 1.",
)
.default("0.7");

pub(crate) const GUARDRAIL_SCAN_RESPONSES: Property = Property::new(
    "dvara.llm-gateway.guardrail.scan-responses",
    "Whether answers are searched too, streams among them.",
)
.default("true");

pub(crate) const GUARDRAIL_INPUT_TOKENS: Property = Property::new(
    "dvara.llm-gateway.guardrail.max-input-tokens",
    "Most tokens of a call, a quarter of its characters; more are answered with 413. 0: no limit.",
)
.default("0");

pub(crate) const GUARDRAIL_MESSAGES: Property = Property::new(
    "dvara.llm-gateway.guardrail.max-messages-per-request",
    "Most messages of a call; more are answered with 413. 0: no limit, since agents' conversations are long.",
)
.default("0");

pub(crate) const GUARDRAIL_MESSAGE_LENGTH: Property = Property::new(
    "dvara.llm-gateway.guardrail.max-message-length",
    "Most characters of a message; more are answered with 413. 0: no limit, since people send books.",
)
.default("0");

pub(crate) const RATE_LIMIT_ENABLED: Property = Property::new(
    "dvara.llm-gateway.rate-limit.enabled",
    "Whether keys are held to a rate, which the gateways of a fleet share. `rate_limits.requests_per_minute` in gateway.yaml switches it on too.",
)
.default("false");

pub(crate) const RATE_LIMIT_REQUESTS: Property = Property::new(
    "dvara.llm-gateway.rate-limit.per-key.requests-per-minute",
    "Calls that a key may make in any 60 s, over all gateways; the next is answered with 429. 0: no limit. A tenant's metadata may say otherwise under `rate-limit.requests-per-minute`.",
)
.default("100");

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

/// What `dvara.provider.…` says of one more provider, and `dvara.providers.*.…` of up to ten: the ending of each name, and what
/// it is.
macro_rules! more_providers {
    ($($one:ident, $many:ident, $ending:literal, $doc:literal $(, $secret:ident)?;)*) => {
        $(
            pub(crate) const $one: Property =
                Property::new(concat!("dvara.provider.", $ending), $doc)$(.$secret())?;
            pub(crate) const $many: Property =
                Property::new(concat!("dvara.providers.*.", $ending), $doc)$(.$secret())?;
        )*
        /// All of them.
        pub(crate) static MORE_PROVIDERS: &[(&str, &Property, &Property)] =
            &[$(($ending, &$one, &$many),)*];
    };
}

more_providers! {
    PROVIDER_TYPE, PROVIDERS_TYPE, "type", "The kind of one more provider: `openai`, `anthropic`, `gemini`, ….";
    PROVIDER_NAME, PROVIDERS_NAME, "name", "Its name for routes and metrics; unset: its kind.";
    PROVIDER_API_KEY, PROVIDERS_API_KEY, "api-key", "Its credential.", secret;
    PROVIDER_BASE_URL, PROVIDERS_BASE_URL, "base-url", "Where it is.";
    PROVIDER_ACCESS_KEY, PROVIDERS_ACCESS_KEY, "access-key", "For `bedrock`: the id of an access key of AWS.", secret;
    PROVIDER_SECRET_KEY, PROVIDERS_SECRET_KEY, "secret-key", "For `bedrock`: the secret of the access key.", secret;
    PROVIDER_SESSION_TOKEN, PROVIDERS_SESSION_TOKEN, "session-token", "For `bedrock`: the token of an access key that is valid for a while only.", secret;
    PROVIDER_REGION, PROVIDERS_REGION, "region", "For `bedrock` its region, for `vertex` its location.";
    PROVIDER_PROJECT, PROVIDERS_PROJECT, "project", "For `vertex`: the project.";
    PROVIDER_API_VERSION, PROVIDERS_API_VERSION, "api-version", "For `azure-openai`: the `api-version` of calls.";
}

/// Known to the product, not enforced by this build: giving one warns, and `gateway-status` lists it.
const fn later(path: &'static str, env: &'static [&'static str]) -> Property {
    Property::new(path, "Not built yet.").env(env).unbuilt()
}

/// The table.
pub static PROPERTIES: &[Property] = &[
    MODE,
    INTERNAL_SECRET,
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
    resilience::CONNECT_TIMEOUT,
    resilience::FIRST_BYTE_TIMEOUT,
    resilience::IDLE_TIMEOUT,
    resilience::CHAT_TIMEOUT,
    resilience::STREAMING_TIMEOUT,
    resilience::RESILIENCE_ENABLED,
    resilience::RETRY_MAX_ATTEMPTS,
    resilience::RETRY_INITIAL_BACKOFF,
    resilience::RETRY_MULTIPLIER,
    resilience::RETRY_MAX_BACKOFF,
    resilience::RETRY_BUDGET_PERCENT,
    resilience::RETRY_BUDGET_RESERVE,
    resilience::BREAKER_ENABLED,
    resilience::BREAKER_FAILURE_RATE,
    resilience::BREAKER_WINDOW,
    resilience::BREAKER_MINIMUM,
    resilience::BREAKER_WAIT,
    resilience::BREAKER_HALF_OPEN,
    resilience::MAX_CALLS,
    resilience::MAX_WAITING,
    resilience::MAX_WAIT,
    resilience::PROBE_INTERVAL,
    resilience::VENDOR_LIMITS,
    resilience::FALLBACK_ENABLED,
    resilience::FALLBACK_MAX_ATTEMPTS,
    resilience::FALLBACK_DEADLINE,
    resilience::PROVIDER_MAX_ATTEMPTS,
    resilience::PROVIDER_INITIAL_BACKOFF,
    resilience::PROVIDER_MULTIPLIER,
    resilience::PROVIDER_MAX_BACKOFF,
    resilience::PROVIDER_CONNECT_TIMEOUT,
    resilience::PROVIDER_FIRST_BYTE_TIMEOUT,
    resilience::PROVIDER_IDLE_TIMEOUT,
    resilience::PROVIDER_CHAT_TIMEOUT,
    resilience::PROVIDER_STREAMING_TIMEOUT,
    resilience::PROVIDER_BUDGET_PERCENT,
    resilience::PROVIDER_BUDGET_RESERVE,
    resilience::PROVIDER_BREAKER_FAILURE_RATE,
    resilience::PROVIDER_BREAKER_WINDOW,
    resilience::PROVIDER_BREAKER_MINIMUM,
    resilience::PROVIDER_BREAKER_WAIT,
    resilience::PROVIDER_BREAKER_HALF_OPEN,
    resilience::PROVIDER_MAX_CALLS,
    resilience::PROVIDER_MAX_WAITING,
    resilience::PROVIDER_MAX_WAIT,
    providers::OPENAI.api_key,
    providers::OPENAI.base_url,
    providers::ANTHROPIC.api_key,
    providers::ANTHROPIC.base_url,
    providers::GEMINI.api_key,
    providers::GEMINI.base_url,
    providers::BEDROCK_ENABLED,
    providers::BEDROCK_BASE_URL,
    providers::BEDROCK_API_KEY,
    providers::AWS_REGION,
    providers::AWS_ACCESS_KEY_ID,
    providers::AWS_SECRET_ACCESS_KEY,
    providers::AWS_SESSION_TOKEN,
    providers::AZURE_OPENAI.api_key,
    providers::AZURE_OPENAI.base_url,
    providers::AZURE_API_VERSION,
    providers::MISTRAL.api_key,
    providers::MISTRAL.base_url,
    providers::COHERE.api_key,
    providers::COHERE.base_url,
    providers::GROQ.api_key,
    providers::GROQ.base_url,
    providers::QWEN.api_key,
    providers::QWEN.base_url,
    providers::DEEPSEEK.api_key,
    providers::DEEPSEEK.base_url,
    providers::MOONSHOT.api_key,
    providers::MOONSHOT.base_url,
    providers::CHATGLM.api_key,
    providers::CHATGLM.base_url,
    providers::GROK.api_key,
    providers::GROK.base_url,
    providers::VERTEX_PROJECT,
    providers::VERTEX_LOCATION,
    providers::VERTEX_CREDENTIALS,
    providers::VERTEX_BASE_URL,
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
    PROVIDER_NAME,
    PROVIDER_API_KEY,
    PROVIDER_BASE_URL,
    PROVIDER_ACCESS_KEY,
    PROVIDER_SECRET_KEY,
    PROVIDER_SESSION_TOKEN,
    PROVIDER_REGION,
    PROVIDER_PROJECT,
    PROVIDER_API_VERSION,
    PROVIDERS_TYPE,
    PROVIDERS_NAME,
    PROVIDERS_API_KEY,
    PROVIDERS_BASE_URL,
    PROVIDERS_ACCESS_KEY,
    PROVIDERS_SECRET_KEY,
    PROVIDERS_SESSION_TOKEN,
    PROVIDERS_REGION,
    PROVIDERS_PROJECT,
    PROVIDERS_API_VERSION,
    DEFAULT_STRATEGY,
    RATE_LIMIT_ENABLED,
    RATE_LIMIT_REQUESTS,
    later(
        "dvara.llm-gateway.rate-limit.per-key.tokens-per-minute",
        &[],
    ),
    PII_ENABLED,
    PII_ACTION,
    PII_SCAN_RESPONSES,
    PII_RESTORE,
    outside::PII_PROVIDER,
    outside::PRESIDIO_ENDPOINT,
    outside::PRESIDIO_LANGUAGE,
    outside::PRESIDIO_THRESHOLD,
    outside::PRESIDIO_TIMEOUT,
    outside::PRESIDIO_CACHE_SIZE,
    outside::PRESIDIO_CACHE_TIME,
    GUARDRAIL_ENABLED,
    GUARDRAIL_ACTION,
    GUARDRAIL_THRESHOLD,
    GUARDRAIL_SCAN_RESPONSES,
    GUARDRAIL_INPUT_TOKENS,
    GUARDRAIL_MESSAGES,
    GUARDRAIL_MESSAGE_LENGTH,
    outside::CLASSIFIER_ENABLED,
    outside::CLASSIFIER_PROVIDER,
    outside::CLASSIFIER_ENDPOINT,
    outside::CLASSIFIER_KEY,
    outside::CLASSIFIER_CONFIDENCE,
    outside::CLASSIFIER_TIMEOUT,
    outside::CLASSIFIER_CACHE_SIZE,
    outside::CLASSIFIER_CACHE_TIME,
    outside::CLASSIFIER_ON_FAILURE,
    outside::PLUGIN_NAME,
    outside::PLUGIN_ENDPOINT,
    outside::PLUGIN_SECRET,
    outside::PLUGIN_TIMEOUT,
    outside::PLUGIN_ON_FAILURE,
    later("dvara.llm-gateway.cache.*", &[]),
    later("dvara.llm-gateway.pii.*", &[]),
    later("dvara.llm-gateway.guardrail.*", &[]),
    later("dvara.llm-gateway.finops.*", &[]),
    later("dvara.llm-gateway.siem.*", &[]),
    later("dvara.batch.max-file-size", &[]),
];
