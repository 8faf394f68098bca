//! The second version of Cohere's API behind chat completions: calls go out translated, answers and streams come back as
//! OpenAI's.
//!
//! What was decided where the two differ stands in `docs/adr/0019-cohere-behind-the-openai-api.md`; what becomes of each
//! field of a call, in the table of [`fields`].

mod answer;
mod encode;
mod event;
mod fields;
mod finish;
mod messages;
mod output;
mod stream;
mod thinking;
mod tools;
mod usage;

pub use answer::decode;
pub use encode::encode;
pub(crate) use fields::DECLARED;
pub use stream::StreamDecoder;

#[cfg(test)]
mod tests;
