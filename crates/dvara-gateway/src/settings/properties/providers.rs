//! The well-known providers and what registers each (data-plane sheet §23).

use dvara_service::settings::Property;
use dvara_types::ProviderKind;

/// A provider that its key registers.
pub(crate) struct Keyed {
    pub(crate) kind: ProviderKind,
    pub(crate) api_key: Property,
    pub(crate) base_url: Property,
}

/// `keyed!(kind, "its text", "KEY_VARIABLE", "URL_VARIABLE", "name", "where it is by default, or what is needed")`.
macro_rules! keyed {
    ($kind:ident, $text:literal, $key:literal, $url:literal, $name:literal, $where:literal) => {
        Keyed {
            kind: ProviderKind::$kind,
            api_key: Property::new(
                concat!("dvara.llm-gateway.providers.", $text, ".api-key"),
                concat!(
                    "The key of ",
                    $name,
                    "; registers the provider `",
                    $text,
                    "`. Unset: not registered."
                ),
            )
            .env(&[$key])
            .secret(),
            base_url: Property::new(
                concat!("dvara.llm-gateway.providers.", $text, ".base-url"),
                concat!("Where `", $text, "` is: ", $where),
            )
            .env(&[$url]),
        }
    };
}

pub(crate) const OPENAI: Keyed = Keyed {
    kind: ProviderKind::Openai,
    api_key: Property::new(
        "dvara.llm-gateway.providers.openai.api-key",
        "The key of OpenAI; registers the provider `openai`. Unset: not registered.",
    )
    .env(&["OPENAI_API_KEY"])
    .secret(),
    // No `OPENAI_BASE_URL`: a shell whose programs call this gateway has one that names it.
    base_url: Property::new(
        "dvara.llm-gateway.providers.openai.base-url",
        "Where `openai` is: OpenAI, or any server with an OpenAI-shaped API, with its version segment.",
    )
    .default("https://api.openai.com/v1"),
};

pub(crate) const ANTHROPIC: Keyed = keyed!(
    Anthropic,
    "anthropic",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "Anthropic",
    "any server with Anthropic's Messages API; with `/v1` at its end or without. Unset: https://api.anthropic.com."
);
pub(crate) const GEMINI: Keyed = keyed!(
    Gemini,
    "gemini",
    "GEMINI_API_KEY",
    "GEMINI_BASE_URL",
    "the Gemini API",
    "any server with the Gemini API; with `/v1beta` at its end or without. Unset: https://generativelanguage.googleapis.com."
);
pub(crate) const AZURE_OPENAI: Keyed = keyed!(
    AzureOpenai,
    "azure-openai",
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_BASE_URL",
    "Azure OpenAI",
    "https://<resource>.openai.azure.com/openai, or that with `/v1` for the API without versions. Unset: not registered."
);
pub(crate) const MISTRAL: Keyed = keyed!(
    Mistral,
    "mistral",
    "MISTRAL_API_KEY",
    "MISTRAL_BASE_URL",
    "Mistral",
    "with its version segment. Unset: https://api.mistral.ai/v1."
);
pub(crate) const COHERE: Keyed = keyed!(
    Cohere,
    "cohere",
    "COHERE_API_KEY",
    "COHERE_BASE_URL",
    "Cohere",
    "with `/v2` at its end or without. Unset: https://api.cohere.com/v2."
);
pub(crate) const GROQ: Keyed = keyed!(
    Groq,
    "groq",
    "GROQ_API_KEY",
    "GROQ_BASE_URL",
    "Groq",
    "with its version segment. Unset: https://api.groq.com/openai/v1."
);
pub(crate) const QWEN: Keyed = keyed!(
    Qwen,
    "qwen",
    "QWEN_API_KEY",
    "QWEN_BASE_URL",
    "Alibaba's Model Studio",
    "with its version segment. Unset: https://dashscope.aliyuncs.com/compatible-mode/v1."
);
pub(crate) const DEEPSEEK: Keyed = keyed!(
    Deepseek,
    "deepseek",
    "DEEPSEEK_API_KEY",
    "DEEPSEEK_BASE_URL",
    "DeepSeek",
    "with its version segment. Unset: https://api.deepseek.com/v1."
);
pub(crate) const MOONSHOT: Keyed = keyed!(
    Moonshot,
    "moonshot",
    "MOONSHOT_API_KEY",
    "MOONSHOT_BASE_URL",
    "Moonshot",
    "with its version segment. Unset: https://api.moonshot.cn/v1."
);
pub(crate) const CHATGLM: Keyed = keyed!(
    Chatglm,
    "chatglm",
    "ZHIPU_API_KEY",
    "CHATGLM_BASE_URL",
    "Zhipu",
    "with its version segment. Unset: https://open.bigmodel.cn/api/paas/v4."
);
pub(crate) const GROK: Keyed = keyed!(
    Grok,
    "grok",
    "XAI_API_KEY",
    "GROK_BASE_URL",
    "xAI",
    "with its version segment. Unset: https://api.x.ai/v1."
);

