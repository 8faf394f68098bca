//! Google's `generateContent` behind chat completions: the Gemini API and, for Google's own models, Vertex AI (Gemini API,
//! Generating content; Vertex AI, Generate content).
//!
//! What was decided where the two differ stands in `docs/adr/0016-gemini-behind-the-openai-api.md`; what becomes of each
//! field of a call, in the table of [`fields`].

mod answer;
mod contents;
mod encode;
mod fault;
mod fields;
mod finish;
mod generation;
mod labels;
mod media;
mod parts;
mod signature;
mod stream;
mod thinking;
mod tools;
mod view;

use crate::path::segment;
use crate::target::Target;

pub use answer::decode;
pub use encode::encode;
pub(crate) use fault::of_answer;
pub(crate) use fields::DECLARED;
pub use stream::StreamDecoder;

/// Where a model's calls go, behind the base URL.
pub(crate) fn path(target: &Target<'_>, stream: bool) -> String {
    format!("/v1beta/models/{}", method(target, stream))
}

/// A model and what is done with it.
pub(crate) fn method(target: &Target<'_>, stream: bool) -> String {
    let model = segment(target.model);
    let method = if stream {
        "streamGenerateContent?alt=sse"
    } else {
        "generateContent"
    };
    format!("{model}:{method}")
}

#[cfg(test)]
mod tests;
