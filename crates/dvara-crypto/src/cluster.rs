//! The cluster key, and the datagrams that members of a fleet send each other under it.
//!
//! ```text
//! subkey     = HKDF-SHA-256(salt = SALT, ikm = cluster key, info = "datagram/" ‖ kind) → 32 bytes
//! datagram   = version ‖ nonce ‖ ciphertext ‖ tag               version 1 byte, nonce 12, tag 16
//! cipher     = AES-256-GCM under the subkey of the kind, associated data = version
//! ```
//!
//! Guarantees: a datagram opens only for who has the key, as the kind it was sealed as, and unchanged. It does not say when it
//! was sealed: one that is sent again opens again, so what it says must be harmless when it is old.
//!
//! Nonces are random. A fleet of five that sends a hundred datagrams a second reaches the 2³² messages that NIST SP 800-38D
//! §8.3 allows one key after more than a year of one process's life; and then two equal nonces are still a matter of chance.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};

use crate::Secret;

/// Salt of the subkey derivation. With another one old and new members do not understand each other.
const SALT: &[u8] = b"dvara/cluster/v1";

/// The first byte of a datagram.
const VERSION: u8 = 1;

/// Length of the tag of AES-GCM.
const TAG_LEN: usize = 16;

/// How much longer a sealed datagram is than what it says.
pub const OVERHEAD: usize = 1 + NONCE_LEN + TAG_LEN;

/// What makes a process a member of a fleet: 32 random bytes that all of it share.
#[derive(Debug, Clone)]
pub struct ClusterKey(Secret<[u8; 32]>);

/// What a datagram is; each kind has a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatagramKind {
    /// A message of the membership protocol.
    Gossip,
    /// The call of a process that looks for others.
    Announcement,
}

impl DatagramKind {
    fn info(self) -> &'static [u8] {
        match self {
            Self::Gossip => b"datagram/gossip",
            Self::Announcement => b"datagram/announcement",
        }
    }
}

/// Why a datagram is refused. Which of the causes it was cannot be known: it is not for this fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the datagram is not of this fleet: it was sealed with another key, as something else, or changed since"
)]
pub struct ForeignDatagram;

impl ClusterKey {
    /// A key from random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The key as it was kept; `None` when these are not 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::new)
    }

    /// The bytes to keep.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// The cipher of one kind of datagram.
    pub fn cipher(&self, kind: DatagramKind) -> DatagramCipher {
        let extracted = Salt::new(HKDF_SHA256, SALT).extract(self.0.expose());
        let info = [kind.info()];
        let key = extracted
            .expand(&info, &AES_256_GCM)
            .expect("32 bytes are within HKDF's limit");
        DatagramCipher(LessSafeKey::new(UnboundKey::from(key)))
    }
}

/// Seals and opens datagrams of one kind.
pub struct DatagramCipher(LessSafeKey);

impl DatagramCipher {
    /// Seals a datagram. `nonce` must be random.
    pub fn seal(&self, nonce: [u8; NONCE_LEN], plain: &[u8]) -> Vec<u8> {
        let mut datagram = Vec::with_capacity(OVERHEAD + plain.len());
        datagram.push(VERSION);
        datagram.extend_from_slice(&nonce);
        datagram.extend_from_slice(plain);
        let tag = self
            .0
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from([VERSION]),
                &mut datagram[1 + NONCE_LEN..],
            )
            .expect("AES-GCM seals anything below 64 GiB");
        datagram.extend_from_slice(tag.as_ref());
        datagram
    }

    /// Opens a datagram in place and returns what it says.
    ///
    /// # Errors
    /// When it is not of this fleet.
    pub fn open<'a>(&self, datagram: &'a mut [u8]) -> Result<&'a [u8], ForeignDatagram> {
        let (&mut version, rest) = datagram.split_first_mut().ok_or(ForeignDatagram)?;
        let (nonce, sealed) = rest
            .split_first_chunk_mut::<NONCE_LEN>()
            .ok_or(ForeignDatagram)?;
        if version != VERSION {
            return Err(ForeignDatagram);
        }
        self.0
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from([VERSION]),
                sealed,
            )
            .map(|plain| &*plain)
            .map_err(|_| ForeignDatagram)
    }
}

impl std::fmt::Debug for DatagramCipher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DatagramCipher(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> ClusterKey {
        ClusterKey::new([7; 32])
    }

    #[test]
    fn another_key_another_kind_and_another_version_do_not_open() {
        let sealed = key().cipher(DatagramKind::Gossip).seal([1; 12], b"hello");
        let opens = |key: ClusterKey, kind, mut datagram: Vec<u8>| {
            key.cipher(kind).open(&mut datagram).is_ok()
        };
        assert!(opens(key(), DatagramKind::Gossip, sealed.clone()));
        assert!(!opens(
            ClusterKey::new([8; 32]),
            DatagramKind::Gossip,
            sealed.clone()
        ));
        assert!(!opens(key(), DatagramKind::Announcement, sealed.clone()));
        let mut newer = sealed;
        newer[0] = 2;
        assert!(!opens(key(), DatagramKind::Gossip, newer));
    }

    #[test]
    fn the_frozen_datagram_opens() {
        // Made by another implementation (Python's `cryptography`) from the description above: members of two versions must
        // understand each other during a rollout.
        let mut frozen = [
            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0x17, 0x46, 0x3b, 0x94, 0xca, 0x30, 0x7c, 0x1f,
            0x1c, 0xf8, 0xea, 0x06, 0xfe, 0x5a, 0x34, 0xbe, 0x50, 0x4e, 0x54, 0x00, 0xf2,
        ];
        let cipher = key().cipher(DatagramKind::Gossip);
        assert_eq!(cipher.open(&mut frozen), Ok(&b"hello"[..]));
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_as_it_was(plain in proptest::collection::vec(any::<u8>(), 0..2_000), nonce: [u8; 12]) {
            let cipher = key().cipher(DatagramKind::Gossip);
            let mut sealed = cipher.seal(nonce, &plain);
            prop_assert_eq!(sealed.len(), plain.len() + OVERHEAD);
            prop_assert_eq!(cipher.open(&mut sealed).unwrap(), &plain[..]);
        }

        #[test]
        fn a_changed_or_shortened_datagram_is_refused(plain in proptest::collection::vec(any::<u8>(), 0..200), at: usize, bit in 0..8_u8, keep: usize) {
            let cipher = key().cipher(DatagramKind::Gossip);
            let sealed = cipher.seal([3; 12], &plain);
            let mut changed = sealed.clone();
            let at = at % changed.len();
            changed[at] ^= 1 << bit;
            prop_assert_eq!(cipher.open(&mut changed), Err(ForeignDatagram));
            let mut shortened = sealed[..keep % sealed.len()].to_vec();
            prop_assert_eq!(cipher.open(&mut shortened), Err(ForeignDatagram));
        }

        #[test]
        fn noise_is_refused(mut noise in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(key().cipher(DatagramKind::Gossip).open(&mut noise), Err(ForeignDatagram));
        }
    }
}
