//! Ids of calls: nine letters and digits at Mistral ("Tool call id … must be a-z, A-Z, 0-9, with a length of 9").

const LENGTH: usize = 9;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Another vendor's id in Mistral's form, the same for a call and its result; nothing when it has it already.
pub(super) fn own(id: &str) -> Option<String> {
    let fits = id.len() == LENGTH && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if fits {
        return None;
    }
    // FNV-1a with 64 bits; 62⁹ needs 54. Two calls of one conversation meet by chance about never.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in id.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    let base = ALPHABET.len() as u64;
    let mut own = String::with_capacity(LENGTH);
    for _ in 0..LENGTH {
        own.push(char::from(ALPHABET[(hash % base) as usize]));
        hash /= base;
    }
    Some(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn foreign_ids_get_the_form_and_stay_apart() {
        assert_eq!(own("a1B2c3D4e"), None);
        let foreign = (0..10_000).map(|number| format!("call_{number}"));
        let odd = ["", "a1B2c3D4", "a1B2c3D4-", "toolu_01", "äöüäö"].map(ToOwned::to_owned);
        let ids: BTreeSet<_> = foreign.chain(odd).map(|id| own(&id).unwrap()).collect();
        assert_eq!(ids.len(), 10_005);
        assert!(ids.iter().all(|id| own(id).is_none()));
    }
}
