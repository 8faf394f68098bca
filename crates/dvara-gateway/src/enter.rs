//! Stage 2: whether this caller may come in at all: its tenant's status, its key's scope, its request rate.
//!
//! The rate counts every call that gets so far, also one that is refused later. The address list belongs before it, and comes
//! with the work that brings it.

use dvara_types::Scope;

use crate::authenticate::Caller;
use crate::http::error::GatewayError;
use crate::rates::Rates;

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
/// 403 for a suspended tenant or a missing scope, 429 for a caller that has made all its calls of the minute.
pub(crate) fn enter(
    caller: Caller,
    scope: Option<Scope>,
    rates: &Rates,
) -> Result<Entered, GatewayError> {
    if let Some(key) = caller.key() {
        key.tenant
            .check_served()
            .map_err(|suspended| GatewayError::TenantSuspended(suspended.reason))?;
        if let Some(scope) = scope.filter(|scope| !key.record.scopes.allow(*scope)) {
            return Err(GatewayError::ScopeMissing(scope));
        }
    }
    rates.check(&caller).map_err(GatewayError::RateLimited)?;
    Ok(Entered { caller })
}
