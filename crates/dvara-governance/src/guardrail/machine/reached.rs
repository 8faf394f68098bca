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
    places: Vec<u32>,
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

    /// Which of the parts that the steps of the group follow are open: a bit for each in its block.
    pub(super) fn open(&self, group: &Group) -> u64 {
        self.open[group.block as usize] & group.parts
    }

    /// Where a part was reached last that is or was open.
    pub(super) fn get(&self, part: PartId) -> Reached {
        self.reached[self.places[part as usize] as usize]
    }

    pub(super) fn set(&mut self, part: PartId, reached: Reached) {
        self.open[(part / 64) as usize] |= 1 << (part % 64);
        let place = &mut self.places[part as usize];
        if *place == 0 {
            *place = self.reached.len() as u32;
            self.reached.push(reached);
        } else {
            self.reached[*place as usize] = reached;
        }
    }

    /// Nothing can follow the part any more.
    pub(super) fn close(&mut self, part: PartId) {
        self.open[(part / 64) as usize] &= !(1 << (part % 64));
    }

    /// All open parts.
    pub(super) fn iter(&self) -> impl Iterator<Item = (PartId, Reached)> {
        let blocks = self.open.iter().zip(0..).filter(|(open, _)| **open != 0);
        blocks
            .flat_map(|(open, block)| {
                let parts = (0..64).filter(move |part| open >> part & 1 == 1);
                parts.map(move |part| block * 64 + part)
            })
            .map(|part| (part, self.get(part)))
    }
}
