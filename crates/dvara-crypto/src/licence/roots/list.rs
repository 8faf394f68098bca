//! The list `kid:base64,…` of `DVARA_LICENSE_ROOTS`, read by functions that the compiler can run too, so that a
//! malformed build variable is an error of the build and not of the first start.

use super::{EVALUATION_KID, PublicKey};

/// Letters of 32 bytes in base64, with the one `=`.
const KEY_LENGTH: usize = 44;

/// Longest name.
const MAX_KID_LENGTH: usize = 63;

/// What is wrong with a list of roots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RootsError {
    /// Not `kid:base64` from the first to the last entry.
    #[error(
        "license roots must be `kid:base64,…`: a name of a-z, 0-9, `.`, `_`, `-` and a 32 byte key in padded base64"
    )]
    Malformed,
    /// Two roots of one name.
    #[error("license roots name one root twice")]
    Repeated,
    /// The evaluation root's name.
    #[error("license roots may not take the name of the evaluation root")]
    Reserved,
}

/// One entry of a list: where its name lies, its key, and where the next entry starts.
struct Entry {
    start: usize,
    colon: usize,
    key: [u8; 32],
    next: Option<usize>,
}

/// The first fault of a list; none in a blank one.
pub(super) const fn fault(list: &str) -> Option<RootsError> {
    let list = list.as_bytes().trim_ascii();
    let mut at = if list.is_empty() { None } else { Some(0) };
    while let Some(start) = at {
        let Some(entry) = entry(list, start) else {
            return Some(RootsError::Malformed);
        };
        let (kid, _) = list.split_at(entry.colon);
        let (_, kid) = kid.split_at(entry.start);
        if same(kid, EVALUATION_KID.as_bytes()) {
            return Some(RootsError::Reserved);
        }
        if names_before(list, entry.start, kid) {
            return Some(RootsError::Repeated);
        }
        at = entry.next;
    }
    None
}

/// The roots of a list.
pub(super) fn parse(list: &str) -> Result<Vec<(String, PublicKey)>, RootsError> {
    if let Some(fault) = fault(list) {
        return Err(fault);
    }
    let list = list.trim_ascii();
    let mut roots = Vec::new();
    let mut at = (!list.is_empty()).then_some(0);
    while let Some(start) = at {
        let entry = entry(list.as_bytes(), start).ok_or(RootsError::Malformed)?;
        let kid = list[entry.start..entry.colon].to_owned();
        roots.push((kid, PublicKey(entry.key)));
        at = entry.next;
    }
    Ok(roots)
}

/// The key in exactly 44 letters.
///
/// # Panics
/// When they are no canonical base64 of 32 bytes; for constants, where that is an error of the build.
pub(super) const fn key(letters: &[u8]) -> [u8; 32] {
    assert!(letters.len() == KEY_LENGTH, "a key has 44 letters");
    match decode(letters, 0) {
        Some(key) => key,
        None => panic!("a key is canonical base64 of 32 bytes"),
    }
}

const fn entry(list: &[u8], start: usize) -> Option<Entry> {
    let mut colon = start;
    while colon < list.len() && is_name_letter(list[colon], colon == start) {
        colon += 1;
    }
    let named = colon > start && colon - start <= MAX_KID_LENGTH;
    if !named || colon >= list.len() || list[colon] != b':' {
        return None;
    }
    let end = colon + 1 + KEY_LENGTH;
    if end > list.len() || (end < list.len() && list[end] != b',') {
        return None;
    }
    match decode(list, colon + 1) {
        Some(key) => Some(Entry {
            start,
            colon,
            key,
            next: if end == list.len() {
                None
            } else {
                Some(end + 1)
            },
        }),
        None => None,
    }
}

const fn is_name_letter(letter: u8, first: bool) -> bool {
    match letter {
        b'a'..=b'z' | b'0'..=b'9' => true,
        b'.' | b'_' | b'-' => !first,
        _ => false,
    }
}

