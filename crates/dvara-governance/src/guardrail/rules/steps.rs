//! The last stage of compiling: steps, sorted by the word that waits for them and by the part they follow.

use super::{Cluster, Group, Meaning, Part, PartId, Start, Step, Steps};
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
    pub(super) lasting: Vec<u64>,
    pub(super) steps: Vec<Steps>,
}

/// Numbers the parts anew, those first that another part follows, and gives every word its steps.
pub(super) fn link(
    meanings: Vec<Vec<Meaning>>,
    mut waiting: Vec<(WordId, RawStep)>,
    words: usize,
) -> Linked {
    waiting.sort_by_key(|(_, step)| step.reaches);
    let (numbers, followed) = renumbered(&meanings, &waiting);
    let mut parts: Vec<Part> = meanings.iter().map(|_| Part::default()).collect();
    for (meanings, number) in meanings.into_iter().zip(&numbers) {
        parts[*number as usize].meanings = meanings;
    }
    let mut by_word: Vec<Vec<RawStep>> = vec![Vec::new(); words];
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
    let steps = by_word
        .into_iter()
        .map(|steps| sorted(steps, &parts, followed));
    Linked {
        steps: steps.collect(),
        parts,
        followed,
        lasting,
    }
}

/// The new number of each part, and how many are followed; the steps in the order of what they reach.
///
/// Parts near the beginning of a pattern come first and share their blocks: most that are reached are such, so that the other
/// blocks are mostly empty. Signals come last, so that a word means what it signals before a match ends with it.
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
    order.sort_by_key(|part| (last[*part], signals[*part], depths[*part]));
    let mut numbers = vec![START; meanings.len()];
    for (part, number) in order.into_iter().zip(0..) {
        numbers[part] = number;
    }
    (numbers, last.iter().filter(|last| !**last).count())
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
        let (number, bit) = (block / 64, 1 << (block % 64));
        let known = self.clusters.last_mut();
        match known.filter(|cluster| cluster.number == number) {
            Some(cluster) if cluster.blocks & bit != 0 => {
                let group = self
                    .groups
                    .last_mut()
                    .expect("a block that is known has one");
                group.parts |= part;
                group.end = end;
                return;
            }
            Some(cluster) => cluster.blocks |= bit,
            None => self.clusters.push(Cluster {
                blocks: bit,
                number,
                first: self.groups.len() as u32,
            }),
        }
        self.groups.push(Group {
            parts: part,
            begin: end - 1,
            end,
        });
    }
}
