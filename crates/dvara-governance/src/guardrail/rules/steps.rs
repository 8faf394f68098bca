//! The last stage of compiling: steps, sorted by the word that waits for them and by the part they follow.

use super::{Group, Meaning, Part, PartId, Start, Step, Steps};
use crate::guardrail::lexicon::WordId;

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

/// Parts and steps as [`super::RuleSet`] has them.
pub(super) struct Linked {
    pub(super) parts: Vec<Part>,
    pub(super) followed: usize,
    pub(super) steps: Vec<Steps>,
}

/// Numbers the parts anew, those first that another part follows, and gives every word its steps.
pub(super) fn link(
    meanings: Vec<Vec<Meaning>>,
    waiting: Vec<(WordId, RawStep)>,
    words: usize,
) -> Linked {
    let mut is_followed = vec![false; meanings.len()];
    is_followed[START as usize] = true;
    for (_, step) in &waiting {
        is_followed[step.before as usize] = true;
    }
    let followed = is_followed.iter().filter(|followed| **followed).count();
    let numbers = renumbered(&is_followed, followed);
    let mut parts: Vec<Part> = meanings.iter().map(|_| Part::default()).collect();
    for (meanings, number) in meanings.into_iter().zip(&numbers) {
        parts[*number as usize].meanings = meanings;
    }
    let mut by_word: Vec<Vec<RawStep>> = vec![Vec::new(); words];
    for (word, mut step) in waiting {
        step.before = numbers[step.before as usize];
        step.reaches = numbers[step.reaches as usize];
        let before = &mut parts[step.before as usize];
        before.farthest = before.farthest.max(step.gap);
        before.over_breaks |= step.over_breaks;
        by_word[usize::from(word)].push(step);
    }
    let steps = by_word
        .into_iter()
        .map(|steps| sorted(steps, &parts, followed));
    let steps = steps.collect();
    Linked {
        parts,
        followed,
        steps,
    }
}

fn renumbered(is_followed: &[bool], followed: usize) -> Vec<PartId> {
    let (mut inner, mut last) = (0, followed as PartId);
    let number = |followed: &bool| {
        let next = if *followed { &mut inner } else { &mut last };
        *next += 1;
        *next - 1
    };
    is_followed.iter().map(number).collect()
}

fn sorted(mut steps: Vec<RawStep>, parts: &[Part], followed: usize) -> Steps {
    steps.sort_by_key(|step| std::cmp::Reverse((step.before, step.reaches)));
    steps.dedup();
    let mut sorted = Steps::default();
    for step in steps {
        let reached = step.reaches as usize;
        let completes = !parts[reached].meanings.is_empty();
        let start = Start {
            reaches: step.reaches,
            not_negated: step.not_negated,
            completes,
        };
        match (step.before, reached < followed) {
            (START, true) => sorted.first.push(start),
            (START, false) => sorted.whole.push(start),
            _ => sorted.add_following(step, completes),
        }
    }
    sorted
}

impl Steps {
    fn add_following(&mut self, step: RawStep, completes: bool) {
        let (block, part) = (step.before / 64, 1 << (step.before % 64));
        self.following.push(Step {
            before: step.before,
            reaches: step.reaches,
            gap: step.gap,
            over_breaks: step.over_breaks,
            completes,
        });
        let end = self.following.len() as u32;
        match self.groups.last_mut() {
            Some(group) if group.block == block => {
                group.parts |= part;
                group.end = end;
            }
            _ => self.groups.push(Group {
                parts: part,
                block,
                end,
            }),
        }
    }
}