/// 32 bytes from 43 letters and `=`; the two bits left over must be zero.
const fn decode(text: &[u8], start: usize) -> Option<[u8; 32]> {
    let mut key = [0_u8; 32];
    let (mut bits, mut count, mut filled) = (0_u32, 0_u32, 0_usize);
    let mut at = 0;
    while at < KEY_LENGTH - 1 {
        let value = match text[start + at] {
            letter @ b'A'..=b'Z' => letter - b'A',
            letter @ b'a'..=b'z' => letter - b'a' + 26,
            letter @ b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            key[filled] = (bits >> count) as u8;
            filled += 1;
            bits &= (1 << count) - 1;
        }
        at += 1;
    }
    if bits == 0 && text[start + at] == b'=' {
        Some(key)
    } else {
        None
    }
}

/// Whether an entry that starts before `end` has this name.
const fn names_before(list: &[u8], end: usize, kid: &[u8]) -> bool {
    let mut start = 0;
    while start < end {
        let Some(entry) = entry(list, start) else {
            return false;
        };
        let (name, _) = list.split_at(entry.colon);
        let (_, name) = name.split_at(start);
        if same(name, kid) {
            return true;
        }
        start = match entry.next {
            Some(next) => next,
            None => return false,
        };
    }
    false
}

const fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZEROES: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    #[test]
    fn lists_give_names_and_keys_in_order() {
        let counting = PublicKey(std::array::from_fn(|at| (at * 37) as u8));
        let list = format!("prod-1:{ZEROES},a.b_c:{}\n", counting.to_base64());
        let expected = vec![
            ("prod-1".to_owned(), PublicKey([0; 32])),
            ("a.b_c".to_owned(), counting),
        ];
        assert_eq!(parse(&list), Ok(expected));
        assert_eq!(parse(""), Ok(vec![]));
        assert_eq!(parse(" \n"), Ok(vec![]));
    }

    #[test]
    fn keys_decode_as_the_base64_library_has_it() {
        for seed in 0..=255_u8 {
            let key = PublicKey(std::array::from_fn(|at| {
                (at as u8).wrapping_mul(seed) ^ seed
            }));
            assert_eq!(super::key(key.to_base64().as_bytes()), key.0);
        }
    }

    #[test]
    fn a_malformed_list_is_refused() {
        let long = "a".repeat(64);
        let cases = [
            "x".to_owned(),
            ZEROES.to_owned(),
            format!(":{ZEROES}"),
            format!("-a:{ZEROES}"),
            format!("Prod:{ZEROES}"),
            format!("{long}:{ZEROES}"),
            format!("a{ZEROES}"),
            format!("a: {ZEROES}"),
            format!("a:{ZEROES},"),
            format!(",a:{ZEROES}"),
            format!("a:{ZEROES};b:{ZEROES}"),
            format!("a:{ZEROES}, b:{ZEROES}"),
            format!("a:{ZEROES}b:{ZEROES}"),
            format!("a:{}", &ZEROES[1..]),
            format!("a:A{ZEROES}"),
            format!("a:{}", ZEROES.replace('=', "A")),
            format!("a:{}", ZEROES.replace('=', "")),
            // Two bits set that belong to no byte: a second spelling of the same key.
            format!("a:{}", ZEROES.replace("A=", "B=")),
            format!("a:{}", ZEROES.replacen('A', "-", 1)),
            format!("a:{}", ZEROES.replacen('A', "é", 1)),
        ];
        for list in cases {
            assert_eq!(parse(&list), Err(RootsError::Malformed), "{list}");
        }
    }

    #[test]
    fn a_name_is_taken_once_and_never_the_evaluation_roots() {
        let twice = format!("a:{ZEROES},b:{ZEROES},a:{ZEROES}");
        assert_eq!(parse(&twice), Err(RootsError::Repeated));
        let reserved = format!("a:{ZEROES},{EVALUATION_KID}:{ZEROES}");
        assert_eq!(parse(&reserved), Err(RootsError::Reserved));
        let alike = format!("a:{ZEROES},ab:{ZEROES},b:{ZEROES}");
        assert!(parse(&alike).is_ok());
    }

    #[test]
    fn the_compiler_comes_to_the_same_answers() {
        const MALFORMED: Option<RootsError> = fault("prod-1:short");
        const SOUND: Option<RootsError> =
            fault("prod-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        assert_eq!(MALFORMED, Some(RootsError::Malformed));
        assert_eq!(SOUND, None);
    }
}
