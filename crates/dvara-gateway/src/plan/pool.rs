//! Who may serve a model: a route's providers, or those whose prefixes start its name, and who stands in for them.

use std::sync::Arc;

use dvara_dialects::target::Target;
use dvara_store::snapshot::Route;
use dvara_types::{Price, ProviderKind, ProviderName, RouteStrategy, RouteTarget};

use super::{Skipped, Why};
use crate::http::error::GatewayError;
use crate::providers::{Provider, Providers, has_prefix};
use crate::settings::key_variable;

/// A provider and the model to ask it for, with what a route says of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) provider: &'a Arc<Provider>,
    /// As it is sent.
    pub(super) model: &'a str,
    pub(super) weight: u32,
    pub(super) region: Option<&'a str>,
    pub(super) price: Option<&'a Price>,
}

/// Who may serve.
pub(super) struct Pool<'a> {
    /// Among whom the strategy chooses.
    pub(super) members: Vec<Candidate<'a>>,
    /// Who stands in, in order.
    pub(super) fallbacks: Vec<Candidate<'a>>,
    /// Whom the route names and this process does not have.
    pub(super) missing: Vec<Skipped>,
}

/// What a pool is made from.
pub(super) struct Question<'a> {
    pub(super) providers: &'a Providers,
    pub(super) route: Option<&'a Route>,
    /// The model that was asked for.
    pub(super) model: &'a str,
    /// How to choose where no route says it.
    pub(super) default_strategy: RouteStrategy,
}

impl<'a> Question<'a> {
    /// The strategy that holds.
    pub(super) fn strategy(&self) -> RouteStrategy {
        self.route
            .map_or(self.default_strategy, |route| route.record.strategy)
    }

    /// The model that is asked for in the end: the route's pin, or the caller's word.
    fn wanted(&self) -> &'a str {
        let pinned = self
            .route
            .and_then(|route| route.record.pinned_model_version.as_deref());
        pinned.unwrap_or(self.model)
    }

    /// The pool.
    ///
    /// # Errors
    /// 400 `no_provider` when nobody serves the model here.
    pub(super) fn pool(&self) -> Result<Pool<'a>, GatewayError> {
        let mut pool = match self.route {
            Some(route) if self.names_providers(route) => self.of_route(route),
            Some(_) | None => self.by_prefix(),
        };
        if pool.members.is_empty() {
            return Err(self.nobody());
        }
        if let Some(route) = self.route {
            pool.fallbacks.clear();
            let fallbacks = route.record.fallbacks.iter();
            pool.fallbacks.extend(fallbacks.filter_map(|fallback| {
                let provider = self.providers.named(&fallback.provider)?;
                let asked = match &fallback.model {
                    Some(model) => model,
                    None if self.may_serve(provider) => self.wanted(),
                    None => return None,
                };
                Some(candidate(provider, asked))
            }));
        }
        Ok(pool)
    }

    fn names_providers(&self, route: &Route) -> bool {
        !route.record.providers.is_empty() || route.record.options.canary_config.is_some()
    }

    fn of_route(&self, route: &'a Route) -> Pool<'a> {
        let record = &route.record;
        let mut pool = Pool {
            members: Vec::with_capacity(record.providers.len().max(2)),
            fallbacks: Vec::new(),
            missing: Vec::new(),
        };
        for target in &record.providers {
            self.add(&mut pool, &target.provider, Some(target));
        }
        if let (Some(canary), true) = (&record.options.canary_config, record.providers.is_empty()) {
            self.add(&mut pool, &canary.baseline, None);
            self.add(&mut pool, &canary.candidate, None);
        }
        if record.strategy == RouteStrategy::ModelPrefix {
            pool.members.truncate(1);
        }
        pool
    }

    fn add(&self, pool: &mut Pool<'a>, name: &'a ProviderName, target: Option<&'a RouteTarget>) {
        let Some(provider) = self.providers.named(name) else {
            pool.missing.push(Skipped {
                provider: name.clone(),
                model: String::new(),
                why: Why::NotHere,
            });
            return;
        };
        let model = target.and_then(|target| target.model.as_deref());
        let mut candidate = candidate(provider, model.unwrap_or_else(|| self.wanted()));
        if let Some(target) = target {
            candidate.weight = target.weight;
            candidate.region = target.region.as_deref();
            candidate.price = target.price.as_ref();
        }
        pool.members.push(candidate);
    }

    /// A provider that this process has, with the model to ask it for.
    pub(super) fn named(
        &self,
        name: &ProviderName,
        model: Option<&'a str>,
    ) -> Option<Candidate<'a>> {
        let provider = self.providers.named(name)?;
        Some(candidate(provider, model.unwrap_or_else(|| self.wanted())))
    }

    /// All whose prefixes start the model. By the default strategy the first serves and the others stand in.
    fn by_prefix(&self) -> Pool<'a> {
        let wanted = self.wanted();
        let found = self.providers.by_prefix(wanted);
        let mut members: Vec<_> = found.map(|provider| candidate(provider, wanted)).collect();
        let shares = self.strategy() != RouteStrategy::ModelPrefix;
        let serving = if shares {
            members.len()
        } else {
            members.len().min(1)
        };
        Pool {
            fallbacks: members.split_off(serving),
            members,
            missing: Vec::new(),
        }
    }

    /// Whether a provider may serve the model by its own name: a name that only others claim is theirs, one that nobody
    /// claims is the operator's business.
    fn may_serve(&self, provider: &Provider) -> bool {
        let wanted = self.wanted();
        has_prefix(provider.kind, wanted)
            || !ProviderKind::ALL
                .into_iter()
                .any(|kind| has_prefix(kind, wanted))
    }

    fn nobody(&self) -> GatewayError {
        let named = self.route.filter(|route| self.names_providers(route));
        let Some(route) = named else {
            return GatewayError::NoProvider(how_to_serve(self.wanted()));
        };
        let record = &route.record;
        let of_canary = record.options.canary_config.iter();
        let of_canary = of_canary.flat_map(|canary| [&canary.baseline, &canary.candidate]);
        let listed = record.providers.iter().map(|target| &target.provider);
        let mut names: Vec<&str> = listed.chain(of_canary).map(|name| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        GatewayError::NoProvider(format!(
            "The route `{}` for this model names {}, which is not configured here.",
            record.id,
            names.join(", ")
        ))
    }
}

fn candidate<'a>(provider: &'a Arc<Provider>, asked: &'a str) -> Candidate<'a> {
    Candidate {
        provider,
        model: Target::new(provider.kind, asked, None).model,
        weight: 1,
        region: None,
        price: None,
    }
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
