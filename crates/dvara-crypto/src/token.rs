//! Tokens that stand for personal data: a value of a tenant, sealed so that the same value always gives the same token.
//!
//! ```text
//! subkey     = HKDF-SHA-256(salt = SALT, ikm = cluster key, info = use ‖ tenant) → 32 bytes   use "seal/" or "nonce/"
//! nonce      = the first 12 bytes of HMAC-SHA-256(nonce subkey, length of kind as u32, big endian ‖ kind ‖ value)
//! token      = hex(version ‖ nonce ‖ ciphertext ‖ tag)          version 1 byte, which is also the key's; tag 16
//! cipher     = AES-256-GCM-SIV (RFC 8452) under the seal subkey, associated data = version ‖ kind
//! ```
//!
//! A token needs no table: every replica of a fleet makes and reads the same ones, in every turn of a conversation. Guarantees:
//! it opens only in its tenant, as the kind it was made for, and unchanged. That two tokens of a tenant stand for the same value
//! is meant to show, since a model has to see that it is the same person; so is how long the value is.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};

use crate::Secret;
use crate::cluster::ClusterKey;
use crate::mac::{hex, hmac_sha256};

/// Salt of the subkey derivation. Part of the version.
const SALT: &[u8] = b"dvara/pii-token/v1";

/// The first byte of a token. A key that is ever changed gets another one, and the old stays to open what it sealed.
const VERSION: u8 = 1;

/// Length of the tag of AES-GCM-SIV.
const TAG_LEN: usize = 16;

/// Makes and reads the tokens of one tenant.
pub struct TokenKey {
    cipher: LessSafeKey,
    nonces: Secret<[u8; 32]>,
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TokenKey(…)")
    }
}

/// A length for HKDF to fill.
struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

impl TokenKey {
    /// The key of a tenant, by its id.
    pub fn of(cluster: &ClusterKey, tenant: &str) -> Self {
        let extracted = Salt::new(HKDF_SHA256, SALT).extract(cluster.expose());
        let seal = [&b"seal/"[..], tenant.as_bytes()];
        let nonce = [&b"nonce/"[..], tenant.as_bytes()];
        let cipher = extracted
            .expand(&seal, &AES_256_GCM_SIV)
            .expect("32 bytes are within HKDF's limit");
        let mut nonces = [0; 32];
        extracted
            .expand(&nonce, Bytes32)
            .and_then(|key| key.fill(&mut nonces))
            .expect("32 bytes are within HKDF's limit");
        Self {
            cipher: LessSafeKey::new(UnboundKey::from(cipher)),
            nonces: Secret::new(nonces),
        }
    }

    /// The token of a value, in lower-case hexadecimal digits. `kind` is what the value is, such as `EMAIL`.
    pub fn seal(&self, kind: &str, value: &str) -> String {
        let nonce = self.nonce(kind, value);
        let mut token = Vec::with_capacity(1 + NONCE_LEN + value.len() + TAG_LEN);
        token.push(VERSION);
        token.extend_from_slice(&nonce);
        token.extend_from_slice(value.as_bytes());
        let tag = self
            .cipher
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(associated(kind)),
                &mut token[1 + NONCE_LEN..],
            )
            .expect("AES-GCM-SIV seals anything below 64 GiB");
        token.extend_from_slice(tag.as_ref());
        hex(&token)
    }

    /// The value that a token stands for; `None` when it is none of this tenant, kind and version, or changed.
    pub fn open(&self, kind: &str, token: &str) -> Option<Secret<String>> {
        let mut bytes = unhex(token)?;
        let (&mut version, rest) = bytes.split_first_mut()?;
        let (nonce, sealed) = rest.split_first_chunk_mut::<NONCE_LEN>()?;
        if version != VERSION {
            return None;
        }
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let value = self
            .cipher
            .open_in_place(nonce, Aad::from(associated(kind)), sealed)
            .ok()?;
        std::str::from_utf8(value)
            .ok()
            .map(|value| Secret::new(value.to_owned()))
    }

    fn nonce(&self, kind: &str, value: &str) -> [u8; NONCE_LEN] {
        let length = u32::try_from(kind.len()).expect("a kind is a short word");
        let mut text = Vec::with_capacity(4 + kind.len() + value.len());
        text.extend_from_slice(&length.to_be_bytes());
        text.extend_from_slice(kind.as_bytes());
        text.extend_from_slice(value.as_bytes());
        let mac = hmac_sha256(self.nonces.expose(), &text);
        *mac.first_chunk().expect("32 bytes begin with 12")
    }
}

