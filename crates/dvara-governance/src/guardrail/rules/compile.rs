//! From written patterns to the table of steps.

use std::collections::HashMap;

use thiserror::Error;

use super::{Meaning, Rule, RuleSet, Step, words};
use crate::guardrail::lexicon::WordId;
use crate::guardrail::normal::words_of;

/// A sign, a one-letter word or an article's rest may stand between two words that follow each other.
const ADJACENT: u32 = 3;

/// A pattern names a list of words that does not exist, or is empty.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("no such list of words: {0}")]
pub(crate) struct UnknownList(String);

/// Builds a [`RuleSet`]. Patterns that begin alike share their first steps.
#[derive(Default)]
pub(crate) struct Compiler {
    set: RuleSet,
    known: HashMap<StepKey, u16>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct StepKey {
    before: Option<u16>,
    words: Vec<WordId>,
    gap: u32,
    over_breaks: bool,
    not_negated: bool,
}

/// How the next part may stand to the one before.
#[derive(Clone, Copy)]
struct Distance {
    gap: u32,
    over_breaks: bool,
}

const NEXT: Distance = Distance {
    gap: ADJACENT,
    over_breaks: false,
};

impl Compiler {
    /// Adds a rule; its patterns mean [`Meaning::Found`] with the number returned.
    pub(crate) fn rule(&mut self, rule: Rule) -> u16 {
        self.set.rules.push(rule);
        (self.set.rules.len() - 1) as u16
    }

    /// Adds one pattern.
    pub(crate) fn pattern(&mut self, pattern: &str, meaning: Meaning) -> Result<(), UnknownList> {
        let (not_negated, pattern) = match pattern.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, pattern),
        };
        let mut ends = vec![None];
        let mut distance = NEXT;
        for part in pattern.split_ascii_whitespace() {
            if let Some(gap) = distance_of(part) {
                distance = gap;
                continue;
            }
            let (single, phrases) = alternatives(part)?;
            let single: Vec<&str> = single.iter().map(String::as_str).collect();
            let before = std::mem::take(&mut ends);
            for end in before {
                ends.extend(
                    (!single.is_empty()).then(|| self.step(end, &single, distance, not_negated)),
                );
                ends.extend(
                    phrases
                        .iter()
                        .map(|phrase| self.phrase(end, phrase, distance, not_negated)),
                );
            }
            distance = NEXT;
        }
        self.complete(ends, meaning);
        Ok(())
    }

    /// Adds words that follow each other, as somebody wrote them: a keyword of a tenant.
    pub(crate) fn keyword<'w>(&mut self, keyword: impl Iterator<Item = &'w str>, meaning: Meaning) {
        let end = keyword.fold(None, |end, word| self.step(end, &[word], NEXT, false));
        if end.is_some() {
            self.complete(vec![end], meaning);
        }
    }

    pub(crate) fn finish(mut self) -> RuleSet {
        self.set.lexicon.seal();
        self.set.waiting = vec![Vec::new(); self.set.lexicon.len()];
        for (key, step) in &self.known {
            for word in &key.words {
                self.set.waiting[usize::from(*word)].push(*step);
            }
        }
        for steps in &mut self.set.waiting {
            steps.sort_unstable_by(|one, other| other.cmp(one));
        }
        self.set
    }

    fn phrase(
        &mut self,
        end: Option<u16>,
        phrase: &str,
        distance: Distance,
        not_negated: bool,
    ) -> Option<u16> {
        let mut distance = distance;
        phrase.split(' ').fold(end, |end, word| {
            self.step(
                end,
                &[word],
                std::mem::replace(&mut distance, NEXT),
                not_negated,
            )
        })
    }

    fn step(
        &mut self,
        before: Option<u16>,
        words: &[&str],
        distance: Distance,
        not_negated: bool,
    ) -> Option<u16> {
        let mut words: Vec<WordId> = words
            .iter()
            .map(|word| self.set.lexicon.add(word))
            .collect();
        words.sort_unstable();
        words.dedup();
        let Distance { gap, over_breaks } = distance;
        let not_negated = not_negated && before.is_none();
        let key = StepKey {
            before,
            words,
            gap,
            over_breaks,
            not_negated,
        };
        let next = self.set.steps.len() as u16;
        let step = *self.known.entry(key).or_insert(next);
        if step == next {
            self.set.steps.push(Step {
                before,
                gap,
                over_breaks,
                not_negated,
                complete: Vec::new(),
            });
        }
        Some(step)
    }

    fn complete(&mut self, ends: Vec<Option<u16>>, meaning: Meaning) {
        self.set.speaks_about |= matches!(meaning, Meaning::MayQuote | Meaning::Discusses);
        for end in ends.into_iter().flatten() {
            let complete = &mut self.set.steps[usize::from(end)].complete;
            if !complete.contains(&meaning) {
                complete.push(meaning);
            }
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
        gap: gap.parse::<u32>().ok()? + 2,
        over_breaks,
    })
}

/// The single words of a part, and its phrases, folded as texts will be.
fn alternatives(part: &str) -> Result<(Vec<String>, Vec<String>), UnknownList> {
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
    Ok(folded.partition(|words| !words.contains(' ')))
}
