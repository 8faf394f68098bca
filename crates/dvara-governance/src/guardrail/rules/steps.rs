//! The last stage of compiling: steps, sorted by the word that waits for them and by the part they follow.

use std::collections::HashMap;
use std::num::NonZeroU32;

use super::{
    Block, Group, Meaning, Opening, Part, PartId, Rule, RuleSet, Span, Start, Step, Steps,
};
use crate::guardrail::lexicon::{Lexicon, WordId};

/// What a step follows that begins a pattern. No part of a pattern has this number.
pub(super) const START: PartId = 0;

/// A step as it was written; parts are numbered in the order of writing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct RawStep {
    /// The part before, or [`START`].
    pub(super) before: PartId,
    pub(super) reaches: PartId,
    pub(super) gap: u16,
    pub(super) over_breaks: bool,
    pub(super) not_negated: bool,
}

/// Numbers the parts anew, those first that another part follows, and gives every word its steps.
pub(super) fn link(
    meanings: Vec<Vec<Meaning>>,
    mut waiting: Vec<(WordId, RawStep)>,
    lexicon: Lexicon,
    rules: Vec<Rule>,
) -> RuleSet {
    waiting.sort_by_key(|(_, step)| step.reaches);
    let (numbers, followed) = renumbered(&meanings, &waiting);
    let mut parts: Vec<Part> = meanings.iter().map(|_| Part::default()).collect();
    for (meanings, number) in meanings.into_iter().zip(&numbers) {
        parts[*number as usize].meanings = meanings;
    }
    let mut by_word: Vec<Vec<RawStep>> = vec![Vec::new(); lexicon.len()];
    let mut lasting = vec![0; followed.div_ceil(64)];
    for (word, mut step) in waiting {
        step.before = numbers[step.before as usize];
        step.reaches = numbers[step.reaches as usize];
        let before = &mut parts[step.before as usize];
        before.farthest = before.farthest.max(step.gap);
        before.over_breaks |= step.over_breaks;
        lasting[(step.before / 64) as usize] |= u64::from(step.over_breaks) << (step.before % 64);
        by_word[usize::from(word)].push(step);
    }
    let mut set = RuleSet {
        lexicon,
        parts,
        followed,
        lasting,
        rules,
        openings: vec![Opening::default()],
        ..RuleSet::default()
    };
    for steps in by_word {
        set.add_word(steps);
    }
    set.groups.push(Group {
        parts: 0,
        block: 0,
        begin: set.following.len() as u32,
    });
    set.number_places();
    set
}

/// The new number of each part, and how many are followed; the steps in the order of what they reach.
///
/// Parts near the beginning of a pattern come first and share their blocks: most that are reached are such, so that the other
/// blocks are mostly empty. Among them those are neighbours that the same frequent words follow, so that such a word has to look
/// at few blocks. Signals come last, so that a word means what it signals before a match ends with it.
fn renumbered(meanings: &[Vec<Meaning>], waiting: &[(WordId, RawStep)]) -> (Vec<PartId>, usize) {
    let is_signal = |meaning: &Meaning| !matches!(meaning, Meaning::Found(_));
    let mut signals: Vec<bool> = meanings
        .iter()
        .map(|meanings| meanings.iter().any(is_signal))
        .collect();
    let mut depths = vec![0; meanings.len()];
    let mut last = vec![true; meanings.len()];
    last[START as usize] = false;
    for (_, step) in waiting {
        let (before, reached) = (step.before as usize, step.reaches as usize);
        depths[reached] = depths[reached].max(depths[before] + 1);
        last[before] = false;
    }
    for (_, step) in waiting
        .iter()
        .rev()
        .filter(|(_, step)| step.before != START)
    {
        signals[step.before as usize] |= signals[step.reaches as usize];
    }
    let mut order: Vec<usize> = (0..meanings.len()).collect();
    let followers = frequent_followers(meanings.len(), waiting);
    order.sort_by_key(|part| {
        let followers = std::cmp::Reverse(followers[*part]);
        (last[*part], signals[*part], depths[*part], followers)
    });
    let mut numbers = vec![START; meanings.len()];
    for (part, number) in order.into_iter().zip(0..) {
        numbers[part] = number;
    }
    (numbers, last.iter().filter(|last| !**last).count())
}

