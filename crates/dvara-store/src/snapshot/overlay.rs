//! What this process's file and environment lay over the rows: providers and routes of its own, never stored.

use std::collections::HashMap;
use std::sync::Arc;

use dvara_crypto::api_key;
use dvara_governance::tenant::RuleSettings;
use dvara_types::{ProviderName, RouteRecord};

use super::credentials::{Credential, CredentialSource};
use super::provider::Provider;

/// What `gateway.yaml` and the environment add to the configuration of this process.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// Providers, in the order that decides between equal model prefixes.
    pub providers: Vec<Provider>,
    /// Routes, tried before all stored ones.
    pub routes: Vec<RouteRecord>,
    /// The rules that are in force where a tenant says nothing else.
    pub rules: RuleSettings,
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
