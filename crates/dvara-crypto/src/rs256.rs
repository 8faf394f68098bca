//! RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2), which JOSE calls RS256: how a service account shows a cloud who it is.
//!
//! Guarantees: a key that is no RSA key of 2048 to 8192 bits is refused, and nothing of it shows in the refusal. Signing is
//! deterministic. There is no verifying here: nobody signs anything for us with it.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};

use crate::pem;

/// The text is no RSA private key that could be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an unencrypted RSA private key of 2048 to 8192 bits in PEM (`BEGIN PRIVATE KEY` or `BEGIN RSA PRIVATE KEY`)"
)]
pub struct InvalidRsaKey;

/// An RSA private key.
pub struct RsaKey(RsaKeyPair);

impl RsaKey {
    /// The key in a text: PKCS#8 (RFC 5958) or PKCS#1 (RFC 8017, appendix A.1.2), as PEM.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn from_pem(text: &str) -> Result<Self, InvalidRsaKey> {
        let pair = if let Some(der) = pem::section(text, "PRIVATE KEY") {
            RsaKeyPair::from_pkcs8(&der)
        } else {
            let der = pem::section(text, "RSA PRIVATE KEY").ok_or(InvalidRsaKey)?;
            RsaKeyPair::from_der(&der)
        };
        pair.map(Self).map_err(|_| InvalidRsaKey)
    }

    /// The signature of a message, as long as the key's modulus.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign_digest(&RSA_PKCS1_SHA256, &digest(&SHA256, message), &mut signature)
            .expect("a key that was accepted signs every digest of SHA-256");
        signature
    }
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "RsaKey({} bits)",
            self.0.public_modulus_len() * 8
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_rsa_key_is_refused_without_a_word_of_it() {
        let hidden = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----";
        for text in ["", "secret", hidden, &hidden.replace("c2", "*2")] {
            let error = RsaKey::from_pem(text).unwrap_err();
            assert!(!error.to_string().contains("c2VjcmV0"));
        }
    }
}
