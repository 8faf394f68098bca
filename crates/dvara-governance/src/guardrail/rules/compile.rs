//! From written patterns to the table of steps.

use std::collections::HashMap;

use thiserror::Error;

use super::steps::{RawStep, START, link};
use super::{Meaning, PartId, Rule, RuleSet, words};
use crate::guardrail::lexicon::{Lexicon, WordId};
use crate::guardrail::normal::words_of;

/// A sign, a one-letter word or an article's rest may stand between two words that follow each other.
const ADJACENT: u16 = 3;

/// A pattern names a list of words that does not exist, or is empty.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("no such list of words: {0}")]
pub(crate) struct UnknownList(String);

/// Builds a [`RuleSet`]. Patterns that begin alike share their first parts.
pub(crate) struct Compiler {
    lexicon: Lexicon,
    rules: Vec<Rule>,
    /// What each part means.
    parts: Vec<Vec<Meaning>>,
    known: HashMap<PartKey, PartId>,
    /// Words and the steps that wait for them.
    waiting: Vec<(WordId, RawStep)>,
}

#[derive(PartialEq, Eq, Hash)]
struct PartKey {
    /// Signals share no part with rules, so that a word means what it signals before a match ends with it.
    signal: bool,
    before: PartId,
    text: String,
    distance: Distance,
}

/// How a part may stand to the one before, or to the start.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Distance {
    gap: u16,
    over_breaks: bool,
    not_negated: bool,
}

const NEXT: Distance = Distance {
    gap: ADJACENT,
    over_breaks: false,
    not_negated: false,
};

impl Default for Compiler {
    fn default() -> Self {
        Self {
            lexicon: Lexicon::default(),
            rules: Vec::new(),
            parts: vec![Vec::new()],
            known: HashMap::new(),
            waiting: Vec::new(),
        }
    }
}

impl Compiler {
    /// Adds a rule; its patterns mean [`Meaning::Found`] with the number returned.
    pub(crate) fn rule(&mut self, rule: Rule) -> u16 {
        self.rules.push(rule);
        (self.rules.len() - 1) as u16
    }

    /// Adds one pattern.
    pub(crate) fn pattern(&mut self, pattern: &str, meaning: Meaning) -> Result<(), UnknownList> {
        let (not_negated, pattern) = match pattern.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, pattern),
        };
        let mut end = START;
        let mut distance = Distance {
            not_negated,
            ..NEXT
        };
        for text in pattern.split_ascii_whitespace() {
            if let Some(farther) = distance_of(text) {
                distance = farther;
                continue;
            }
            let key = PartKey {
                signal: !matches!(meaning, Meaning::Found(_)),
                before: end,
                text: text.to_owned(),
                distance,
            };
            let part = match self.known.get(&key) {
                Some(part) => *part,
                None => {
                    let part = self.part(end, &alternatives(text)?, distance);
                    self.known.insert(key, part);
                    part
                }
            };
            end = part;
            distance = NEXT;
        }
        self.complete(end, meaning);
        Ok(())
    }

    /// Adds words that follow each other, as somebody wrote them: a keyword of a tenant.
    pub(crate) fn keyword(&mut self, words: &[String], meaning: Meaning) {
        let end = words.iter().fold(START, |end, word| {
            self.part(end, std::slice::from_ref(word), NEXT)
        });
        self.complete(end, meaning);
    }

    pub(crate) fn finish(mut self) -> RuleSet {
        let mut uses = vec![0; self.lexicon.len()];
        for (word, _) in &self.waiting {
            uses[usize::from(*word)] += 1;
        }
        // What patterns use most, texts do too.
        let numbers = self.lexicon.sort_by_use(&uses);
        for (word, _) in &mut self.waiting {
            *word = numbers[usize::from(*word)];
        }
        self.lexicon.seal();
        link(self.parts, self.waiting, self.lexicon, self.rules)
    }

    /// A part that is reached by any of the words and phrases.
    fn part(&mut self, before: PartId, alternatives: &[String], distance: Distance) -> PartId {
        let mut lasts = Vec::new();
        for phrase in alternatives {
            let mut words = phrase.split(' ').peekable();
            let (mut before, mut distance) = (before, distance);
            while let Some(word) = words.next() {
                if words.peek().is_none() {
                    lasts.push((before, word, distance));
                } else {
                    let inner = self.new_part();
                    self.step(before, word, distance, inner);
                    (before, distance) = (inner, NEXT);
                }
            }
        }
        // After the parts inside of phrases: a part is numbered higher than all that lead to it.
        let part = self.new_part();
        for (before, word, distance) in lasts {
            self.step(before, word, distance, part);
        }
        part
    }

    fn new_part(&mut self) -> PartId {
        self.parts.push(Vec::new());
        (self.parts.len() - 1) as PartId
    }

    fn step(&mut self, before: PartId, word: &str, distance: Distance, reaches: PartId) {
        let Distance {
            gap,
            over_breaks,
            not_negated,
        } = distance;
        let step = RawStep {
            before,
            reaches,
            gap,
            over_breaks,
            not_negated,
        };
        self.waiting.push((self.lexicon.add(word), step));
    }

    fn complete(&mut self, end: PartId, meaning: Meaning) {
        let meanings = &mut self.parts[end as usize];
        if end != START && !meanings.contains(&meaning) {
            meanings.push(meaning);
        }
    }
}

fn distance_of(part: &str) -> Option<Distance> {
    let over_breaks = part.starts_with("//");
    let gap = part
        .strip_prefix("..")
        .or_else(|| part.strip_prefix("//"))?;
    // The blanks around what stands between count too.
    Some(Distance {
        gap: gap.parse::<u16>().ok()? + 2,
        over_breaks,
        ..NEXT
    })
}

/// The words and phrases of a part, folded as texts will be; a blank between the words of a phrase.
fn alternatives(part: &str) -> Result<Vec<String>, UnknownList> {
    let mut all = Vec::new();
    for alternative in part.split('|') {
        match alternative.strip_prefix('@') {
            Some(name) => {
                all.extend(words::list(name).ok_or_else(|| UnknownList(name.to_owned()))?)
            }
            None => all.push(alternative),
        }
    }
    let folded = all.into_iter().map(|words| match words.is_ascii() {
        true => words.replace('_', " "),
        false => words_of(words).join(" "),
    });
    Ok(folded.filter(|words| !words.is_empty()).collect())
}
