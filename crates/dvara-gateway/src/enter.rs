//! Stage 2: whether this caller may come in at all: its tenant's status and its key's scope.
//!
//! The address list and the request rate belong here too, before anything is read, and come with the work that brings them.

use dvara_types::Scope;

use crate::authenticate::Caller;
use crate::http::error::GatewayError;

/// A caller that may do what its path stands for.
#[derive(Debug)]
pub(crate) struct Entered {
    caller: Caller,
}

impl Entered {
    /// Who entered.
    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }
}

/// Lets a caller in. `scope` is what the path needs; a path that does not exist needs none.
///
/// # Errors
/// 403 for a suspended tenant or a missing scope.
pub(crate) fn enter(caller: Caller, scope: Option<Scope>) -> Result<Entered, GatewayError> {
    let Some(key) = caller.key() else {
        return Ok(Entered { caller });
    };
    key.tenant
        .check_served()
        .map_err(|suspended| GatewayError::TenantSuspended(suspended.reason))?;
    match scope {
        Some(scope) if !key.record.scopes.allow(scope) => Err(GatewayError::ScopeMissing(scope)),
        Some(_) | None => Ok(Entered { caller }),
    }
}
