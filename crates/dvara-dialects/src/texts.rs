//! What is said in a call and in an answer: each text with where it stands, so that rules can read it and put another in its
//! place. Everything around a text stays byte for byte as it was.

mod answer;
mod messages;
mod prompt;
mod request;
mod stream;
mod strings;

pub use answer::{Lane, Part, Spoken, replace, spoken};
pub use messages::{MessageSize, Opening, Sizes};
pub use prompt::TemplateCall;
pub use request::{Said, Saying, Speaker};
pub use stream::{Editor, Flow, Rewriter};

#[cfg(test)]
mod tests;
