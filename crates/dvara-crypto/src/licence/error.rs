//! Why a licence is not accepted, in the words that a start prints.
//!
//! The first text is published and exact; the others are ours. None of them holds a part of the envelope: at most the
//! name of a root and dates.

use chrono::{DateTime, Utc};

/// Why a process may not start with this licence. Every text starts with `LicenseValidationException: `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LicenceError {
    /// There is none.
    #[error("LicenseValidationException: No license key configured")]
    Missing,
    /// It starts with something else than `DVARA-`.
    #[error("LicenseValidationException: License key does not start with `DVARA-`")]
    Prefix,
    /// It is no envelope.
    #[error("LicenseValidationException: License key cannot be read: {0}")]
    Undecodable(EncodingFault),
    /// It was signed with the public evaluation key, and this is not `dvara up`.
    #[error(
        "LicenseValidationException: License key is an evaluation license, which only `dvara up` accepts"
    )]
    Evaluation,
    /// It names a root that this binary does not have.
    #[error(
        "LicenseValidationException: License key is signed with root `{kid}`, which this build does not trust (it trusts {trusted})"
    )]
    UnknownRoot {
        /// The root it names.
        kid: String,
        /// The roots there are, for people to read.
        trusted: String,
    },
    /// It was changed, or signed by somebody else.
    #[error("LicenseValidationException: License key has an invalid signature")]
    Signature,
    /// It is signed, but no licence of this version.
    #[error("LicenseValidationException: License key is malformed: {0}")]
    Payload(PayloadFault),
    /// It begins later, by more than clocks may differ.
    #[error(
        "LicenseValidationException: License key is not valid before {}; check the clock of this machine",
        issued_at.format("%Y-%m-%dT%H:%M:%SZ")
    )]
    NotYetValid {
        /// When it begins.
        issued_at: DateTime<Utc>,
    },
    /// It has run out, and so has its grace.
    #[error(
        "LicenseValidationException: License expired on {} and its grace of {grace_days} days is over",
        expires_at.format("%Y-%m-%d")
    )]
    Expired {
        /// When it ran out.
        expires_at: DateTime<Utc>,
        /// The grace it granted.
        grace_days: u32,
    },
}

/// What is wrong with an envelope before any signature is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodingFault {
    /// Longer than [`super::MAX_ENVELOPE_LENGTH`].
    #[error("it is longer than 16384 bytes")]
    TooLong,
    /// No `.` between payload and signature.
    #[error("it has no signature part")]
    NoSignature,
    /// Not canonical base64url without padding.
    #[error("it is not base64url; was it cut or wrapped when it was copied?")]
    Base64,
    /// The signature part has another length than 64 bytes.
    #[error("its signature is not 64 bytes long; was it cut when it was copied?")]
    SignatureLength,
    /// The payload is no JSON object that names its root.
    #[error("its payload names no root")]
    NoRoot,
}

/// What is wrong with a payload whose signature holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadFault {
    /// A version that this binary does not read.
    #[error("its payload has version {0}, and this build reads version 1")]
    Version(u64),
    /// Not the fields of version 1.
    #[error("a field of its payload is missing, unknown, repeated or of another type")]
    Shape,
    /// A field with a value outside its range.
    #[error("`{field}` must be {rule}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What it must be.
        rule: &'static str,
    },
}
