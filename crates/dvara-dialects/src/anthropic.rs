//! Anthropic's Messages API behind chat completions: calls go out translated, answers and streams come back as OpenAI's.
//!
//! What was decided where the two differ stands in `docs/adr/0005-anthropic-behind-the-openai-api.md`; what becomes of
//! each field of a call, in the table of [`fields`].

mod answer;
mod encode;
mod event;
mod fields;
mod finish;
pub(crate) mod generation;
mod messages;
pub(crate) mod output;
mod stream;
pub(crate) mod thinking;
pub(crate) mod tools;
mod usage;

use http::{HeaderName, HeaderValue};

pub use answer::decode;
pub use encode::encode;
pub(crate) use fields::DECLARED;
pub use stream::StreamDecoder;

/// The version of the API that is spoken, with every request.
pub(crate) const VERSION: (HeaderName, HeaderValue) = (
    HeaderName::from_static("anthropic-version"),
    HeaderValue::from_static("2023-06-01"),
);

/// The tool whose input is the answer where a schema is asked for and the model has no format for it.
pub(crate) const STRUCTURED_OUTPUT: &str = "structured_output";

#[cfg(test)]
pub(crate) mod tests;
