//! What vendors answer, in each dialect: the same amount of text in the same number of pieces.
//!
//! The bench upstream sends it, and the micro benchmark decodes it.

mod anthropic;
mod openai;

pub(crate) use anthropic::script as anthropic;
pub(crate) use openai::script as openai;

/// Some day; the answers are the same on every run.
const CREATED: u64 = 1_760_000_000;

/// A chunk's text.
const PIECE: &str = " benchmark";

/// Tokens of the prompt and of the answer.
const TOKENS: (u64, u64) = (210, 98);

/// One answer, whole and as a stream.
pub(crate) struct Script {
    /// The whole answer's body.
    pub(crate) json: String,
    /// The stream, one write each; the end is not among them.
    pub(crate) pieces: Vec<String>,
    /// What ends the stream.
    pub(crate) end: String,
    /// The same for a call that asked for usage, in one write too, so that asking changes nothing about the pace.
    pub(crate) end_with_usage: String,
}

/// A whole answer whose text is padded until the document has `bytes`.
fn padded(bytes: usize, render: impl Fn(&str) -> String) -> String {
    let missing = bytes.saturating_sub(render("").len());
    let text = "An answer of the wanted size. ".chars().cycle();
    render(&text.take(missing).collect::<String>())
}
