//! API keys: made here, shown once, known afterwards by their SHA-256 alone (data-plane sheet §4).
//!
//! Text form: `gw_` and 40 lower-case hex digits (20 random bytes). What is stored is the SHA-256 of the whole text.
//! A plain hash is enough because a key has 160 bits of chance in it: there is no dictionary to try.

use dvara_types::KeyHash;

use crate::Secret;
use crate::mac;

/// What every key that is made here starts with.
pub const PREFIX: &str = "gw_";

/// How many characters of a key may be shown for recognising it.
const DISPLAYED: usize = 11;

/// Domain of [`fingerprint`]. Another value would split every credential's usage in two at the change.
const FINGERPRINT_LABEL: &[u8] = b"dvara/credential-fingerprint/v1";

/// A new key from twenty random bytes.
pub fn generate(random: [u8; 20]) -> Secret<String> {
    Secret::new(format!("{PREFIX}{}", mac::hex(&random)))
}

/// What a key is stored and looked up by: the SHA-256 of its whole text.
pub fn hash(key: &str) -> KeyHash {
    KeyHash(mac::sha256(key.as_bytes()))
}

/// The part of a key that may be shown: `gw_` and eight digits.
///
/// A key from a file may be short; never more than half of it is shown.
pub fn display_prefix(key: &str) -> String {
    let shown = DISPLAYED.min(key.chars().count() / 2);
    key.chars().take(shown).collect()
}

/// Twelve hex digits that tell one provider credential from another in usage rows, and nothing about it.
pub fn fingerprint(secret: &str) -> String {
    mac::hex(&mac::hmac_sha256(FINGERPRINT_LABEL, secret.as_bytes())[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_random_bytes_in_hex() {
        let mut random = [0_u8; 20];
        random[0] = 0xab;
        random[19] = 0x0c;
        assert_eq!(
            generate(random).expose(),
            "gw_ab0000000000000000000000000000000000000c"
        );
    }

    #[test]
    fn the_hash_is_plain_sha_256_of_the_whole_key() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            hash("abc").to_hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_display_prefix_is_eleven_characters_and_never_most_of_a_key() {
        let key = generate([0x5a; 20]);
        assert_eq!(display_prefix(key.expose()), "gw_5a5a5a5a");
        assert_eq!(display_prefix("gw_short"), "gw_s");
        assert_eq!(display_prefix("ääää"), "ää");
        assert_eq!(display_prefix(""), "");
    }

    #[test]
    fn fingerprints_tell_credentials_apart_and_are_not_their_hash() {
        assert_eq!(fingerprint("sk-one").len(), 12);
        assert_ne!(fingerprint("sk-one"), fingerprint("sk-two"));
        assert!(!hash("sk-one").to_hex().starts_with(&fingerprint("sk-one")));
    }
}
