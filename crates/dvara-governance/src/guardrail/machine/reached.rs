//! Which parts of which patterns the text has got to.

use crate::guardrail::rules::{Group, PartId};

/// Where a part was reached last, and where the match began that it belongs to.
#[derive(Clone, Copy, Default)]
pub(super) struct Reached {
    /// The end of the last word that reached it.
    pub(super) end: u32,
    pub(super) began: Began,
}

/// Where a match began.
#[derive(Clone, Copy, Default)]
pub(super) struct Began {
    pub(super) position: u32,
    pub(super) origin: u32,
}

/// The parts that something may still follow.
///
/// A bit for each says whether it is one of them, so that a word whose hundred patterns are all elsewhere is done with after
/// a few comparisons. Places are given out when a part is reached first: most parts never are, and to make a scan must not
/// cost more than the shortest text.
pub(super) struct ReachedParts {
    open: Vec<u64>,
    places: Vec<u16>,
    reached: Vec<Reached>,
}

impl ReachedParts {
    /// `parts` is how many there are that another part follows.
    pub(super) fn new(parts: usize) -> Self {
        Self {
            open: vec![0; parts.div_ceil(64)],
            places: vec![0; parts],
            // Nobody is given the first place: zero means none.
            reached: vec![Reached::default()],
        }
    }

    /// Whether any part that the steps of the group follow is open.
    pub(super) fn is_any_open(&self, group: &Group) -> bool {
        self.open[usize::from(group.block)] & group.parts != 0
    }

    pub(super) fn get(&self, part: PartId) -> Option<Reached> {
        let open = self.open[usize::from(part / 64)] >> (part % 64) & 1 == 1;
        open.then(|| self.reached[usize::from(self.places[usize::from(part)])])
    }

    pub(super) fn set(&mut self, part: PartId, reached: Reached) {
        self.open[usize::from(part / 64)] |= 1 << (part % 64);
        let place = &mut self.places[usize::from(part)];
        if *place == 0 {
            *place = self.reached.len() as u16;
            self.reached.push(reached);
        } else {
            self.reached[usize::from(*place)] = reached;
        }
    }

    /// Nothing can follow the part any more.
    pub(super) fn close(&mut self, part: PartId) {
        self.open[usize::from(part / 64)] &= !(1 << (part % 64));
    }

    /// All open parts.
    pub(super) fn iter(&self) -> impl Iterator<Item = (PartId, Reached)> {
        let blocks = self.open.iter().zip(0..).filter(|(open, _)| **open != 0);
        blocks
            .flat_map(|(_, block)| (0..64).map(move |bit| block * 64 + bit))
            .filter_map(|part: PartId| Some((part, self.get(part)?)))
    }
}
