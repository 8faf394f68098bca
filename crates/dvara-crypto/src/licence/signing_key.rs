//! The private half of a root: what issues licences. A running service never has one, `dvara up`'s evaluation key apart.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroize as _;

use super::PublicKey;
use crate::{Secret, pem};

/// What a private key is called in PEM (RFC 7468 §10).
const LABEL: &str = "PRIVATE KEY";

/// The bytes are no Ed25519 private key in PKCS#8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an unencrypted Ed25519 private key in PKCS#8 (PEM `-----BEGIN PRIVATE KEY-----` or DER); `openssl genpkey -algorithm ED25519` makes one"
)]
pub struct SigningKeyError;

/// An Ed25519 private key.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// The key in a file's bytes: PKCS#8 v1 or v2 (RFC 5958), as PEM or as DER.
    ///
    /// # Errors
    /// When the bytes are anything else.
    pub fn from_pkcs8(file: &[u8]) -> Result<Self, SigningKeyError> {
        let text = std::str::from_utf8(file).ok();
        let der = match text.filter(|text| text.contains("-----BEGIN")) {
            Some(text) => &*pem::section(text, LABEL).ok_or(SigningKeyError)?,
            None => file,
        };
        Ed25519KeyPair::from_pkcs8(der)
            .map(Self)
            .map_err(|_| SigningKeyError)
    }

    /// The key of 32 random bytes (the seed of RFC 8032 §5.1.5).
    pub fn from_seed(seed: &Secret<[u8; 32]>) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(seed.expose()).expect("any 32 bytes are a seed"))
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        let bytes = self.0.public_key().as_ref();
        PublicKey(
            bytes
                .try_into()
                .expect("an Ed25519 public key has 32 bytes"),
        )
    }

    /// The key as PEM, the form that [`SigningKey::from_pkcs8`] and openssl read.
    pub fn to_pem(&self) -> Secret<String> {
        let der = self
            .0
            .to_pkcs8v1()
            .expect("a key that is in memory can be written");
        let mut encoded = STANDARD.encode(der.as_ref());
        let pem = Secret::new(format!(
            "-----BEGIN {LABEL}-----\n{encoded}\n-----END {LABEL}-----\n"
        ));
        encoded.zeroize();
        pem
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature = self.0.sign(message);
        signature
            .as_ref()
            .try_into()
            .expect("an Ed25519 signature has 64 bytes")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({})", self.public_key().to_base64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mac::hex;

    fn seed(byte: u8) -> Secret<[u8; 32]> {
        Secret::new([byte; 32])
    }

    #[test]
    fn signatures_are_those_of_rfc_8032() {
        // §7.1, test 2: seed, public key, one-byte message, signature.
        let seed = [
            0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11,
            0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed,
            0x4f, 0xb8, 0xa6, 0xfb,
        ];
        let key = SigningKey::from_seed(&Secret::new(seed));
        assert_eq!(
            hex(&key.public_key().0),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
        );
        assert_eq!(
            hex(&key.sign(&[0x72])),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
    }

    #[test]
    fn a_key_survives_pem_and_der() {
        let key = SigningKey::from_seed(&seed(9));
        let pem = key.to_pem();
        let again = SigningKey::from_pkcs8(pem.expose().as_bytes()).unwrap();
        assert_eq!(again.public_key(), key.public_key());
        let der = pem::section(pem.expose(), LABEL).unwrap();
        let again = SigningKey::from_pkcs8(&der).unwrap();
        assert_eq!(again.public_key(), key.public_key());
    }

    #[test]
    fn pem_as_openssl_and_windows_editors_write_it_is_read() {
        let pem = SigningKey::from_seed(&seed(9)).to_pem();
        let crlf = format!("made by hand\r\n{}", pem.expose().replace('\n', "\r\n"));
        assert!(SigningKey::from_pkcs8(crlf.as_bytes()).is_ok());
    }

    #[test]
    fn what_is_no_ed25519_key_is_refused_without_a_word_of_it() {
        let pem = SigningKey::from_seed(&seed(9)).to_pem();
        let pem = pem.expose();
        let rsa = pem.replace("PRIVATE KEY", "RSA PRIVATE KEY");
        let cut = &pem[..pem.len() - 30];
        let bad_letter = pem.replacen("MC", "M*", 1);
        for file in ["", "secret", &rsa, cut, &bad_letter] {
            let error = SigningKey::from_pkcs8(file.as_bytes()).unwrap_err();
            assert!(!error.to_string().contains("secret"));
        }
        assert!(SigningKey::from_pkcs8(&[7; 32]).is_err());
        assert!(SigningKey::from_pkcs8(&[0xff; 48]).is_err());
    }

    #[test]
    fn debug_shows_the_public_half_alone() {
        let key = SigningKey::from_seed(&seed(9));
        let shown = format!("{key:?}");
        assert!(shown.contains(&key.public_key().to_base64()));
        assert!(!shown.contains(&STANDARD.encode([9; 32])[..40]));
    }
}