/// The providers that a key registers, but for Azure OpenAI, which needs an address too.
pub(crate) static KEYED: &[&Keyed] = &[
    &OPENAI, &ANTHROPIC, &GEMINI, &MISTRAL, &COHERE, &GROQ, &QWEN, &DEEPSEEK, &MOONSHOT, &CHATGLM,
    &GROK,
];

pub(crate) const AZURE_API_VERSION: Property = Property::new(
    "dvara.llm-gateway.providers.azure-openai.api-version",
    "The `api-version` of calls to Azure OpenAI; not said to an address that ends with `/v1`.",
)
.env(&["AZURE_OPENAI_API_VERSION"])
.default("2024-10-21");

pub(crate) const BEDROCK_ENABLED: Property = Property::new(
    "dvara.llm-gateway.providers.bedrock.enabled",
    "Registers the provider `bedrock`.",
)
.env(&["BEDROCK_ENABLED"])
.default("false");

pub(crate) const BEDROCK_BASE_URL: Property = Property::new(
    "dvara.llm-gateway.providers.bedrock.base-url",
    "Where Bedrock's runtime is, as an endpoint of your own network. Unset: Amazon's for the region.",
)
.env(&["BEDROCK_BASE_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"]);

pub(crate) const BEDROCK_API_KEY: Property = Property::new(
    "dvara.llm-gateway.providers.bedrock.api-key",
    "An API key of Amazon Bedrock, which goes before the keys of AWS. Unset: calls are signed.",
)
.env(&["AWS_BEARER_TOKEN_BEDROCK"])
.secret();

pub(crate) const AWS_REGION: Property = Property::new(
    "dvara.llm-gateway.providers.bedrock.region",
    "The region of AWS whose models are called.",
)
.env(&["AWS_REGION", "AWS_DEFAULT_REGION"])
.default("us-east-1");

pub(crate) const AWS_ACCESS_KEY_ID: Property = Property::new(
    "dvara.llm-gateway.providers.bedrock.access-key",
    "The id of an access key of AWS. Unset: the credentials of the machine or pod (web identity, pod identity, instance role).",
)
.env(&["AWS_ACCESS_KEY_ID"])
.secret();

pub(crate) const AWS_SECRET_ACCESS_KEY: Property = Property::new(
    "dvara.llm-gateway.providers.bedrock.secret-key",
    "The secret of the access key.",
)
.env(&["AWS_SECRET_ACCESS_KEY"])
.secret();

pub(crate) const AWS_SESSION_TOKEN: Property = Property::new(
    "dvara.llm-gateway.providers.bedrock.session-token",
    "The session token of an access key that is valid for a while only.",
)
.env(&["AWS_SESSION_TOKEN"])
.secret();

pub(crate) const VERTEX_PROJECT: Property = Property::new(
    "dvara.llm-gateway.providers.vertex.project",
    "The id of the project at Google Cloud; registers the provider `vertex`, as does `vertex.credentials`. Unset: the service account's.",
)
.env(&["VERTEX_PROJECT_ID"]);

pub(crate) const VERTEX_LOCATION: Property = Property::new(
    "dvara.llm-gateway.providers.vertex.location",
    "The region whose models are called, or `global`.",
)
.env(&["VERTEX_LOCATION"])
.default("global");

pub(crate) const VERTEX_CREDENTIALS: Property = Property::new(
    "dvara.llm-gateway.providers.vertex.credentials",
    "The key of a service account, as JSON, or an API key. Unset: the credentials of the machine or pod (GOOGLE_APPLICATION_CREDENTIALS, workload identity).",
)
.env(&["VERTEX_CREDENTIALS"])
.secret();

pub(crate) const VERTEX_BASE_URL: Property = Property::new(
    "dvara.llm-gateway.providers.vertex.base-url",
    "The server of Vertex AI, without project and location. Unset: Google's for the location.",
)
.env(&["VERTEX_BASE_URL"]);
