//! How vendors of OpenAI's shape differ from it.

use dvara_types::ProviderKind;

use crate::fields::{Declared, Unknown};
use crate::target::Target;

static OPENAI: Declared = Declared {
    vendor: "OpenAI",
    fields: &[],
    unknown: Unknown::Passed,
    drops: &[],
    refusals: &[],
};

/// What becomes of each field of a call at a kind of provider.
pub(crate) fn declared(kind: ProviderKind) -> &'static Declared {
    let _ = kind;
    &OPENAI
}

/// Where a deployment's calls go (Azure OpenAI, REST API reference): the model is its name.
pub(crate) fn deployment_path(target: &Target<'_>, _stream: bool) -> String {
    format!("/deployments/{}/chat/completions", target.model)
}
