//! `ENC:v1:` values: settings and credentials at rest, bound to the place they were sealed for.
//!
//! ```text
//! text       = "ENC:v1:" base64(nonce ‖ ciphertext ‖ tag)      standard alphabet, padded; nonce 12 bytes, tag 16
//! cipher     = AES-256-GCM under the subkey of the purpose     (see `envelope/master.rs`)
//! associated = "ENC:v1" ‖ field(purpose) ‖ field(tenant) ‖ field(provider) ‖ field(row)
//! field(x)   = length of x in bytes as u32, big endian ‖ x     so no two places share an encoding
//! ```
//!
//! Guarantees: a value opens only with the password, for the purpose, and in the tenant, provider and row it was
//! sealed for; any change to it is refused. Hidden are neither its length nor that two values were sealed with one
//! password. Every part of this page is `v1`: changing any of it makes all stored values unreadable.

mod master;

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroize as _;

use crate::Secret;

pub use master::MasterKey;

/// What marks a sealed value of any version.
const MARK: &str = "ENC:";

/// What a value of this version starts with.
const PREFIX: &str = "ENC:v1:";

/// Length of the tag of AES-GCM.
const TAG_LEN: usize = 16;

/// What a value is for; each purpose has a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose(&'static str);

impl Purpose {
    /// `ENC:` values in `gateway.yaml` and the environment; sealed for no tenant, provider or row.
    pub const CONFIG_VALUE: Self = Self("config-value");
    /// Provider credentials in the store.
    pub const PROVIDER_CREDENTIAL: Self = Self("provider-credential");
    /// The cluster key in the store.
    pub const CLUSTER: Self = Self("cluster");

    /// The text that goes into the subkey and the associated data. Frozen with `v1`.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// The place a value is sealed for. It opens nowhere else; a part that does not apply is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context<'a> {
    /// What the value is for.
    pub purpose: Purpose,
    /// Id of the tenant that owns it.
    pub tenant: &'a str,
    /// Name of the provider it is shown to.
    pub provider: &'a str,
    /// Id of the row that holds it.
    pub row: &'a str,
}

impl Context<'static> {
    /// The place of a value in a settings file.
    pub const CONFIG_VALUE: Self = Self {
        purpose: Purpose::CONFIG_VALUE,
        tenant: "",
        provider: "",
        row: "",
    };
}

impl Context<'_> {
    fn associated_data(&self) -> Vec<u8> {
        let mut bytes = b"ENC:v1".to_vec();
        for field in [self.purpose.as_str(), self.tenant, self.provider, self.row] {
            let length = u32::try_from(field.len()).expect("ids and names are far below 4 GiB");
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(field.as_bytes());
        }
        bytes
    }
}

/// Why a value did not open. None of the texts holds any part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It does not start with `ENC:`.
    #[error("the value is not sealed: it does not start with `ENC:`")]
    NotSealed,
    /// It starts with `ENC:`, but not with `ENC:v1:`.
    #[error("the sealed value is of a version that this build does not know; it reads `ENC:v1:`")]
    Version,
    /// What follows `ENC:v1:` is not base64 of a nonce, a text and a tag.
    #[error("the sealed value is damaged: it is not base64 of at least 28 bytes")]
    Encoding,
    /// The cipher refused it. Which of the three it was cannot be known.
    #[error(
        "the sealed value does not open: it was sealed with another password, changed since, or sealed for another place"
    )]
    Refused,
    /// It opened, and what it holds is not text.
    #[error("the sealed value opened, but holds no text in UTF-8")]
    NotText,
}

/// Whether a text claims to be a sealed value, of whatever version.
pub fn is_sealed(text: &str) -> bool {
    text.starts_with(MARK)
}

/// Seals a value for a place.
///
/// `nonce` must be random and used once: two values under one password with the same nonce give both away.
pub fn seal(master: &MasterKey, context: &Context<'_>, nonce: [u8; 12], plain: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(NONCE_LEN + plain.len() + TAG_LEN);
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(plain);
    let tag = master
        .subkey(context.purpose)
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context.associated_data()),
            &mut bytes[NONCE_LEN..],
        )
        .expect("AES-GCM seals anything below 64 GiB");
    bytes.extend_from_slice(tag.as_ref());
    format!("{PREFIX}{}", STANDARD.encode(&bytes))
}

/// Opens a sealed text at its place.
///
/// # Errors
/// When it is no sealed value of this version, or the password, the place or a single bit is another.
pub fn open(
    master: &MasterKey,
    context: &Context<'_>,
    sealed: &str,
) -> Result<Secret<String>, OpenError> {
    let plain = open_bytes(master, context, sealed)?;
    let text = std::str::from_utf8(plain.expose()).map_err(|_| OpenError::NotText)?;
    Ok(Secret::new(text.to_owned()))
}

/// Opens a sealed value that is not text, such as a key.
///
/// # Errors
/// As [`open`], apart from [`OpenError::NotText`].
pub fn open_bytes(
    master: &MasterKey,
    context: &Context<'_>,
    sealed: &str,
) -> Result<Secret<Vec<u8>>, OpenError> {
    let encoded = match sealed.strip_prefix(PREFIX) {
        Some(encoded) => encoded,
        None if is_sealed(sealed) => return Err(OpenError::Version),
        None => return Err(OpenError::NotSealed),
    };
    let mut bytes = STANDARD.decode(encoded).map_err(|_| OpenError::Encoding)?;
    let (nonce, sealed) = bytes
        .split_first_chunk_mut::<NONCE_LEN>()
        .filter(|(_, rest)| rest.len() >= TAG_LEN)
        .ok_or(OpenError::Encoding)?;
    let plain = master
        .subkey(context.purpose)
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(context.associated_data()),
            sealed,
        )
        .map(|plain| Secret::new(plain.to_vec()))
        .map_err(|_| OpenError::Refused);
    bytes.zeroize();
    plain
}

#[cfg(test)]
mod tests;
