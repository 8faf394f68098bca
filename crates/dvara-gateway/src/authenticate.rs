//! Stage 1: who calls. On the head alone: a stranger's body is never read into anything (design §2).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use dvara_dialects::head::{Head, Token};
use dvara_store::snapshot::{KnownKey, Snapshot};
use dvara_types::KeyFault;

use crate::http::error::GatewayError;

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

/// Finds the caller of the key that is shown.
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
    match snapshot.authenticate(token, now) {
        Ok(key) => Ok(Caller {
            key: Some(key.clone()),
        }),
        Err(fault) => refused(fault),
    }
}
