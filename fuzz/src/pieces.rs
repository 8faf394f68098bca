//! Ways to cut an input into the pieces in which it arrives.
//!
//! The cuts follow from the input alone, so that a find is found again, and an input is just the bytes of the wire.

use bytes::Bytes;

/// Inputs up to this size are also cut into single bytes; larger ones would take too long.
const BYTE_BY_BYTE: usize = 400;

/// The input in several pieces, in several ways.
pub(crate) fn cuts(data: &[u8]) -> Vec<Vec<Bytes>> {
    let mut dice = Dice::of(data);
    let mut cuts: Vec<_> = [7, 90, 900]
        .into_iter()
        .map(|most| random(data, most, &mut dice))
        .collect();
    if data.len() <= BYTE_BY_BYTE {
        cuts.push(data.chunks(1).map(Bytes::copy_from_slice).collect());
    }
    cuts
}

fn random(data: &[u8], most: usize, dice: &mut Dice) -> Vec<Bytes> {
    let mut pieces = Vec::new();
    let mut rest = data;
    while !rest.is_empty() {
        // Empty pieces too: a decoder must not take one for the end.
        let (piece, left) = rest.split_at(dice.up_to(most).min(rest.len()));
        pieces.push(Bytes::copy_from_slice(piece));
        rest = left;
    }
    pieces
}

/// Numbers that look random: SplitMix64, started from the input.
struct Dice(u64);

impl Dice {
    fn of(data: &[u8]) -> Self {
        // FNV-1a.
        Self(data.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    fn up_to(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % (most as u64 + 1)) as usize
    }
}
