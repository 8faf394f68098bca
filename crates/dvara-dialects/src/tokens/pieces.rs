//! A text in the pieces that no token reaches across: words, numbers, runs of signs and of spaces.
//!
//! tiktoken's expressions look ahead (`\s+(?!\S)`: spaces, but for the last before a word), which ours cannot. Instead the second
//! expression takes a character more, and gives it back (bpe-openai 0.3.2, which found that out).

use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};

/// Runs of spaces, with the character that ends them: the second of the expressions.
const SPACES_AND_ONE: &str = r"\s+\s";
/// Spaces that nothing else takes.
const SPACES: &str = r"\s+";

const CL100K: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+$";

const O200K: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|",
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+$",
);

/// Cuts texts into pieces.
pub(super) struct Cutter(Regex);

impl Cutter {
    pub(super) fn cl100k() -> Self {
        Self::new(CL100K)
    }

    pub(super) fn o200k() -> Self {
        Self::new(O200K)
    }

    fn new(words: &str) -> Self {
        let cutter = Regex::new_many(&[words, SPACES_AND_ONE, SPACES]);
        Self(cutter.expect("the expressions are constants that a test compiles"))
    }

    /// The pieces, in order; together they are the text.
    pub(super) fn cut<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        let mut rest = text;
        std::iter::from_fn(move || {
            let found = self.0.find(Input::new(rest).anchored(Anchored::Yes))?;
            let mut end = found.end();
            if found.pattern().as_usize() == 1 {
                let last = rest[..end].chars().next_back();
                end -= last.map_or(0, char::len_utf8);
            }
            let (piece, behind) = rest.split_at(end);
            rest = behind;
            Some(piece)
        })
    }
}
