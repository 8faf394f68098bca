//! Personal data and secrets in texts: what is found, and what becomes of it (control-plane.md §10.1).
//!
//! ```text
//! text ──► scan: every rule at every place where it may begin ──► overlaps resolved ──► Finding…
//! ```
//!
//! The rules are written out, not compiled from expressions: each looks at a text from one place on and says that it matches up
//! to an end, that it does not, or that it can't tell before more text has come. The last is what streams are built on: no more
//! is held back than what a rule still waits for, and what a stream finds is what the whole text would have shown.

mod action;
mod address;
mod cards;
mod check;
mod codes;
mod counts;
mod cursor;
mod escapes;
mod kind;
mod label;
mod network;
mod numbers;
mod overlap;
mod patterns;
mod person;
mod plain;
pub mod presidio;
mod redact;
mod rules;
mod scan;
mod secrets;
mod settings;
mod stream;

pub use action::{Action, ParseActionError};
pub use counts::Counts;
pub use escapes::unescape;
pub use kind::Kind;
pub use overlap::Finding;
pub use patterns::{CustomPattern, Detectors, PatternProblem};
pub use redact::{for_json, placeholder, replace, tokens};
pub use rules::LONGEST_BUILT_IN;
pub use settings::{Degraded, PiiRules, PiiSettings};
pub use stream::{Piece, Scanner};

#[cfg(test)]
mod tests;
