//! Google Cloud's Vertex AI: several publishers' models behind one address, which names project and location.

use crate::gemini;
use crate::path::segment;
use crate::target::Target;
use crate::vendor::Dialect;

/// The version of Anthropic's API that Vertex AI speaks; it stands in the body (Anthropic, Claude on Vertex AI).
pub(crate) const ANTHROPIC_VERSION: &str = "vertex-2023-10-16";

/// What a model's publisher speaks.
pub(crate) fn dialect(model: &str) -> Dialect {
    if model.starts_with("claude") {
        Dialect::Anthropic
    } else {
        Dialect::Gemini
    }
}

/// Where a model's calls go, behind the base URL.
pub(crate) fn path(target: &Target<'_>, stream: bool) -> String {
    match dialect(target.model) {
        Dialect::Anthropic => {
            let model = segment(target.model);
            let method = if stream {
                "streamRawPredict"
            } else {
                "rawPredict"
            };
            format!("/publishers/anthropic/models/{model}:{method}")
        }
        _ => format!(
            "/publishers/google/models/{}",
            gemini::method(target, stream)
        ),
    }
}
