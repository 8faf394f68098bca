//! Stage 1: who calls. On the head alone: a stranger's body is never read into anything (design §2).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use dvara_crypto::api_key;
use dvara_dialects::head::{Head, Token};
use dvara_store::snapshot::{KnownKey, Snapshot};
use dvara_types::KeyStatus;

use crate::http::error::{GatewayError, KeyFault};

/// Whoever has shown a key that may be used, or nobody where keyless calls are allowed.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    key: Option<Arc<KnownKey>>,
}

impl Caller {
    /// The key and its tenant; `None` is the anonymous caller of a development gateway.
    pub(crate) fn key(&self) -> Option<&Arc<KnownKey>> {
        self.key.as_ref()
    }
}

/// Looks the shown key up by its hash. Which of the reasons applies is told only to those who know a real key.
///
/// # Errors
/// 401, with the code of the data-plane sheet §4.
pub(crate) fn authenticate(
    snapshot: &Snapshot,
    head: &Head,
    keyless_allowed: bool,
    now: impl FnOnce() -> DateTime<Utc>,
) -> Result<Caller, GatewayError> {
    let refused = |fault| Err(GatewayError::Unauthenticated(fault));
    let token = match &head.token {
        Token::Shown(token) => token,
        Token::Missing if keyless_allowed => return Ok(Caller { key: None }),
        Token::Missing => return refused(KeyFault::Missing),
        Token::Unusable => return refused(KeyFault::Invalid),
    };
    let Some(key) = snapshot.key(&api_key::hash(token)) else {
        return refused(KeyFault::Invalid);
    };
    match key.record.status {
        KeyStatus::Active => {}
        KeyStatus::Revoked => return refused(KeyFault::Revoked),
    }
    if key.record.expires_at.is_some_and(|end| end <= now()) {
        return refused(KeyFault::Expired);
    }
    Ok(Caller {
        key: Some(key.clone()),
    })
}
