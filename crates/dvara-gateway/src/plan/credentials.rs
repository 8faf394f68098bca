//! What is shown to a provider.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use dvara_dialects::limits::VendorLimits;
use dvara_store::snapshot::{CredentialSource, Snapshot};
use dvara_types::TenantId;
use dvara_upstream::targets::{QuotaKey, Quotas};

use crate::http::error::GatewayError;
use crate::providers::{Credential, Provider};

/// The credentials that a call may show.
#[derive(Debug, Clone)]
pub(crate) enum Credentials {
    /// None, or the one that a tenant or the platform has stored.
    Stored(Option<Arc<Credential>>),
    /// Those of the provider's settings, in turn.
    Settings,
}

impl Credentials {
    /// The next one that its vendor's limits let through; `None` where none is shown. One of which a vendor only said that little is
    /// left is taken when there is no better one.
    ///
    /// # Errors
    /// When all were refused: when the first will be back.
    pub(crate) fn pick(
        &self,
        provider: &Provider,
        model: &str,
        limits: &Limits,
        now: Instant,
    ) -> Result<Option<Arc<Credential>>, Instant> {
        let all = self.all(provider);
        let first = match all.len() {
            0 => return Ok(None),
            1 => 0,
            several => provider.turn.fetch_add(1, Ordering::Relaxed) % several,
        };
        let (before, from) = all.split_at(first);
        let mut in_turn = from.iter().chain(before);
        let out = |quotas: &Quotas, one: &Credential| quotas.until(key(one, provider, model), now);
        let refused = |one: &Credential| out(&limits.refused, one).is_some();
        let good = |one: &&Arc<Credential>| !refused(one) && out(&limits.used_up, one).is_none();
        let found = in_turn
            .clone()
            .find(good)
            .or_else(|| in_turn.find(|one| !refused(one)));
        match found {
            Some(found) => Ok(Some(found.clone())),
            None => Err(self
                .all_out_until(provider, model, limits, now)
                .unwrap_or(now)),
        }
    }

    /// When the first credential will be back, if all were refused.
    pub(crate) fn all_out_until(
        &self,
        provider: &Provider,
        model: &str,
        limits: &Limits,
        now: Instant,
    ) -> Option<Instant> {
        let mut first: Option<Instant> = None;
        for one in self.all(provider) {
            let back = limits.refused.until(key(one, provider, model), now)?;
            first = Some(first.map_or(back, |first| first.min(back)));
        }
        first
    }

    fn all<'a>(&'a self, provider: &'a Provider) -> &'a [Arc<Credential>] {
        match self {
            Self::Stored(stored) => stored.as_slice(),
            Self::Settings => &provider.credentials,
        }
    }
}

fn key<'a>(credential: &'a Credential, provider: &'a Provider, model: &'a str) -> QuotaKey<'a> {
    QuotaKey {
        provider: provider.name.as_str(),
        fingerprint: &credential.fingerprint,
        model,
    }
}

/// What vendors' answers said of their limits. All cores of a process share it.
pub(crate) struct Limits {
    /// They are kept at all.
    are_kept: bool,
    /// Credentials that were refused with 429, and for how long: they are not shown.
    refused: Quotas,
    /// Credentials of which an answer said that nothing is left until a limit is whole again. Something is left sooner, so that others
    /// go before them and they are not refused.
    used_up: Quotas,
}

impl Limits {
    /// Nothing is known; nothing ever will be if they are not to be kept.
    pub(crate) fn new(are_kept: bool) -> Self {
        Self {
            are_kept,
            refused: Quotas::new(),
            used_up: Quotas::new(),
        }
    }

    /// Whether anything is known that keeps a credential from being shown.
    pub(crate) fn some_are_out(&self) -> bool {
        !self.refused.is_empty()
    }

    /// Takes in what the head of an answer, or a refusal, said.
    pub(crate) fn observe(
        &self,
        credential: &Credential,
        provider: &Provider,
        model: &str,
        said: VendorLimits,
        is_refusal: bool,
    ) {
        if !self.are_kept {
            return;
        }
        let quotas = if is_refusal {
            &self.refused
        } else {
            &self.used_up
        };
        quotas.observe(
            key(credential, provider, model),
            Instant::now(),
            said.out_for,
        );
    }
}

/// The tenant's own credential, the platform's, or those of the settings. One that exists and cannot be used is a failure: the
/// next in line is somebody else's, who would pay.
pub(crate) fn credential(
    snapshot: &Snapshot,
    tenant: Option<&TenantId>,
    provider: &Provider,
) -> Result<Credentials, GatewayError> {
    match snapshot.credential(tenant, &provider.name) {
        None => Ok(Credentials::Stored(None)),
        Some(Ok(found)) if found.source == CredentialSource::Setting => Ok(Credentials::Settings),
        Some(Ok(stored)) => match Credential::of(provider.kind, &stored.secret) {
            Some(credential) => Ok(Credentials::Stored(Some(Arc::new(credential)))),
            None => Err(GatewayError::CredentialUnavailable(provider.name.clone())),
        },
        Some(Err(unusable)) => {
            tracing::warn!(
                credential = unusable.id,
                reason = unusable.reason,
                "a credential cannot be used"
            );
            Err(GatewayError::CredentialUnavailable(provider.name.clone()))
        }
    }
}
