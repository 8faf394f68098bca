//! The conditions of the mock's rules: a small language without surprises.
//!
//! ```text
//! condition   = conjunction { "or" conjunction }
//! conjunction = negation { "and" negation }
//! negation    = "not" negation | "(" condition ")" | test
//! test        = flag | text operator string | "messages" comparison number
//! flag        = "tools" | "stream" | "json" | "images"
//! text        = "model" | "last" | "role" | "system" | "any" | "user"
//! operator    = "==" | "!=" | "contains" | "starts_with" | "ends_with" | "like"
//! comparison  = "==" | "!=" | "<" | "<=" | ">" | ">="
//! string      = JSON string, in double quotes
//! ```
//!
//! | word | stands for |
//! |---|---|
//! | `tools`, `stream`, `images` | the call offers tools, wants a stream, has an image |
//! | `json` | the call wants JSON (`json_object` or `json_schema`) |
//! | `model`, `user` | the model asked for; the `user` field, empty when absent |
//! | `last`, `role` | the text and the role of the last message |
//! | `system` | the texts of all system and developer messages |
//! | `any` | the texts of all messages |
//! | `messages` | how many messages there are |
//!
//! Texts of several blocks or messages are joined with a line feed. Comparison is exact, case included; `like` takes
//! a glob (`*`, `?`) for the whole text.

mod facts;
mod parse;

use dvara_types::Glob;

pub use facts::Facts;
pub use parse::MatcherError;

/// A parsed condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher(Condition);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Any(Vec<Condition>),
    All(Vec<Condition>),
    Not(Box<Condition>),
    Flag(Flag),
    Text(Subject, TextTest),
    Messages(NumberTest, usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flag {
    Tools,
    Stream,
    Json,
    Images,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Model,
    Last,
    Role,
    System,
    Any,
    User,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum TextTest {
    Equals(String),
    Differs(String),
    Contains(String),
    StartsWith(String),
    EndsWith(String),
    Like(Glob),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NumberTest {
    Equals,
    Differs,
    Below,
    AtMost,
    Above,
    AtLeast,
}

impl Matcher {
    /// Parses a condition.
    ///
    /// # Errors
    /// Says what was expected, and where.
    pub fn parse(text: &str) -> Result<Self, MatcherError> {
        parse::parse(text).map(Self)
    }

    /// Whether a call fulfils it.
    pub fn matches(&self, facts: &Facts<'_>) -> bool {
        self.0.holds(facts)
    }
}

impl Condition {
    fn holds(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(facts)),
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(facts)),
            Self::Not(condition) => !condition.holds(facts),
            Self::Flag(Flag::Tools) => facts.tools,
            Self::Flag(Flag::Stream) => facts.stream,
            Self::Flag(Flag::Json) => facts.json,
            Self::Flag(Flag::Images) => facts.images,
            Self::Text(subject, test) => test.holds(facts.text(*subject)),
            Self::Messages(test, number) => test.holds(facts.messages, *number),
        }
    }
}

impl TextTest {
    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Equals(other) => text == other,
            Self::Differs(other) => text != other,
            Self::Contains(part) => text.contains(part),
            Self::StartsWith(start) => text.starts_with(start),
            Self::EndsWith(end) => text.ends_with(end),
            Self::Like(glob) => glob.matches(text),
        }
    }
}

impl NumberTest {
    fn holds(self, number: usize, other: usize) -> bool {
        match self {
            Self::Equals => number == other,
            Self::Differs => number != other,
            Self::Below => number < other,
            Self::AtMost => number <= other,
            Self::Above => number > other,
            Self::AtLeast => number >= other,
        }
    }
}

#[cfg(test)]
mod tests;
