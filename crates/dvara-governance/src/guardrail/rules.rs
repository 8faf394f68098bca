//! Rules as sequences of words, compiled into one table that is walked once per word.
//!
//! A pattern reads like the phrase it finds: `!@ignore ..20 @earlier ..12 @orders`. Its parts, with blanks between them:
//!
//! - `word`, or `one|other|two_words`: one of these; `_` joins the words of a phrase;
//! - `@name`: a word or phrase of that list (see [`words`]), also among alternatives;
//! - `..N` between two parts: up to N bytes of other words may stand there, in the same sentence; without it the next part
//!   follows at once, but for a sign or a one-letter word;
//! - `//N`: the same, and sentences may end there;
//! - a `!` before the first part: not right after "don't", "never" and the like.
//!
//! Why not regular expressions: a text is read once for all rules together, each word of it costs the few rules that wait for
//! it, and that stays true when every word of a megabyte is an attack word. What is kept is one place per part of a rule, the
//! latest: a later beginning of a match allows whatever an earlier one does, because parts only limit the distance to the part
//! before. So the walk needs no backtracking and misses nothing, and a text in pieces is the same to it as the whole.

mod attack;
mod compile;
mod content;
mod extraction;
mod own;
mod steps;
pub(super) mod words;

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};

use super::detection::{Category, Source};
use super::lexicon::Lexicon;

pub(crate) use compile::Compiler;

/// A rule as it is written down in the tables.
pub(super) struct Written {
    pub(super) id: &'static str,
    pub(super) score: f32,
    pub(super) category: Category,
    pub(super) label: &'static str,
    pub(super) patterns: &'static [&'static str],
}

const fn written(
    id: &'static str,
    score: f32,
    category: Category,
    label: &'static str,
    patterns: &'static [&'static str],
) -> Written {
    Written {
        id,
        score,
        category,
        label,
        patterns,
    }
}

/// What is reported when a rule's pattern is complete.
pub(crate) struct Rule {
    pub(crate) category: Category,
    pub(crate) id: Cow<'static, str>,
    pub(crate) label: Cow<'static, str>,
    pub(crate) score: f32,
    pub(crate) source: Source,
}

/// What a complete pattern means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The rule of this number has found something.
    Found(u16),
    /// The text speaks about such phrases, provided they are quoted.
    MayQuote,
    /// The text speaks about such phrases.
    Discusses,
    /// The word after it is meant the other way round.
    Negates,
    /// The text is written in ROT13.
    Rot13,
    /// The text is written backwards.
    Backwards,
}

/// A part of a pattern: a place where a match may have got to. Parts that another one follows have the lower numbers.
pub(crate) type PartId = u32;

/// What reaching a part means.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) meanings: Vec<Meaning>,
    /// The longest distance of the steps that follow it, and whether one of them goes on over the end of a sentence: what
    /// neither can reach is over.
    pub(crate) farthest: u16,
    pub(crate) over_breaks: bool,
    /// Where it is noted when it is reached behind another part, if a word may reach it as the first of a pattern too.
    pub(crate) place: Option<u32>,
}

/// A word that is a whole pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) reaches: PartId,
    pub(crate) not_negated: bool,
}

/// The parts that a word opens as the first of their patterns, in the tables of the [`RuleSet`]. A frequent word opens dozens,
/// so they are opened a block at a time, and where the word stood is noted once for all.
#[derive(Clone, Copy, Default)]
pub(crate) struct Opening {
    /// Where it is noted.
    pub(crate) place: u32,
    pub(crate) parts: Span,
    pub(crate) blocks: Span,
    /// Those of the parts that mean something already.
    pub(crate) completes: Span,
}

/// Some parts of one block of 64.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    pub(crate) number: u32,
    /// A bit for each of them.
    pub(crate) parts: u64,
}

/// A way from one part to the next: a word at a distance. Kept small and in a row, because a frequent word has hundreds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) before: PartId,
    /// Numbered higher than the part before.
    pub(crate) reaches: PartId,
    pub(crate) gap: u16,
    pub(crate) over_breaks: bool,
    /// Whether reaching the part means anything: mostly only that another may follow.
    pub(crate) completes: bool,
}

