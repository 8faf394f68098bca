//! Stage 1: who calls. On the head alone, as on the LLM plane: a stranger's body is never read into anything.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use dvara_dialects::head::{Head, Token};
use dvara_store::snapshot::{KnownKey, Snapshot};
use dvara_types::KeyFault;

use crate::http::error::McpError;

/// Whoever has shown a key that may be used.
pub(crate) struct Caller {
    key: Arc<KnownKey>,
}

impl Caller {
    /// The key and its tenant.
    pub(crate) fn key(&self) -> &KnownKey {
        &self.key
    }
}

/// Finds the caller of the key that is shown. There is no anonymous one on this plane.
///
/// # Errors
/// 401.
pub(crate) fn authenticate(
    snapshot: &Snapshot,
    head: &Head,
    now: impl FnOnce() -> DateTime<Utc>,
) -> Result<Caller, McpError> {
    let shown = match &head.token {
        Token::Shown(token) => snapshot.authenticate(token, now),
        Token::Missing => Err(KeyFault::Missing),
        Token::Unusable => Err(KeyFault::Invalid),
    };
    let key = shown.map_err(McpError::Unauthenticated)?.clone();
    Ok(Caller { key })
}
