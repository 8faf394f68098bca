//! What every look at running text starts with: how many letters a text begins with, whether they are small ones, and whether one
//! is drawn out.

/// How many ASCII letters the bytes begin with. Eight are looked at at once, so that short words cost one comparison.
#[inline]
pub(crate) fn letters(bytes: &[u8]) -> usize {
    let mut count = 0;
    while let Some(eight) = bytes[count..].first_chunk() {
        let others = !letters_of(u64::from_le_bytes(*eight)) & HIGH_BITS;
        if others != 0 {
            return count + others.trailing_zeros() as usize / 8;
        }
        count += 8;
    }
    let rest = bytes[count..].iter();
    count + rest.take_while(|byte| byte.is_ascii_alphabetic()).count()
}

/// Whether a byte stands there three times in a row.
pub(crate) fn has_three_alike(word: &[u8]) -> bool {
    let Some(last) = word.len().checked_sub(8) else {
        return short_has_three_alike(word);
    };
    // What spans two looks is in both.
    let firsts = (0..last).step_by(6).chain([last]);
    firsts
        .filter_map(|at| word[at..].first_chunk())
        .any(|eight| three_alike(u64::from_le_bytes(*eight)))
}

fn short_has_three_alike(word: &[u8]) -> bool {
    let eight = match word {
        [] | [_] | [_, _] => return false,
        [first, second, third] => return first == second && second == third,
        // The middle of the word is in both halves, at the same place of the eight.
        _ => {
            u64::from(four(word))
                | u64::from(four(&word[word.len() - 4..])) << (8 * (word.len() - 4))
        }
    };
    // Behind the word nothing is alike.
    three_alike(eight | 0x0201_0201_0201_0201 << (8 * word.len()))
}

fn three_alike(eight: u64) -> bool {
    let low = !HIGH_BITS;
    let other = (eight ^ (eight >> 8)) | 0xFF << 56;
    // The high bit of each byte that is like the next one.
    let alike = !(((other & low) + low) | other | low);
    alike & (alike >> 8) != 0
}

/// Whether all of these ASCII letters are small ones.
pub(crate) fn are_small(letters: &[u8]) -> bool {
    // Letters differ by this bit in their case.
    const CASE: u64 = ONES * 0x20;
    let all = match letters.len() {
        0..4 => letters
            .iter()
            .fold(CASE, |all, letter| all & (u64::from(*letter) * ONES)),
        4..8 => {
            let both = four(letters) & four(&letters[letters.len() - 4..]);
            u64::from(both) | CASE << 32
        }
        length => {
            let firsts = (0..length - 8).step_by(8).chain([length - 8]);
            firsts.fold(CASE, |all, at| all & eight(&letters[at..]))
        }
    };
    all & CASE == CASE
}

/// The first four bytes; zero if there are fewer.
pub(crate) fn four(bytes: &[u8]) -> u32 {
    bytes
        .first_chunk()
        .map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// The first eight bytes; zero if there are fewer.
pub(crate) fn eight(bytes: &[u8]) -> u64 {
    bytes
        .first_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

const ONES: u64 = u64::MAX / 255;
const HIGH_BITS: u64 = ONES * 0x80;

/// The high bit of each byte that is a letter.
fn letters_of(eight: u64) -> u64 {
    let small = (eight | (ONES * 0x20)) & !HIGH_BITS;
    // No sum reaches the next byte: each byte is less than 0x80, and so is what is added.
    let from_a = small + ONES * (0x80 - b'a' as u64);
    let behind_z = small + ONES * (0x80 - b'z' as u64 - 1);
    from_a & !behind_z & !eight & HIGH_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capital_is_told_at_every_place() {
        for length in 0..40 {
            let mut word = vec![b'x'; length];
            assert!(are_small(&word));
            for at in 0..length {
                word[at] = b'X';
                assert!(!are_small(&word), "{at} of {length}");
                word[at] = b'x';
            }
        }
    }

    #[test]
    fn three_alike_are_told_at_every_place_and_two_are_not() {
        for length in 0..30 {
            let word: Vec<u8> = (b'a'..).take(length).collect();
            assert!(!has_three_alike(&word), "{length} different letters");
            for at in 0..length.saturating_sub(1) {
                let mut drawn = word.clone();
                drawn[at + 1] = drawn[at];
                assert!(!has_three_alike(&drawn), "two of {length} at {at}");
                if at + 2 < length {
                    drawn[at + 2] = drawn[at];
                    assert!(has_three_alike(&drawn), "three of {length} at {at}");
                }
            }
        }
    }

    #[test]
    fn every_byte_is_told_at_every_place() {
        for byte in 0..=u8::MAX {
            for before in 0..20 {
                let mut text = vec![b'x'; before];
                text.extend([byte, b'-', b'x', b'x', b'x', b'x', b'x', b'x', b'x']);
                let wanted = before + usize::from(byte.is_ascii_alphabetic());
                assert_eq!(letters(&text), wanted, "{byte} behind {before} letters");
                assert_eq!(letters(&text[..before]), before);
            }
        }
    }
}
