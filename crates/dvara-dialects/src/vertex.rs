//! Google Cloud's Vertex AI: several publishers' models behind one address.

use crate::target::Target;
use crate::vendor::Dialect;

/// What a model's publisher speaks.
pub(crate) fn dialect(model: &str) -> Dialect {
    if model.starts_with("claude") {
        Dialect::Anthropic
    } else {
        Dialect::Gemini
    }
}

/// Where a model's calls go, behind the base URL, which names project and location.
pub(crate) fn path(target: &Target<'_>, stream: bool) -> String {
    let _ = (target, stream);
    unimplemented!()
}
