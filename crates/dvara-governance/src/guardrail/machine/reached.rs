//! Which parts of which patterns the text has got to.

use crate::guardrail::rules::{Block, Group, PartId};

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
/// a few comparisons. Where a part was reached is noted at a place: the place of the word, if it is the first of its pattern,
/// else a place of its own that is given out when it is reached first, since most parts never are.
pub(super) struct ReachedParts {
    open: Vec<u64>,
    places: Vec<u32>,
    reached: Vec<Reached>,
    /// Places from here on are given out.
    fixed: u32,
}

impl ReachedParts {
    /// `parts` is how many there are that another part follows, and `places` how many places are not given out.
    pub(super) fn new(parts: usize, places: usize) -> Self {
        Self {
            open: vec![0; parts.div_ceil(64)],
            places: vec![0; parts],
            reached: vec![Reached::default(); places],
            fixed: places as u32,
        }
    }

    /// A bit for each part that is open and that steps of the group follow.
    #[inline]
    pub(super) fn open_of(&self, group: &Group) -> u64 {
        self.open[group.block as usize] & group.parts
    }

    /// Where a part was reached last that is or was open.
    pub(super) fn get(&self, part: PartId) -> Reached {
        self.reached[self.places[part as usize] as usize]
    }

    /// A part is reached behind another one; `place` is its own if it may also be the first of its pattern.
    pub(super) fn set(&mut self, part: PartId, place: Option<u32>, reached: Reached) {
        self.open[(part / 64) as usize] |= 1 << (part % 64);
        let known = &mut self.places[part as usize];
        if let Some(place) = place {
            *known = place;
        } else if *known < self.fixed {
            *known = self.reached.len() as u32;
            self.reached.push(reached);
            return;
        }
        self.reached[*known as usize] = reached;
    }

    /// A word begins patterns: all these parts are reached, and it is noted at one place.
    pub(super) fn open(
        &mut self,
        place: u32,
        parts: &[PartId],
        blocks: &[Block],
        reached: Reached,
    ) {
        self.reached[place as usize] = reached;
        for part in parts {
            self.places[*part as usize] = place;
        }
        for block in blocks {
            self.open[block.number as usize] |= block.parts;
        }
    }

    /// Nothing can follow the part any more.
    pub(super) fn close(&mut self, part: PartId) {
        self.open[(part / 64) as usize] &= !(1 << (part % 64));
    }

    /// Closes all parts but these.
    pub(super) fn close_all_but(&mut self, lasting: &[u64]) {
        for (open, lasting) in self.open.iter_mut().zip(lasting) {
            *open &= lasting;
        }
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