/// Of each part, which of the words that follow most parts follow it: the highest bit is the first of them.
fn frequent_followers(parts: usize, waiting: &[(WordId, RawStep)]) -> Vec<u128> {
    let mut counts: HashMap<WordId, usize> = HashMap::new();
    let following = || waiting.iter().filter(|(_, step)| step.before != START);
    for (word, _) in following() {
        *counts.entry(*word).or_default() += 1;
    }
    let mut words: Vec<(WordId, usize)> = counts.into_iter().collect();
    words.sort_by_key(|(word, count)| (std::cmp::Reverse(*count), *word));
    let ranks: HashMap<WordId, u32> = words.iter().map(|(word, _)| *word).zip(0..128).collect();
    let mut followers = vec![0; parts];
    for (word, step) in following() {
        if let Some(rank) = ranks.get(word) {
            followers[step.before as usize] |= 1 << (127 - rank);
        }
    }
    followers
}

impl RuleSet {
    /// Adds what waits for the next word.
    fn add_word(&mut self, mut steps: Vec<RawStep>) {
        steps.sort_by_key(|step| std::cmp::Reverse((step.before, step.reaches)));
        steps.dedup();
        let (whole, groups) = (self.whole.len() as u32, self.groups.len() as u32);
        let (mut first, mut first_unless_negated) = (Vec::new(), Vec::new());
        for step in steps {
            let part = step.reaches;
            let completes = !self.parts[part as usize].meanings.is_empty();
            match (step.before, (part as usize) < self.followed) {
                (START, true) if step.not_negated => first_unless_negated.push(part),
                (START, true) => first.push(part),
                (START, false) => self.whole.push(Start {
                    reaches: part,
                    not_negated: step.not_negated,
                }),
                _ => self.add_following(step, completes, groups),
            }
        }
        let steps = Steps {
            whole: Span {
                begin: whole,
                end: self.whole.len() as u32,
            },
            groups: Span {
                begin: groups,
                end: self.groups.len() as u32,
            },
            first: self.add_opening(&first),
            first_unless_negated: self.add_opening(&first_unless_negated),
        };
        self.steps.push(steps);
    }

    /// Adds a step to the groups of a word, the first of which has the number `first_group`.
    fn add_following(&mut self, step: RawStep, completes: bool, first_group: u32) {
        let (block, part) = (step.before / 64, 1 << (step.before % 64));
        let begin = self.following.len() as u32;
        self.following.push(Step {
            before: step.before,
            reaches: step.reaches,
            gap: step.gap,
            over_breaks: step.over_breaks,
            completes,
        });
        match self.groups[first_group as usize..].last_mut() {
            Some(group) if group.block == block => group.parts |= part,
            _ => self.groups.push(Group {
                parts: part,
                block,
                begin,
            }),
        }
    }

    /// Adds what a word opens; the parts are in order.
    fn add_opening(&mut self, parts: &[PartId]) -> Option<NonZeroU32> {
        if parts.is_empty() {
            return None;
        }
        let blocks = parts.chunk_by(|part, next| part / 64 == next / 64);
        let blocks = blocks.map(|parts| Block {
            number: parts[0] / 64,
            parts: parts.iter().fold(0, |all, part| all | 1 << (part % 64)),
        });
        let means_something = |part: &&PartId| !self.parts[**part as usize].meanings.is_empty();
        let completes: Vec<PartId> = parts.iter().filter(means_something).copied().collect();
        let opening = Opening {
            place: self.openings.len() as u32,
            parts: append(&mut self.opened, parts.iter().copied()),
            blocks: append(&mut self.opened_blocks, blocks),
            completes: append(&mut self.opened, completes.into_iter()),
        };
        self.openings.push(opening);
        NonZeroU32::new(opening.place)
    }

    /// Gives a place to each part that is reached in either way. The others are those of openings.
    fn number_places(&mut self) {
        let mut is_first = vec![false; self.parts.len()];
        for part in &self.opened {
            is_first[*part as usize] = true;
        }
        self.places = self.openings.len();
        for step in &self.following {
            let part = &mut self.parts[step.reaches as usize];
            if is_first[step.reaches as usize] && part.place.is_none() {
                part.place = Some(self.places as u32);
                self.places += 1;
            }
        }
    }
}

/// Adds to a table; gives where it is.
fn append<T>(table: &mut Vec<T>, more: impl Iterator<Item = T>) -> Span {
    let begin = table.len() as u32;
    table.extend(more);
    Span {
        begin,
        end: table.len() as u32,
    }
}
