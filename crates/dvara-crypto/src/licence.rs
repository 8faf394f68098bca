//! Licences: who may run the product, until when, signed with Ed25519 (RFC 8032).
//!
//! ```text
//! envelope = "DVARA-" base64url(payload) "." base64url(signature)      no padding, canonical
//! payload  = JSON object of `licence/payload.rs`, version 1
//! signature over the payload's bytes, with the root that the payload names in `kid`
//! ```
//!
//! [`verify`] checks in this order, and the first that fails is the answer: there is one, the prefix, the encoding, the
//! root, the signature, the payload, that it has begun, that it has not run out beyond its grace. Nothing of the payload
//! but `kid` is read before the signature holds.

mod error;
mod issue;
mod payload;
mod roots;
mod signing_key;
mod state;
mod verify;

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use error::{EncodingFault, LicenceError, PayloadFault};
pub use issue::{evaluation, evaluation_for, issue, new_id};
pub use roots::{EVALUATION_KID, PublicKey, Root, Roots, RootsError};
pub use signing_key::{SigningKey, SigningKeyError};
pub use state::{LicenceStatus, State};
pub use verify::{Opened, Verified, open, verify};

/// What every licence starts with.
pub const PREFIX: &str = "DVARA-";

/// Longest envelope that is looked at, in bytes.
pub const MAX_ENVELOPE_LENGTH: usize = 16 * 1024;

/// How long an evaluation licence runs from its issue, in days, whatever it claims.
pub const EVALUATION_DAYS: u32 = 30;

/// How many tenants an evaluation licence allows, whatever it claims.
pub const EVALUATION_TENANTS: u32 = 3;

/// Longest grace a licence may grant, in days.
pub const MAX_GRACE_DAYS: u32 = 366;

/// What a licence says. Times are whole seconds; fractions are cut when it is issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licence {
    /// Which root signed it: `[a-z0-9][a-z0-9._-]{0,62}`.
    pub kid: String,
    /// Names it in status and support; same letters as `kid`.
    pub license_id: String,
    /// Who it was issued to; 1 to 200 characters for people to read.
    pub customer: String,
    /// What was agreed.
    pub plan: Plan,
    /// What it covers. Every plan has all of them.
    pub features: Vec<Feature>,
    /// How many tenants may exist; none is no bound.
    pub max_tenants: Option<u32>,
    /// From when on it holds.
    pub issued_at: DateTime<Utc>,
    /// Until when it holds, this moment excluded.
    pub expires_at: DateTime<Utc>,
    /// How many days after `expires_at` a process still starts, with a loud warning; at most [`MAX_GRACE_DAYS`].
    pub grace_days: u32,
}

/// What was agreed with the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// Tries the product with a licence of its own.
    Trial,
    /// Uses the product.
    Enterprise,
    /// Looks at it on one machine; `dvara up` mints these itself.
    Evaluation,
}

impl Plan {
    /// Every plan.
    pub const ALL: [Self; 3] = [Self::Trial, Self::Enterprise, Self::Evaluation];

    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Enterprise => "enterprise",
            Self::Evaluation => "evaluation",
        }
    }
}

/// A part of the product. The list is closed: a licence that names another part is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// The LLM data plane.
    Gateway,
    /// Console, Portal and Automation API.
    Flightdeck,
    /// The MCP data plane.
    Mcp,
    /// Installations in several regions.
    MultiRegion,
}

impl Feature {
    /// Every feature, in the order documents list them.
    pub const ALL: [Self; 4] = [
        Self::Gateway,
        Self::Flightdeck,
        Self::Mcp,
        Self::MultiRegion,
    ];

    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Flightdeck => "flightdeck",
            Self::Mcp => "mcp",
            Self::MultiRegion => "multi-region",
        }
    }
}

/// A word that names no plan or feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a {what}; there are {known}")]
pub struct UnknownWord {
    what: &'static str,
    known: &'static str,
}

impl FromStr for Plan {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let plan = Self::ALL.into_iter().find(|plan| plan.as_str() == text);
        plan.ok_or(UnknownWord {
            what: "plan",
            known: "trial, enterprise and evaluation",
        })
    }
}

impl FromStr for Feature {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let feature = Self::ALL
            .into_iter()
            .find(|feature| feature.as_str() == text);
        feature.ok_or(UnknownWord {
            what: "feature",
            known: "gateway, flightdeck, mcp and multi-region",
        })
    }
}

#[cfg(test)]
mod tests;
