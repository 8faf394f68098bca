//! Which parts of which patterns the text has got to.

use crate::guardrail::rules::{Cluster, Group, PartId};

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
    /// A bit for each block of 64 that has an open part.
    blocks: Vec<u64>,
    places: Vec<u32>,
    reached: Vec<Reached>,
}

impl ReachedParts {
    /// `parts` is how many there are that another part follows.
    pub(super) fn new(parts: usize) -> Self {
        Self {
            open: vec![0; parts.div_ceil(64)],
            blocks: vec![0; parts.div_ceil(64 * 64)],
            places: vec![0; parts],
            // Nobody is given the first place: zero means none.
            reached: vec![Reached::default()],
        }
    }

    /// The last group of the cluster, of those before the bit `below`, in whose block any part is open; with those of its
    /// parts that are. `below` becomes its bit.
    pub(super) fn next_open<'g>(
        &self,
        cluster: &Cluster,
        groups: &'g [Group],
        below: &mut u32,
    ) -> Option<(&'g Group, u64)> {
        let mask = 1u64.checked_shl(*below).unwrap_or(0).wrapping_sub(1);
        let blocks = self.blocks[cluster.number as usize] & cluster.blocks & mask;
        let block = blocks.checked_ilog2()?;
        *below = block;
        let before = (cluster.blocks >> block >> 1).count_ones();
        let group = &groups[(cluster.first + before) as usize];
        let open = self.open[(cluster.number * 64 + block) as usize];
        Some((group, open & group.parts))
    }

    /// Where a part was reached last that is or was open.
    pub(super) fn get(&self, part: PartId) -> Reached {
        self.reached[self.places[part as usize] as usize]
    }

    pub(super) fn set(&mut self, part: PartId, reached: Reached) {
        let block = part / 64;
        self.open[block as usize] |= 1 << (part % 64);
        self.blocks[(block / 64) as usize] |= 1 << (block % 64);
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
        let block = part / 64;
        self.open[block as usize] &= !(1 << (part % 64));
        if self.open[block as usize] == 0 {
            self.blocks[(block / 64) as usize] &= !(1 << (block % 64));
        }
    }

    /// Closes all parts but these.
    pub(super) fn close_all_but(&mut self, lasting: &[u64]) {
        for ((open, lasting), block) in self.open.iter_mut().zip(lasting).zip(0u32..) {
            *open &= lasting;
            if *open == 0 {
                self.blocks[(block / 64) as usize] &= !(1 << (block % 64));
            }
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
