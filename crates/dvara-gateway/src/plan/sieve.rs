//! Who is left out, and why: capability, health, the vendor's limits, credentials.

use std::time::{Duration, Instant};

use dvara_dialects::fault::UpstreamFault;
use dvara_dialects::request::{Capabilities, ReadError};
use dvara_dialects::target::{ProviderCapabilities, Target};
use dvara_governance::policy::Denial;
use dvara_store::snapshot::Snapshot;
use dvara_types::ProviderName;
use dvara_upstream::targets::BreakerState;

use super::choice::Asked;
use super::pool::Candidate;
use super::{Attempt, credential};
use crate::core::Shared;
use crate::http::error::GatewayError;
use crate::providers::Reach;

/// A target that was passed over.
#[derive(Debug)]
pub(crate) struct Skipped {
    pub(crate) provider: ProviderName,
    /// What it would have been asked for; empty where that was not known.
    pub(crate) model: String,
    pub(crate) why: Why,
}

/// Why a target is passed over.
#[derive(Debug)]
pub(crate) enum Why {
    /// The route names it, and this process does not have it.
    NotHere,
    /// Its kind cannot do what the call asks for.
    Lacks(&'static str),
    /// Its dialect has no word for something in the call.
    CannotSay(ReadError),
    /// It failed too often and is left alone for so long.
    Paused(Duration),
    /// Its vendor's limits are reached for so long.
    OutOfQuota(Duration),
    /// A policy forbids the call to go there.
    Denied(Denial),
    /// What is stored for it cannot be used.
    NoCredential(GatewayError),
}

impl Why {
    /// The word for logs and metrics; a closed set.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotHere => "not_configured",
            Self::Lacks(_) | Self::CannotSay(_) => "capability",
            Self::Paused(_) => "circuit_open",
            Self::OutOfQuota(_) => "rate_limited",
            Self::Denied(_) => "policy_denied",
            Self::NoCredential(_) => "credential",
        }
    }

    /// How long it will be so; nothing where it does not pass.
    pub(super) fn wait(&self) -> Duration {
        match self {
            Self::Paused(wait) | Self::OutOfQuota(wait) => *wait,
            _ => Duration::ZERO,
        }
    }

    /// It passes by itself, so others stand in until then.
    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::Paused(_) | Self::OutOfQuota(_))
    }
}

impl Skipped {
    /// What a caller is told when nobody else is left.
    pub(super) fn into_error(self) -> GatewayError {
        match self.why {
            Why::NotHere => GatewayError::NoProvider(format!(
                "The provider `{}`, which the route for this model names, is not configured here.",
                self.provider
            )),
            Why::Lacks(missing) => GatewayError::BadRequest {
                code: "no_capable_provider",
                message: format!(
                    "The provider `{}` for this model has no {missing}.",
                    self.provider
                ),
                param: None,
            },
            Why::CannotSay(error) => error.into(),
            Why::Paused(retry_after) => GatewayError::ProviderPaused { retry_after },
            Why::OutOfQuota(wait) => UpstreamFault::out_of_quota(wait).into(),
            Why::Denied(denial) => GatewayError::PolicyDenied(denial.reason),
            Why::NoCredential(error) => error,
        }
    }
}

/// What candidates are judged by.
pub(super) struct Sieve<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) shared: &'a Shared,
    pub(super) asked: &'a Asked<'a>,
    pub(super) wants: Capabilities,
    pub(super) now: Instant,
    /// Whether any credential is out of its vendor's limits.
    pub(super) some_are_out: bool,
    pub(super) skipped: Vec<Skipped>,
}

impl Sieve<'_> {
    /// The attempt that a candidate is good for. `needs_sight`: images count as a capability, as they do for everyone but the only
    /// provider of a model, whose vendor knows better than we do (data-plane sheet §13).
    pub(super) fn pass(&mut self, candidate: &Candidate<'_>, needs_sight: bool) -> Option<Attempt> {
        match self.judge(candidate, needs_sight) {
            Ok(attempt) => Some(attempt),
            Err(why) => {
                self.skipped.push(Skipped {
                    provider: candidate.provider.name.clone(),
                    model: candidate.model.to_owned(),
                    why,
                });
                None
            }
        }
    }

    fn judge(&self, candidate: &Candidate<'_>, needs_sight: bool) -> Result<Attempt, Why> {
        let Candidate {
            provider, model, ..
        } = *candidate;
        let can = ProviderCapabilities::of(provider.kind);
        if let Some(missing) = can.lacks(&self.wants) {
            return Err(Why::Lacks(missing));
        }
        if needs_sight && self.wants.vision && !can.vision {
            return Err(Why::Lacks("sight of images"));
        }
        let target = Target {
            kind: provider.kind,
            model,
        };
        self.asked.request.check(&target).map_err(Why::CannotSay)?;
        let region = candidate.region.or(self.shared.region.as_deref());
        let denial = self
            .asked
            .policy
            .and_then(|policy| policy.denies(model, region));
        if let Some(denial) = denial {
            return Err(Why::Denied(denial));
        }
        let credentials = credential(self.snapshot, self.asked.tenant, provider);
        let credentials = credentials.map_err(Why::NoCredential)?;
        let state = self.shared.targets.of(provider.name.as_str(), model);
        if matches!(provider.reach, Reach::Http(_)) {
            if state.breaker.state(self.now) == BreakerState::Open
                && let Err(paused) = state.breaker.try_pass(self.now)
            {
                return Err(Why::Paused(paused.retry_after));
            }
            let limits = &self.shared.limits;
            if self.some_are_out
                && let Some(until) = credentials.all_out_until(provider, model, limits, self.now)
            {
                return Err(Why::OutOfQuota(until.saturating_duration_since(self.now)));
            }
        }
        Ok(Attempt {
            provider: provider.clone(),
            credentials,
            state,
        })
    }
}
