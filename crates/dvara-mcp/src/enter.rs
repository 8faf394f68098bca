//! Stage 2: whether this caller may come in at all: its tenant's status, and whether its key is for this plane.

use dvara_types::Scope;

use crate::authenticate::Caller;
use crate::http::error::McpError;

/// A caller that may use the plane.
pub(crate) struct Entered {
    _caller: Caller,
}

/// Lets a caller in.
///
/// # Errors
/// 403 for a suspended tenant, or a key that is limited to scopes of which none is of this plane.
pub(crate) fn enter(caller: Caller) -> Result<Entered, McpError> {
    let key = caller.key();
    key.tenant
        .check_served()
        .map_err(|suspended| McpError::TenantSuspended(suspended.reason))?;
    let scopes = &key.record.scopes;
    if scopes.allow(Scope::McpList) || scopes.allow(Scope::McpCall) {
        Ok(Entered { _caller: caller })
    } else {
        Err(McpError::ScopeMissing)
    }
}
