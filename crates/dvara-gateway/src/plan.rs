//! Stage 5: where the call goes (data-plane sheet §13). The first route whose pattern fits names the pool, else the model's prefix
//! does; a sieve leaves out who cannot serve it now; the strategy orders who is left; the fallbacks come behind.

mod choice;
mod credentials;
pub(crate) mod explain;
mod pool;
mod sieve;

use std::sync::Arc;
use std::time::Duration;

use dvara_dialects::target::ProviderCapabilities;
use dvara_dialects::tokens::Table;
use dvara_ledger::{Ledger, Variant};
use dvara_store::snapshot::Snapshot;
use dvara_types::{RouteId, RouteStrategy, TenantId};
use dvara_upstream::targets::Target as TargetState;

use crate::admit::Admitted;
use crate::core::Shared;
use crate::http::error::GatewayError;
use crate::providers::Provider;
use crate::rules::{PolicyQuestion, denied};

use pool::{Candidate, Question};

pub(crate) use choice::{Asked, choose};
pub(crate) use credentials::{Credentials, Limits, credential};
pub(crate) use sieve::{Skipped, Why};

/// An admitted call and the targets to try, in order.
pub(crate) struct Plan {
    admitted: Admitted,
    choice: Choice,
}

/// What was chosen for a call.
pub(crate) struct Choice {
    /// The route that matched, if one did.
    pub(crate) route: Option<RouteId>,
    /// How it was chosen.
    pub(crate) strategy: RouteStrategy,
    /// The targets, in order; none when all were passed over.
    pub(crate) attempts: Vec<Attempt>,
    /// Who was passed over.
    pub(crate) skipped: Vec<Skipped>,
    /// When another target is asked too, if the first has not begun to answer by then.
    pub(crate) hedge_after: Option<Duration>,
    /// Who gets a copy of the call once it is answered.
    pub(crate) shadow: Option<Attempt>,
    /// Which side of an experiment the call is on.
    pub(crate) variant: Option<Variant>,
}

/// One target: a provider, and the model to ask it for.
#[derive(Clone)]
pub(crate) struct Attempt {
    /// Where.
    pub(crate) provider: Arc<Provider>,
    /// How it authenticates there.
    pub(crate) credentials: Credentials,
    /// What all cores know of this provider with this model.
    pub(crate) state: Arc<TargetState>,
}

impl Attempt {
    /// What is sent as the model.
    pub(crate) fn model(&self) -> &str {
        &self.state.model
    }
}

impl Plan {
    /// The call.
    pub(crate) fn admitted(&self) -> &Admitted {
        &self.admitted
    }

    /// What was chosen for it.
    pub(crate) fn choice(&self) -> &Choice {
        &self.choice
    }

    /// How many fallbacks were left out because they cannot do what the call asks for.
    pub(crate) fn unable(&self) -> usize {
        let unable = |skipped: &&Skipped| matches!(skipped.why, Why::Lacks(_) | Why::CannotSay(_));
        self.choice.skipped.iter().filter(unable).count()
    }
}

impl Choice {
    /// The choice, when somebody is left to serve.
    ///
    /// # Errors
    /// That of the first who was looked at and will not come back by itself, else how long the first to come back will be away.
    pub(crate) fn served(mut self) -> Result<Self, GatewayError> {
        if !self.attempts.is_empty() {
            return Ok(self);
        }
        let skipped = &mut self.skipped;
        skipped.sort_by_key(|skipped| (skipped.why.passes(), skipped.why.wait()));
        let first = self.skipped.into_iter().next();
        Err(first.map_or(GatewayError::Internal, Skipped::into_error))
    }
}

/// What every provider's models hold, in tokens (data-plane sheet §22).
pub(crate) const SMALLEST_WINDOW: u64 = 128_000;

/// What those who serve a model hold, and how their tokens are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// How many tokens a call may have, by the provider that holds the least.
    pub(crate) tokens: u64,
    /// What counts a call's tokens; `None` unless it is the same for all of them.
    pub(crate) table: Option<Table>,
}

/// The window of a model.
pub(crate) fn context_window(
    snapshot: &Snapshot,
    shared: &Shared,
    model: &str,
    tenant: Option<&TenantId>,
) -> Window {
    let question = Question {
        providers: &shared.providers,
        route: snapshot.route_for(model, tenant),
        model,
        default_strategy: shared.settings.default_strategy,
    };
    let members = question.pool().map(|pool| pool.members).unwrap_or_default();
    let holds = |member: &Candidate<'_>| {
        u64::from(ProviderCapabilities::of(member.provider.kind).max_context_tokens)
    };
    let smallest = members.iter().map(holds).filter(|tokens| *tokens > 0).min();
    let table = |member: &Candidate<'_>| Table::of(member.model);
    let first = members.first().and_then(table);
    Window {
        tokens: smallest.unwrap_or(SMALLEST_WINDOW),
        table: first.filter(|first| members.iter().all(|member| table(member) == Some(*first))),
    }
}

fn note(choice: &Choice, ledger: &mut Ledger) {
    if let Some(route) = &choice.route {
        ledger.route(route);
    }
    if let Some(variant) = choice.variant {
        ledger.variant(variant);
    }
    for skipped in &choice.skipped {
        ledger.skipped(&skipped.provider, skipped.why.code());
    }
}

/// Chooses the targets of a call of a session. The ledger notes what was chosen.
///
/// # Errors
/// 400 `no_provider` when nothing serves the model, with what would; `no_capable_provider` and `unsupported_capability`
/// when nobody can do what the call asks for; 503 `provider_circuit_open` and 429 `provider_rate_limited` when nobody may be asked
/// now.
pub(crate) fn plan(
    snapshot: &Snapshot,
    shared: &Shared,
    admitted: Admitted,
    session: Option<&str>,
    ledger: &mut Ledger,
) -> Result<Plan, GatewayError> {
    let key = admitted.entered().caller().key().map(|key| &**key);
    let tenant = key.map(|key| &key.tenant.id);
    let tools = admitted.tools();
    let policy = PolicyQuestion::of(snapshot, admitted.request(), tenant, key, tools);
    let asked = Asked {
        request: admitted.request(),
        tenant,
        session,
        policy: policy.as_ref(),
        is_rehearsal: false,
    };
    let choice = choose(snapshot, shared, &asked)?;
    note(&choice, ledger);
    for skipped in &choice.skipped {
        if let Why::Denied(denial) = &skipped.why {
            denied(denial, &skipped.model, admitted.answer_rules().recorder());
        }
    }
    let choice = choice.served()?;
    drop(policy);
    Ok(Plan { admitted, choice })
}
