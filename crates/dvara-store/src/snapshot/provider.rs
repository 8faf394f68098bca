//! Providers as this process's file and environment say them.

mod entry;

use dvara_crypto::{Secret, api_key};
use dvara_types::{ProviderKind, ProviderName};
use url::Url;

pub use entry::{ProviderEntry, WrongEntry};

/// A configured way to a vendor.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its name.
    pub name: ProviderName,
    /// What it speaks.
    pub kind: ProviderKind,
    /// Where it is, version segment included; absent for the mock provider, which is nowhere, and where an address is missing
    /// that only its owner knows.
    pub base_url: Option<Url>,
    /// What is shown to it unless a tenant or the platform has stored something.
    pub api_key: Option<Secret<String>>,
    /// Further keys that take turns with it.
    pub more_api_keys: Vec<Secret<String>>,
    /// Recognises `api_key` without showing it.
    pub fingerprint: Option<String>,
    /// The version of its API, where calls name one: Azure's `api-version`.
    pub api_version: Option<String>,
    /// The account that it is reached by, where that is no key alone.
    pub account: Option<Account>,
}

/// An account at a cloud.
#[derive(Debug, Clone)]
pub enum Account {
    /// At AWS.
    Aws(AwsAccount),
    /// At Google Cloud.
    Google(GoogleAccount),
}

/// An account at AWS. Without keys its credentials are those of the machine or pod.
#[derive(Debug, Clone, Default)]
pub struct AwsAccount {
    /// The region whose models are called; calls are signed for it.
    pub region: String,
    /// The id of an access key.
    pub access_key_id: Option<Secret<String>>,
    /// Its secret.
    pub secret_access_key: Option<Secret<String>>,
    /// The token of a key that is valid for a while only.
    pub session_token: Option<Secret<String>>,
}

/// An account at Google Cloud.
#[derive(Debug, Clone, Default)]
pub struct GoogleAccount {
    /// The key of a service account, as JSON. Without it the credentials are those of the machine or pod.
    pub key: Option<Secret<String>>,
}

impl Provider {
    /// A provider from its settings; its kind's own address where none is given. `api_key` may hold several, separated by commas,
    /// which no vendor's key has.
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
            // Ollama's settings traditionally name the server alone; its OpenAI-shaped API is below /v1.
            ProviderKind::Ollama => base_url.map(with_version).or_else(default),
            _ => base_url.or_else(default),
        };
        let mut api_keys = api_key
            .map_or_else(Vec::new, |keys| several(&keys))
            .into_iter();
        let api_key = api_keys.next();
        let fingerprint = api_key
            .as_ref()
            .map(|key| api_key::fingerprint(key.expose()));
        Self {
            name,
            kind,
            base_url,
            api_key,
            more_api_keys: api_keys.collect(),
            fingerprint,
            api_version: None,
            account: None,
        }
    }
}

fn several(keys: &Secret<String>) -> Vec<Secret<String>> {
    let each = keys.expose().split(',').map(str::trim);
    each.filter(|key| !key.is_empty())
        .map(|key| Secret::new(key.to_owned()))
        .collect()
}

fn with_version(mut url: Url) -> Url {
    if url.path() == "/" {
        url.set_path("/v1");
    }
    url
}
