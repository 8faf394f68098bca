//! Vendors of OpenAI's shape.

use dvara_types::ProviderKind;

use crate::files::Files;
use crate::translated::Vendor;

const SHAPED: [Vendor; 8] = [
    shaped(
        "azure-openai",
        ProviderKind::AzureOpenai,
        "azure/gpt-4o-prod",
    ),
    shaped("mistral", ProviderKind::Mistral, "mistral-large-latest"),
    shaped("groq", ProviderKind::Groq, "groq/openai/gpt-oss-120b"),
    shaped("qwen", ProviderKind::Qwen, "qwen-plus"),
    shaped("deepseek", ProviderKind::Deepseek, "deepseek-v4-flash"),
    shaped("moonshot", ProviderKind::Moonshot, "kimi-k2.6"),
    shaped("chatglm", ProviderKind::Chatglm, "glm-4.6"),
    shaped("grok", ProviderKind::Grok, "grok-4.3"),
];

const fn shaped(folder: &'static str, kind: ProviderKind, pinned: &'static str) -> Vendor {
    Vendor {
        files: Files(folder),
        kind,
        pinned: Some(pinned),
        streamed: &[],
        frame: None,
    }
}

#[test]
fn vendors_of_openais_shape_get_and_say_what_is_expected() {
    for vendor in SHAPED {
        vendor.check();
    }
}
