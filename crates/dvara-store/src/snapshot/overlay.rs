//! What this process's file and environment lay over the rows: providers and routes of its own, never stored.

use std::collections::HashMap;
use std::sync::Arc;

use dvara_crypto::{Secret, api_key};
use dvara_types::{ProviderKind, ProviderName, RouteRecord};
use url::Url;

use super::credentials::{Credential, CredentialSource};

/// What `gateway.yaml` and the environment add to the configuration of this process.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// Providers, in the order that decides between equal model prefixes.
    pub providers: Vec<Provider>,
    /// Routes, tried before all stored ones.
    pub routes: Vec<RouteRecord>,
}

/// A configured way to a vendor.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its name.
    pub name: ProviderName,
    /// What it speaks.
    pub kind: ProviderKind,
    /// Where it is, version segment included; absent for the mock provider, which is nowhere.
    pub base_url: Option<Url>,
    /// What is shown to it unless a tenant or the platform has stored something.
    pub api_key: Option<Secret<String>>,
    /// Recognises `api_key` without showing it.
    pub fingerprint: Option<String>,
}

impl Provider {
    /// A provider from its settings; its kind's own address where none is given.
    pub fn new(
        name: ProviderName,
        kind: ProviderKind,
        base_url: Option<Url>,
        api_key: Option<Secret<String>>,
    ) -> Self {
        let default = || {
            kind.default_base_url()
                .map(|text| Url::parse(text).expect("every kind's own address is a URL"))
        };
        let base_url = match kind {
            ProviderKind::Mock => None,
            ProviderKind::Openai | ProviderKind::Anthropic => base_url.or_else(default),
            // Ollama's settings traditionally name the server alone; its OpenAI-shaped API is below /v1.
            ProviderKind::Ollama => base_url.map(with_version).or_else(default),
        };
        let fingerprint = api_key
            .as_ref()
            .map(|key| api_key::fingerprint(key.expose()));
        Self {
            name,
            kind,
            base_url,
            api_key,
            fingerprint,
        }
    }
}

fn with_version(mut url: Url) -> Url {
    if url.path() == "/" {
        url.set_path("/v1");
    }
    url
}

#[derive(Debug)]
pub(super) struct Providers {
    all: Vec<Arc<Provider>>,
    by_name: HashMap<ProviderName, Arc<Provider>>,
    credentials: HashMap<ProviderName, Credential>,
}

impl Providers {
    pub(super) fn new(providers: &[Provider]) -> Self {
        let all: Vec<Arc<Provider>> = providers.iter().cloned().map(Arc::new).collect();
        let by_name = all
            .iter()
            .map(|provider| (provider.name.clone(), Arc::clone(provider)))
            .collect();
        let credentials = all
            .iter()
            .filter_map(|provider| Some((provider.name.clone(), credential(provider)?)))
            .collect();
        Self {
            all,
            by_name,
            credentials,
        }
    }

    pub(super) fn all(&self) -> &[Arc<Provider>] {
        &self.all
    }

    pub(super) fn get(&self, name: &ProviderName) -> Option<&Arc<Provider>> {
        self.by_name.get(name)
    }

    pub(super) fn credential(&self, name: &ProviderName) -> Option<&Credential> {
        self.credentials.get(name)
    }
}

fn credential(provider: &Provider) -> Option<Credential> {
    let secret = provider.api_key.clone()?;
    Some(Credential {
        id: None,
        fingerprint: api_key::fingerprint(secret.expose()),
        secret,
        source: CredentialSource::Setting,
    })
}
