//! How many tokens a piece of text is, by the ranks of its pairs: the two neighbours that make the token of the lowest rank become
//! one, until no two do.
//!
//! What is kept is an index into the tokens as the binary has them: 1 or 3 MB. A piece takes time as n log n, whatever is in it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// No token, and no part.
const NONE: u32 = u32::MAX;

/// The tokens of a table, and where each is found.
pub(super) struct Pairs {
    /// Each token by its rank: its length in a byte, and its bytes.
    tokens: &'static [u8],
    /// Where each begins, by its rank.
    starts: Vec<u32>,
    /// Ranks by the hash of their tokens, each at the first place that was free; less than half of the places are taken.
    places: Vec<u32>,
}

/// What counting needs of memory, so that it is asked for once.
#[derive(Default)]
pub(super) struct Scratch {
    /// Where the part that begins here ends; [`NONE`] where none begins.
    ends: Vec<u32>,
    /// Where the part before the one that begins here begins.
    before: Vec<u32>,
    /// Two neighbours that make a token: its rank, where they begin and where they end.
    pairs: BinaryHeap<Reverse<(u32, u32, u32)>>,
}

impl Pairs {
    /// Reads the tokens of a table.
    pub(super) fn read(tokens: &'static [u8]) -> Self {
        let mut starts = Vec::new();
        let mut at = 0;
        while let Some(length) = tokens.get(at) {
            starts.push(at as u32);
            at += 1 + usize::from(*length);
        }
        let places = (starts.len() * 2 + 1).next_power_of_two();
        let mut pairs = Self {
            tokens,
            starts,
            places: vec![NONE; places],
        };
        for rank in 0..pairs.starts.len() as u32 {
            let place = pairs.place(pairs.token(rank));
            pairs.places[place] = rank;
        }
        pairs
    }

    /// How many tokens a piece is.
    pub(super) fn count(&self, piece: &[u8], scratch: &mut Scratch) -> u64 {
        if piece.len() < 2 || self.rank(piece) != NONE {
            return piece.len().min(1) as u64;
        }
        scratch.begin(piece.len() as u32);
        for start in 0..piece.len() as u32 - 1 {
            self.note(piece, start, start + 2, scratch);
        }
        let mut parts = piece.len() as u64;
        while let Some(Reverse((_, start, end))) = scratch.pairs.pop() {
            if !scratch.is_pair(start, end) {
                continue;
            }
            scratch.join(start, end);
            parts -= 1;
            if start > 0 {
                self.note(piece, scratch.before[start as usize], end, scratch);
            }
            if let Some(end) = scratch.end(end) {
                self.note(piece, start, end, scratch);
            }
        }
        parts
    }

    /// Notes two neighbours, if they make a token.
    fn note(&self, piece: &[u8], start: u32, end: u32, scratch: &mut Scratch) {
        let rank = self.rank(&piece[start as usize..end as usize]);
        if rank != NONE {
            scratch.pairs.push(Reverse((rank, start, end)));
        }
    }

    fn rank(&self, bytes: &[u8]) -> u32 {
        self.places[self.place(bytes)]
    }

    fn token(&self, rank: u32) -> &'static [u8] {
        let start = self.starts[rank as usize] as usize;
        let length = usize::from(self.tokens[start]);
        &self.tokens[start + 1..start + 1 + length]
    }

    /// The place of a token, or the free one where it would be.
    fn place(&self, bytes: &[u8]) -> usize {
        let last = self.places.len() - 1;
        let mut place = hash(bytes) as usize & last;
        loop {
            let rank = self.places[place];
            if rank == NONE || self.token(rank) == bytes {
                return place;
            }
            place = (place + 1) & last;
        }
    }
}

impl Scratch {
    /// Every byte of a piece is a part.
    fn begin(&mut self, length: u32) {
        self.ends.clear();
        self.ends.extend(1..=length);
        self.before.clear();
        self.before
            .extend((0..length).map(|start| start.wrapping_sub(1)));
        self.pairs.clear();
    }

    /// Where the part ends that begins here; nothing behind the last.
    fn end(&self, start: u32) -> Option<u32> {
        let end = self.ends.get(start as usize);
        end.copied().filter(|end| *end != NONE)
    }

    /// Whether two parts lie between the two places, and no others. One that grew may make them with another neighbour than before: the
    /// token is the same.
    fn is_pair(&self, start: u32, end: u32) -> bool {
        let middle = self.end(start);
        middle.is_some_and(|middle| middle < end && self.end(middle) == Some(end))
    }

    fn join(&mut self, start: u32, end: u32) {
        let middle = std::mem::replace(&mut self.ends[start as usize], end);
        self.ends[middle as usize] = NONE;
        if let Some(before) = self.before.get_mut(end as usize) {
            *before = start;
        }
    }
}

/// Eight bytes at a time, multiplied and folded. The tokens are fixed, so nobody can make them collide.
fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = bytes.len() as u64;
    for eight in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..eight.len()].copy_from_slice(eight);
        let product = u128::from(hash ^ u64::from_le_bytes(word)) * u128::from(FACTOR);
        hash = (product as u64) ^ (product >> 64) as u64;
    }
    hash
}
