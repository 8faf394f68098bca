//! Stage 5: where the call goes. The first route whose pattern fits, else the provider whose prefix starts the model
//! (data-plane sheet §13).

use std::sync::Arc;

use dvara_dialects::target::{ProviderCapabilities, Target};
use dvara_store::snapshot::{CredentialSource, Route, Snapshot};
use dvara_types::{ProviderKind, RouteId, TenantId};

use crate::admit::Admitted;
use crate::http::error::GatewayError;
use crate::providers::{Credential, Provider, Providers};

/// An admitted call and the targets to try, in order.
pub(crate) struct Plan {
    admitted: Admitted,
    route: Option<RouteId>,
    attempts: Vec<Attempt>,
}

/// One target: a provider, and the model to ask it for.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// Where.
    pub(crate) provider: Arc<Provider>,
    /// What is sent as the model.
    pub(crate) model: String,
    /// How it authenticates there.
    pub(crate) credential: Option<Arc<Credential>>,
}

impl Plan {
    /// The call.
    pub(crate) fn admitted(&self) -> &Admitted {
        &self.admitted
    }

    /// The route that matched, if one did.
    pub(crate) fn route(&self) -> Option<&RouteId> {
        self.route.as_ref()
    }

    /// The targets, in order; never empty.
    pub(crate) fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }
}

/// Chooses the targets of a call.
///
/// # Errors
/// 400 `no_provider` when nothing serves the model, with what would.
pub(crate) fn plan(
    snapshot: &Snapshot,
    providers: &Providers,
    admitted: Admitted,
) -> Result<Plan, GatewayError> {
    let model = admitted.request().model();
    let route = snapshot.route_for(model);
    let provider = match route {
        Some(route) => routed(providers, route, model)?,
        None => by_prefix(providers, model)?,
    };
    let pinned = route.and_then(|route| route.record.pinned_model_version.as_deref());
    if let Some(missing) =
        ProviderCapabilities::of(provider.kind).lacks(&admitted.request().wants())
    {
        return Err(GatewayError::BadRequest {
            code: "no_capable_provider",
            message: format!(
                "The provider `{}` for this model has no {missing}.",
                provider.name
            ),
            param: None,
        });
    }
    let target = Target::new(provider.kind, model, pinned);
    target
        .check(admitted.request())
        .map_err(GatewayError::from)?;
    let model = target.model.to_owned();
    let tenant = admitted.entered().caller().key().map(|key| &key.tenant.id);
    let credential = credential(snapshot, tenant, provider)?;
    let attempts = vec![Attempt {
        provider: provider.clone(),
        model,
        credential,
    }];
    Ok(Plan {
        route: route.map(|route| route.record.id.clone()),
        attempts,
        admitted,
    })
}

/// The first of the route's providers that this process has; a route that names none leaves the choice to the prefix.
fn routed<'a>(
    providers: &'a Providers,
    route: &Route,
    model: &str,
) -> Result<&'a Arc<Provider>, GatewayError> {
    let named = &route.record.providers;
    if named.is_empty() {
        let pinned = route.record.pinned_model_version.as_deref();
        return by_prefix(providers, pinned.unwrap_or(model));
    }
    named
        .iter()
        .find_map(|target| providers.named(&target.provider))
        .ok_or_else(|| {
            let names: Vec<&str> = named
                .iter()
                .map(|target| target.provider.as_str())
                .collect();
            GatewayError::NoProvider(format!(
                "The route `{}` for this model names {}, which is not configured here.",
                route.record.id,
                names.join(", ")
            ))
        })
}

fn by_prefix<'a>(providers: &'a Providers, model: &str) -> Result<&'a Arc<Provider>, GatewayError> {
    providers
        .by_prefix(model)
        .ok_or_else(|| GatewayError::NoProvider(how_to_serve(model)))
}

/// What an operator has to set for the model to be served, where its name tells.
fn how_to_serve(model: &str) -> String {
    let kind = ProviderKind::ALL.into_iter().find(|kind| {
        kind.model_prefixes()
            .iter()
            .any(|prefix| model.starts_with(prefix))
    });
    let remedy = match kind {
        Some(ProviderKind::Openai) => "set OPENAI_API_KEY",
        Some(ProviderKind::Anthropic) => "set ANTHROPIC_API_KEY",
        Some(ProviderKind::Ollama) => "set OLLAMA_ENABLED=true",
        Some(ProviderKind::Mock) => "set MOCK_PROVIDER_ENABLED=true",
        None => "add a route for it; GET /v1/models lists what is served",
    };
    format!("No provider serves this model: {remedy}.")
}

/// The tenant's own credential, the platform's, or that of the settings. One that exists and cannot be used is a failure: the
/// next in line is somebody else's, who would pay.
pub(crate) fn credential(
    snapshot: &Snapshot,
    tenant: Option<&TenantId>,
    provider: &Provider,
) -> Result<Option<Arc<Credential>>, GatewayError> {
    match snapshot.credential(tenant, &provider.name) {
        None => Ok(None),
        Some(Ok(found)) if found.source == CredentialSource::Setting => {
            Ok(provider.credential.clone())
        }
        Some(Ok(stored)) => match Credential::of(provider.kind, &stored.secret) {
            Some(credential) => Ok(Some(Arc::new(credential))),
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