fn associated(kind: &str) -> Vec<u8> {
    [&[VERSION], kind.as_bytes()].concat()
}

/// Bytes of lower-case hexadecimal digits. Upper-case ones are another text, which nobody made.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(cluster: u8, tenant: &str) -> TokenKey {
        TokenKey::of(&ClusterKey::new([cluster; 32]), tenant)
    }

    fn opened(key: &TokenKey, kind: &str, token: &str) -> Option<String> {
        key.open(kind, token).map(|value| value.expose().clone())
    }

    #[test]
    fn a_token_opens_in_its_tenant_its_fleet_and_as_its_kind_only() {
        let token = key(7, "acme").seal("EMAIL", "jane@example.com");
        let value = Some("jane@example.com".to_owned());
        assert_eq!(opened(&key(7, "acme"), "EMAIL", &token), value);
        assert_eq!(opened(&key(7, "acm"), "EMAIL", &token), None);
        assert_eq!(opened(&key(8, "acme"), "EMAIL", &token), None);
        assert_eq!(opened(&key(7, "acme"), "SSN", &token), None);
        assert_eq!(
            opened(&key(7, "acme"), "EMAIL", &token.to_uppercase()),
            None
        );
        assert_eq!(opened(&key(7, "acme"), "EMAIL", &token[1..]), None);
    }

    #[test]
    fn the_same_value_gives_the_same_token_and_another_kind_another() {
        let make = |kind, value| key(7, "acme").seal(kind, value);
        assert_eq!(make("EMAIL", "a@b.io"), make("EMAIL", "a@b.io"));
        assert_ne!(make("EMAIL", "a@b.io"), make("CUSTOM", "a@b.io"));
        assert_ne!(make("EMAIL", "a@b.io"), make("EMAIL", "a@b.ip"));
        assert_ne!(
            make("EMAIL", "a@b.io"),
            key(7, "other").seal("EMAIL", "a@b.io")
        );
    }

    #[test]
    fn the_frozen_token_opens() {
        // Made by another implementation (Python's `cryptography`) from the description above: it stands in conversations that
        // clients keep, and has to open for ever.
        let frozen = "011afbc7ab98897b7f7c830ec1a42390761a7465021473031fc77801d4f75d4a73ab92b9b76a87f3d433737c31";
        let value = Some("jane@example.com".to_owned());
        assert_eq!(opened(&key(7, "acme"), "EMAIL", frozen), value);
    }

    proptest! {
        #[test]
        fn any_value_comes_back(value in ".{0,200}") {
            let key = key(7, "acme");
            let token = key.seal("EMAIL", &value);
            prop_assert_eq!(token.len(), 2 * (1 + NONCE_LEN + value.len() + TAG_LEN));
            prop_assert_eq!(opened(&key, "EMAIL", &token), Some(value));
        }

        #[test]
        fn a_changed_token_opens_nothing(at: prop::sample::Index, digit in 0_u8..16) {
            let key = key(7, "acme");
            let token = key.seal("EMAIL", "jane@example.com");
            let at = at.index(token.len());
            let digit = char::from_digit(u32::from(digit), 16).unwrap().to_string();
            let mut changed = token.clone();
            changed.replace_range(at..=at, &digit);
            prop_assume!(changed != token);
            prop_assert_eq!(opened(&key, "EMAIL", &changed), None);
        }
    }
}
