//! What is not there need not be looked for.

/// Tells of most sums that they were not among those it was made of, and never of one that was. There are eight bits a sum or more,
/// and each sets one.
#[derive(Default)]
pub(crate) struct Filter {
    bits: Vec<u64>,
}

impl Filter {
    pub(crate) fn of(sums: impl ExactSizeIterator<Item = u64>) -> Self {
        let blocks = (sums.len() / 8).next_power_of_two();
        let mut bits = vec![0; blocks];
        for sum in sums {
            let (block, bit) = Self::place(sum, blocks);
            bits[block] |= bit;
        }
        Self { bits }
    }

    #[inline]
    pub(crate) fn may_have(&self, sum: u64) -> bool {
        let blocks = self.bits.len();
        if blocks == 0 {
            return false;
        }
        let (block, bit) = Self::place(sum, blocks);
        self.bits[block] & bit != 0
    }

    /// Of other bits of the sum than a table's slots are.
    #[inline]
    fn place(sum: u64, blocks: usize) -> (usize, u64) {
        ((sum >> 40) as usize & (blocks - 1), 1 << (sum >> 34 & 63))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_there_is_turned_away_and_most_of_the_rest_is() {
        let spread = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for count in [1, 7, 8, 100, 5000] {
            let sums: Vec<u64> = (0..count).map(spread).collect();
            let filter = Filter::of(sums.iter().copied());
            assert!(sums.iter().all(|sum| filter.may_have(*sum)));
            let others = (count..count + 10_000).map(spread);
            let passed = others.filter(|sum| filter.may_have(*sum)).count();
            assert!(passed < 2000, "{passed} of 10,000 pass by {count}");
        }
        assert!(!Filter::default().may_have(1));
    }
}
