//! From a password to the keys of the envelope.
//!
//! ```text
//! master key = Argon2id(password, SALT; 19 MiB, 2 passes, 1 lane, version 0x13) → 32 bytes
//! subkey     = HKDF-SHA-256(salt = SUBKEY_SALT, ikm = master key, info = purpose) → 32 bytes
//! ```
//!
//! The salt is fixed because every process of an installation must come to the same key from the password alone.
//! Argon2id makes guessing a weak password slow; it does not make a weak password good.

use std::fmt;
use std::thread::{self, Builder};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use zeroize::Zeroize as _;

use super::Purpose;
use crate::Secret;

/// Salt of the password derivation. Part of `v1`: with another one no stored value opens.
const SALT: &[u8] = b"dvara/ENC:v1/master-key";

/// Salt of the subkey derivation. Part of `v1` as well.
const SUBKEY_SALT: &[u8] = b"dvara/ENC:v1/subkey";

/// Memory in blocks of 1 KiB: 19 MiB, with two passes and one lane OWASP's minimum for Argon2id. Part of `v1`.
const BLOCKS: usize = 19 * 1024;

/// Passes over the memory. Part of `v1`.
const PASSES: u32 = 2;

/// Lanes of the memory. Part of `v1`.
const LANES: u32 = 1;

/// Stack of the thread that derives: the blocks once more than needed, since a build without optimisation may copy them.
/// What is not touched costs address space alone.
const STACK: usize = 2 * BLOCKS * Block::SIZE + 1024 * 1024;

/// What the master password came to. Lives as long as the process; the password need not.
#[derive(Clone)]
pub struct MasterKey(Secret<[u8; 32]>);

impl MasterKey {
    /// Derives the key: some tens of milliseconds of one core, and 19 MiB that are wiped and back at the operating
    /// system when this returns.
    ///
    /// The memory is the stack of a thread that lives for this one call. From the heap it would stay with the
    /// allocator, which keeps freed pages for a while and looks at them again only when the process is busy: an idle
    /// gateway would weigh twice what it needs.
    pub fn derive(password: &Secret<String>) -> Self {
        let key = thread::scope(|scope| {
            let deriving = Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, || derive_on_stack(password));
            // Where no thread can be had, the heap is better than nothing.
            deriving.map_or_else(
                |_| derive_on_heap(password),
                |thread| thread.join().expect("the derivation has no way to panic"),
            )
        });
        Self(key)
    }

    /// The key for one purpose, ready for use.
    pub(super) fn subkey(&self, purpose: Purpose) -> LessSafeKey {
        let extracted = Salt::new(HKDF_SHA256, SUBKEY_SALT).extract(self.0.expose());
        let info = [purpose.as_str().as_bytes()];
        let key = extracted
            .expand(&info, &AES_256_GCM)
            .expect("32 bytes are within HKDF's limit");
        LessSafeKey::new(UnboundKey::from(key))
    }
}

/// Not inlined, so that the blocks are in nobody else's frame.
#[inline(never)]
fn derive_on_stack(password: &Secret<String>) -> Secret<[u8; 32]> {
    let mut blocks = [const { Block::new() }; BLOCKS];
    derive_in(&mut blocks, password)
}

fn derive_on_heap(password: &Secret<String>) -> Secret<[u8; 32]> {
    derive_in(&mut vec![Block::new(); BLOCKS], password)
}

fn derive_in(blocks: &mut [Block], password: &Secret<String>) -> Secret<[u8; 32]> {
    let params =
        Params::new(BLOCKS as u32, PASSES, LANES, Some(32)).expect("within Argon2's limits");
    let mut key = [0_u8; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password.expose().as_bytes(), SALT, &mut key, &mut *blocks)
        .expect("lengths are within Argon2's limits");
    // The blocks hold what the password was mixed into: wipe them before anybody else gets the memory.
    blocks.iter_mut().zeroize();
    let derived = Secret::new(key);
    key.zeroize();
    derived
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stack_and_heap_derive_the_same_key() {
        let password = Secret::new("one".to_owned());
        let stack = MasterKey::derive(&password).0;
        assert!(stack.matches(derive_on_heap(&password).expose()));
    }
}
