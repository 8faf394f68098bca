//! How many letters a text begins with: what every look at running text starts with.

/// How many ASCII letters the bytes begin with. Eight are looked at at once, so that short words cost one comparison.
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
