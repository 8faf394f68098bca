//! A hash that every process and every version makes alike: replicas must agree where a session goes.

/// FNV-1a over the parts, each ended by a byte that no text has, and mixed (the finaliser of SplitMix64), since FNV alone leaves
/// the high bits of short texts alike.
pub(crate) fn stable_hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut take = |byte: u8| {
        hash ^= u64::from(byte);
        hash = hash.wrapping_mul(0x0000_0100_0000_01b3);
    };
    for part in parts {
        part.iter().copied().for_each(&mut take);
        take(0xff);
    }
    mix(hash)
}

/// Scatters a number over all 64 bits.
pub(super) fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// A number from 0 up to `below`, in proportion to where `draw` stands among all 64-bit numbers.
pub(crate) fn fraction(draw: u64, below: u64) -> u64 {
    let scaled = (u128::from(draw) * u128::from(below)) >> 64;
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_stay_what_they_are() {
        // Changing them would send every session elsewhere while a fleet is updated.
        assert_eq!(stable_hash([b"a".as_slice()]), 2_857_650_241_713_999_190);
        assert_ne!(
            stable_hash([b"ab".as_slice(), b"c"]),
            stable_hash([b"a".as_slice(), b"bc"])
        );
    }

    #[test]
    fn fractions_cover_their_range_evenly() {
        assert_eq!(fraction(0, 100), 0);
        assert_eq!(fraction(u64::MAX, 100), 99);
        assert_eq!(fraction(u64::MAX / 2 + 1, 100), 50);
    }
}
