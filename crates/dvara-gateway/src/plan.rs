//! Stage 5: where the call goes. The first route whose pattern fits, else the provider whose prefix starts the model
//! (data-plane sheet §13).

use std::sync::Arc;

use dvara_dialects::request::Capabilities;
use dvara_dialects::target::{ProviderCapabilities, Target};
use dvara_store::snapshot::{CredentialSource, Route, Snapshot};
use dvara_types::{ProviderKind, RouteId, TenantId};

use crate::admit::Admitted;
use crate::core::Shared;
use crate::http::error::GatewayError;
use crate::providers::{Credential, Provider, Providers, has_prefix};
use crate::read::Request;
use crate::settings::key_variable;

/// An admitted call and the targets to try, in order.
pub(crate) struct Plan {
    admitted: Admitted,
    route: Option<RouteId>,
    attempts: Vec<Attempt>,
    unable: usize,
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

    /// How many fallbacks were left out because they cannot do what the call asks for.
    pub(crate) fn unable(&self) -> usize {
        self.unable
    }
}

/// Chooses the targets of a call.
///
/// # Errors
/// 400 `no_provider` when nothing serves the model, with what would; `no_capable_provider` and `unsupported_capability`
/// when its provider cannot do what the call asks for.
pub(crate) fn plan(
    snapshot: &Snapshot,
    shared: &Shared,
    admitted: Admitted,
) -> Result<Plan, GatewayError> {
    let request = admitted.request();
    let model = request.model();
    let route = snapshot.route_for(model);
    let providers = &shared.providers;
    let provider = match route {
        Some(route) => routed(providers, route, model)?,
        None => by_prefix(providers, model)?,
    };
    let pinned = route.and_then(|route| route.record.pinned_model_version.as_deref());
    let wants = request.wants();
    if let Some(missing) = ProviderCapabilities::of(provider.kind).lacks(&wants) {
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
    request.check(&target)?;
    let tenant = admitted.entered().caller().key().map(|key| &key.tenant.id);
    let mut attempts = vec![Attempt {
        provider: provider.clone(),
        model: target.model.to_owned(),
        credential: credential(snapshot, tenant, provider)?,
    }];
    let mut unable = 0;
    if shared.settings.resilience.fallback.enabled {
        let candidates = Candidates {
            providers,
            asked: pinned.unwrap_or(model),
        };
        candidates.visit(route, |provider, model| {
            let target = Target::new(provider.kind, model, None);
            let known = attempts.iter().any(|attempt| {
                attempt.provider.name == provider.name && attempt.model == target.model
            });
            if known {
                return;
            }
            if !is_able(&target, request, &wants) {
                unable += 1;
            } else if let Ok(credential) = credential(snapshot, tenant, provider) {
                attempts.push(Attempt {
                    provider: provider.clone(),
                    model: target.model.to_owned(),
                    credential,
                });
            }
        });
    }
    Ok(Plan {
        route: route.map(|route| route.record.id.clone()),
        attempts,
        unable,
        admitted,
    })
}

/// What may stand in for a provider that failed (data-plane sheet §17).
struct Candidates<'a> {
    providers: &'a Providers,
    /// The model that was asked for, or that the route pins in its place.
    asked: &'a str,
}

impl<'a> Candidates<'a> {
    /// A route's own fallbacks in their order; without a route every provider whose prefix fits.
    fn visit(&self, route: Option<&Route>, mut each: impl FnMut(&'a Arc<Provider>, &str)) {
        let Some(route) = route else {
            return self
                .providers
                .by_prefix(self.asked)
                .for_each(|provider| each(provider, self.asked));
        };
        for fallback in &route.record.fallbacks {
            let Some(provider) = self.providers.named(&fallback.provider) else {
                continue;
            };
            match &fallback.model {
                Some(model) => each(provider, model),
                None if self.may_serve(provider) => each(provider, self.asked),
                None => {}
            }
        }
    }

    /// Whether a provider may serve the model by its own name: a name that only others claim is theirs, one that nobody
    /// claims is the operator's business.
    fn may_serve(&self, provider: &Provider) -> bool {
        has_prefix(provider.kind, self.asked)
            || !ProviderKind::ALL
                .into_iter()
                .any(|kind| has_prefix(kind, self.asked))
    }
}

/// Whether a fallback can do what the call asks for. Here images count too (data-plane sheet §13).
fn is_able(target: &Target<'_>, request: &Request, wants: &Capabilities) -> bool {
    let capabilities = ProviderCapabilities::of(target.kind);
    capabilities.lacks(wants).is_none()
        && (capabilities.vision || !wants.vision)
        && request.check(target).is_ok()
}

/// The first of the route's providers that this process has; a route that names none leaves the choice to the prefix.
fn routed<'a>(
    providers: &'a Providers,
    route: &'a Route,
    model: &'a str,
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

fn by_prefix<'a>(
    providers: &'a Providers,
    model: &'a str,
) -> Result<&'a Arc<Provider>, GatewayError> {
    providers
        .by_prefix(model)
        .next()
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
        Some(ProviderKind::Bedrock) => "set BEDROCK_ENABLED=true".to_owned(),
        Some(ProviderKind::Vertex) => "set VERTEX_PROJECT_ID".to_owned(),
        Some(ProviderKind::AzureOpenai) => {
            "set AZURE_OPENAI_API_KEY and AZURE_OPENAI_BASE_URL".to_owned()
        }
        Some(ProviderKind::Ollama) => "set OLLAMA_ENABLED=true".to_owned(),
        Some(ProviderKind::Mock) => "set MOCK_PROVIDER_ENABLED=true".to_owned(),
        Some(kind) => format!("set {}", key_variable(kind)),
        None => "add a route for it; GET /v1/models lists what is served".to_owned(),
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
