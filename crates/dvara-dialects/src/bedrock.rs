//! Amazon Bedrock's Converse API behind chat completions: calls go out translated, answers and streams come back as OpenAI's.
//!
//! What was decided where the two differ stands in `docs/adr/0017-bedrock-converse-behind-the-openai-api.md`; what becomes of each field of a
//! call, in the table of [`fields`].

mod answer;
mod cache;
mod effort;
mod encode;
mod fields;
mod finish;
mod losses;
mod messages;
mod model;
mod output;
mod reasoning;
mod stream;
mod tools;
mod usage;
mod view;

use crate::answer::ResponseHead;
use crate::path::segment;
use crate::target::Target;

pub use answer::decode;
pub use encode::encode;
pub(crate) use fields::DECLARED;
pub use stream::StreamDecoder;

/// Where a model's calls go, behind the base URL. The id is one segment of the path, escaped as Amazon's clients escape it: it may be
/// an ARN, with colons and slashes.
pub(crate) fn path(target: &Target<'_>, stream: bool) -> String {
    let operation = if stream {
        "converse-stream"
    } else {
        "converse"
    };
    format!("/model/{}/{operation}", segment(target.model))
}

/// The id of an answer: Bedrock's name for the call, which its logs have too; without one, when it was made.
fn id(head: &ResponseHead, now: u64) -> String {
    match &head.request_id {
        Some(id) => format!("bedrock-{id}"),
        None => format!("bedrock-{now}"),
    }
}

#[cfg(test)]
mod tests;
