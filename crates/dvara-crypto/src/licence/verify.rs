//! From an envelope to a licence that counts. The order of the checks is that of the module page.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};

use super::{
    EVALUATION_DAYS, EVALUATION_KID, EVALUATION_TENANTS, EncodingFault, Licence, LicenceError,
    LicenceStatus, MAX_ENVELOPE_LENGTH, PREFIX, Plan, Root, Roots, State, payload,
};

/// Length of an Ed25519 signature.
const SIGNATURE_LENGTH: usize = 64;

/// How far in the future a licence may begin, in hours: a clock that is set to local time must not stop a start.
const CLOCK_TOLERANCE_HOURS: i64 = 24;

/// A licence whose signature and payload hold; it may have run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it says, cut to what an evaluation licence may say where the evaluation root signed it.
    pub licence: Licence,
    /// Which kind of root signed it.
    pub root: Root,
}

/// A licence that a process may start with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What it says.
    pub licence: Licence,
    /// Which kind of root signed it.
    pub root: Root,
    /// How far it had run when it was verified; never [`State::Expired`].
    pub state: State,
    /// Whole days that were left then; negative within grace.
    pub days_remaining: i64,
}

impl Verified {
    /// The licence as `gateway-status.license` shows it at `now`, which may be long after the start.
    pub fn status_at(&self, now: DateTime<Utc>) -> LicenceStatus {
        self.licence.status_at(now)
    }
}

/// Checks the licence that a process is started with. White space around it is ignored, a blank one is missing.
///
/// # Errors
/// The first of the reasons in [`LicenceError`], in its order. The process must not start.
pub fn verify(
    envelope: Option<&str>,
    roots: &Roots,
    now: DateTime<Utc>,
) -> Result<Verified, LicenceError> {
    let Opened { licence, root } = open(envelope, roots)?;
    let issued_at = licence.issued_at;
    if issued_at.signed_duration_since(now) > Duration::hours(CLOCK_TOLERANCE_HOURS) {
        return Err(LicenceError::NotYetValid { issued_at });
    }
    let state = licence.state_at(now);
    if state == State::Expired {
        return Err(LicenceError::Expired {
            expires_at: licence.expires_at,
            grace_days: licence.grace_days,
        });
    }
    Ok(Verified {
        days_remaining: licence.days_remaining_at(now),
        state,
        root,
        licence,
    })
}

/// Opens a licence without looking at the clock: for showing one, not for starting with it.
///
/// # Errors
/// As [`verify`], apart from [`LicenceError::NotYetValid`] and [`LicenceError::Expired`].
pub fn open(envelope: Option<&str>, roots: &Roots) -> Result<Opened, LicenceError> {
    let envelope = envelope.map(str::trim).filter(|text| !text.is_empty());
    let envelope = envelope.ok_or(LicenceError::Missing)?;
    let parts = envelope.strip_prefix(PREFIX).ok_or(LicenceError::Prefix)?;
    let (payload, signature) = decode(parts).map_err(LicenceError::Undecodable)?;
    let kid = payload::kid(&payload).map_err(LicenceError::Undecodable)?;
    let Some((root, key)) = roots.find(&kid) else {
        return Err(untrusted(kid, roots));
    };
    UnparsedPublicKey::new(&ED25519, key.0)
        .verify(&payload, &signature)
        .map_err(|_| LicenceError::Signature)?;
    let licence = payload::decode(&payload).map_err(LicenceError::Payload)?;
    let licence = match root {
        Root::Release => licence,
        Root::Evaluation => cut_to_evaluation(licence),
    };
    Ok(Opened { licence, root })
}

fn decode(parts: &str) -> Result<(Vec<u8>, Vec<u8>), EncodingFault> {
    if parts.len() > MAX_ENVELOPE_LENGTH - PREFIX.len() {
        return Err(EncodingFault::TooLong);
    }
    let (payload, signature) = parts.split_once('.').ok_or(EncodingFault::NoSignature)?;
    // The engine takes no padding, no white space and no stray bits: one licence has one spelling.
    let decode = |part| {
        URL_SAFE_NO_PAD
            .decode(part)
            .map_err(|_| EncodingFault::Base64)
    };
    let (payload, signature) = (decode(payload)?, decode(signature)?);
    if signature.len() != SIGNATURE_LENGTH {
        return Err(EncodingFault::SignatureLength);
    }
    Ok((payload, signature))
}

fn untrusted(kid: String, roots: &Roots) -> LicenceError {
    if kid == EVALUATION_KID {
        return LicenceError::Evaluation;
    }
    LicenceError::UnknownRoot {
        kid,
        trusted: roots.names(),
    }
}

/// Anybody can sign with the evaluation root, so what such a licence claims counts downwards only.
fn cut_to_evaluation(claimed: Licence) -> Licence {
    let limit = claimed
        .issued_at
        .checked_add_signed(Duration::days(EVALUATION_DAYS.into()));
    let tenants = claimed.max_tenants.unwrap_or(EVALUATION_TENANTS);
    Licence {
        plan: Plan::Evaluation,
        expires_at: limit.map_or(claimed.expires_at, |limit| claimed.expires_at.min(limit)),
        max_tenants: Some(tenants.min(EVALUATION_TENANTS)),
        grace_days: 0,
        ..claimed
    }
}