/// Steps that follow parts of one block of 64, so that one comparison says whether any of these was reached.
pub(crate) struct Group {
    /// A bit for each part of the block that a step follows.
    pub(crate) parts: u64,
    /// The first of these parts, divided by 64.
    pub(crate) block: u32,
    /// Where the group is among the steps; it ends where the next one begins.
    pub(crate) begin: u32,
}

/// What waits for one word: where it is in the tables of the [`RuleSet`]. Kept small, since every word of a text is another.
#[derive(Clone, Copy, Default)]
pub(crate) struct Steps {
    /// Patterns that are this word and no more.
    pub(crate) whole: Span,
    /// Steps behind a part, by blocks.
    pub(crate) groups: Span,
    /// Patterns that begin with it: one opening, and another one of patterns that only begin if it is not negated.
    pub(crate) first: Option<NonZeroU32>,
    pub(crate) first_unless_negated: Option<NonZeroU32>,
}

/// Neighbours in a table.
#[derive(Clone, Copy, Default)]
pub(crate) struct Span {
    pub(crate) begin: u32,
    pub(crate) end: u32,
}

impl Span {
    #[inline]
    pub(crate) fn of<T>(self, table: &[T]) -> &[T] {
        &table[self.begin as usize..self.end as usize]
    }
}

/// Compiled rules. Built once, shared by every scan.
#[derive(Default)]
pub(crate) struct RuleSet {
    pub(crate) lexicon: Lexicon,
    pub(crate) parts: Vec<Part>,
    /// How many parts, from the first on, another one follows.
    pub(crate) followed: usize,
    /// A bit for each of them that the end of a sentence does not end.
    pub(crate) lasting: Vec<u64>,
    /// How many places there are at which words that begin patterns are noted, and what may be reached in either way.
    pub(crate) places: usize,
    /// For each word of the lexicon.
    pub(crate) steps: Vec<Steps>,
    pub(crate) whole: Vec<Start>,
    /// Ends with one of no word.
    pub(crate) groups: Vec<Group>,
    /// The steps of the groups, later parts before earlier ones, so that one word is one part only.
    pub(crate) following: Vec<Step>,
    /// The first one opens nothing.
    pub(crate) openings: Vec<Opening>,
    pub(crate) opened: Vec<PartId>,
    pub(crate) opened_blocks: Vec<Block>,
    pub(crate) rules: Vec<Rule>,
}

/// Everything that is looked for in requests.
pub(crate) static REQUEST: LazyLock<Arc<RuleSet>> = LazyLock::new(|| {
    builtin(
        &[
            attack::RULES,
            extraction::RULES,
            own::jailbreak::RULES,
            own::injection::RULES,
            own::indirect::RULES,
            own::extraction::RULES,
            content::RULES,
        ],
        words::SIGNALS,
    )
});

/// What is looked for in answers: contents only, for a model cannot attack itself.
pub(crate) static ANSWER: LazyLock<Arc<RuleSet>> =
    LazyLock::new(|| builtin(&[content::RULES], &[]));

fn builtin(tables: &[&[Written]], signals: &[(Meaning, &[&str])]) -> Arc<RuleSet> {
    let mut compiler = Compiler::default();
    for rule in tables.iter().copied().flatten() {
        let number = compiler.rule(Rule {
            category: rule.category,
            id: rule.id.into(),
            label: rule.label.into(),
            score: rule.score,
            source: Source::Builtin,
        });
        for pattern in rule.patterns {
            compiler
                .pattern(pattern, Meaning::Found(number))
                .expect("a test compiles every built-in rule");
        }
    }
    for (meaning, patterns) in signals {
        for pattern in *patterns {
            compiler
                .pattern(pattern, *meaning)
                .expect("a test compiles every built-in rule");
        }
    }
    Arc::new(compiler.finish())
}

#[cfg(test)]
mod tests;
