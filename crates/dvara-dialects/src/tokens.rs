//! How many tokens a text is, counted: for models whose maker has published how they cut texts, which is OpenAI alone. The models
//! of all others are estimated ([`crate::estimate`]).
//!
//! A table is read when the first text is counted with it, and is kept from then on. That takes too long for a core that serves calls,
//! and so may counting itself.

mod answer;
mod pairs;
mod pieces;
mod prompt;

use std::sync::LazyLock;

use pairs::{Pairs, Scratch};
use pieces::Cutter;

pub use prompt::CountedPrompt;

/// How a family of OpenAI's models cuts texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// `cl100k_base`: GPT-3.5, GPT-4, embeddings.
    Cl100k,
    /// `o200k_base`: GPT-4o and what came after it.
    O200k,
}

/// The families by the beginning of their models' names (tiktoken, `model.py`; OpenAI, gpt-oss). Azure writes GPT-3.5 without its dot.
const FAMILIES: [(&str, Table); 13] = [
    ("gpt-4o", Table::O200k),
    ("gpt-4.1", Table::O200k),
    ("gpt-4.5", Table::O200k),
    ("gpt-5", Table::O200k),
    ("gpt-oss", Table::O200k),
    ("chatgpt-4o", Table::O200k),
    ("o1", Table::O200k),
    ("o3", Table::O200k),
    ("o4", Table::O200k),
    ("gpt-4", Table::Cl100k),
    ("gpt-3.5", Table::Cl100k),
    ("gpt-35", Table::Cl100k),
    ("text-embedding", Table::Cl100k),
];

/// What stands before a model's name at those who serve many makers' models, and before those of one's own that were tuned from one.
const MAKERS: [&str; 3] = ["openai/", "openai.", "ft:"];

impl Table {
    /// The table of a model, by its name; `None` where it has none that we know.
    pub fn of(model: &str) -> Option<Self> {
        let mut name = model;
        for maker in MAKERS {
            name = name.strip_prefix(maker).unwrap_or(name);
        }
        let is_in = |family: &str| match name.strip_prefix(family) {
            // What follows is a date, a size or a version, and no other name.
            Some(rest) => !rest.starts_with(|next: char| next.is_ascii_alphanumeric()),
            None => false,
        };
        let found = FAMILIES.iter().find(|(family, _)| is_in(family));
        found.map(|(_, table)| *table)
    }

    /// How many tokens a text is. What would be a token of control is text like any other, as it is to OpenAI.
    pub fn count(self, text: &str) -> u64 {
        let counter: &Counter = match self {
            Self::Cl100k => &CL100K,
            Self::O200k => &O200K,
        };
        let mut scratch = Scratch::default();
        let pieces = counter.cutter.cut(text);
        pieces
            .map(|piece| counter.pairs.count(piece.as_bytes(), &mut scratch))
            .sum()
    }
}

/// What counts by one table.
struct Counter {
    cutter: Cutter,
    pairs: Pairs,
}

static CL100K: LazyLock<Counter> = LazyLock::new(|| Counter {
    cutter: Cutter::cl100k(),
    pairs: Pairs::read(include_bytes!(concat!(env!("OUT_DIR"), "/cl100k.tokens"))),
});

static O200K: LazyLock<Counter> = LazyLock::new(|| Counter {
    cutter: Cutter::o200k(),
    pairs: Pairs::read(include_bytes!(concat!(env!("OUT_DIR"), "/o200k.tokens"))),
});

#[cfg(test)]
mod tests;
