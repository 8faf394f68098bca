//! Which providers this process has: the well-known ones by their variables, more by `DVARA_PROVIDER_…` and
//! `DVARA_PROVIDERS_<n>_…`, and those of `gateway.yaml` (data-plane sheet §23, §28).

use std::collections::BTreeMap;

use dvara_crypto::Secret;
use dvara_service::settings::{Loader, Problem};
use dvara_store::snapshot::Provider;
use dvara_types::{ProviderKind, ProviderName};
use url::Url;

use super::properties as known;

/// What is said of one more provider, before it is checked.
#[derive(Default)]
struct Said {
    kind: Option<String>,
    name: Option<String>,
    api_key: Option<String>,
    base_url: Option<String>,
}

pub(super) fn load(loader: &mut Loader) -> Vec<Provider> {
    let mut providers = well_known(loader);
    for (place, said) in numbered(loader) {
        match checked(&place, said) {
            Ok(provider) => put(&mut providers, provider),
            Err(problem) => loader.refuse(problem),
        }
    }
    providers
}

/// Adds a provider, or replaces the one of its name.
pub(crate) fn put(providers: &mut Vec<Provider>, provider: Provider) {
    match providers
        .iter_mut()
        .find(|known| known.name == provider.name)
    {
        Some(known) => *known = provider,
        None => providers.push(provider),
    }
}

fn well_known(loader: &mut Loader) -> Vec<Provider> {
    let mut providers = Vec::new();
    let openai_key = loader.secret(&known::OPENAI_API_KEY);
    let openai_url = loader.parse(&known::OPENAI_BASE_URL);
    if openai_key.is_some() {
        providers.push(provider(ProviderKind::Openai, openai_url, openai_key));
    }
    let anthropic_key = loader.secret(&known::ANTHROPIC_API_KEY);
    let anthropic_url = loader.parse(&known::ANTHROPIC_BASE_URL);
    if anthropic_key.is_some() {
        let kind = ProviderKind::Anthropic;
        providers.push(provider(kind, anthropic_url, anthropic_key));
    }
    let ollama_url = loader.parse(&known::OLLAMA_BASE_URL);
    if loader.flag(&known::OLLAMA_ENABLED) {
        providers.push(provider(ProviderKind::Ollama, ollama_url, None));
    }
    if loader.flag(&known::MOCK_ENABLED) {
        if loader.profile().production_class() {
            loader.warn(
                "the mock provider is on; it answers `mock/…` models without any vendor".to_owned(),
            );
        }
        providers.push(provider(ProviderKind::Mock, None, None));
    }
    providers
}

fn provider(
    kind: ProviderKind,
    base_url: Option<Url>,
    api_key: Option<Secret<String>>,
) -> Provider {
    let name = ProviderName::parse(kind.as_str()).expect("the kinds' own names are names");
    Provider::new(name, kind, base_url, api_key)
}

/// What `DVARA_PROVIDER_…` and `DVARA_PROVIDERS_<n>_…` say, in the order of their numbers.
fn numbered(loader: &mut Loader) -> Vec<(String, Said)> {
    let single = Said {
        kind: loader.optional(&known::PROVIDER_TYPE),
        name: None,
        api_key: loader
            .secret(&known::PROVIDER_API_KEY)
            .map(|key| key.expose().clone()),
        base_url: loader.optional(&known::PROVIDER_BASE_URL),
    };
    let mut all: BTreeMap<String, Said> = BTreeMap::new();
    if single.kind.is_some() || single.api_key.is_some() || single.base_url.is_some() {
        all.insert("dvara.provider".to_owned(), single);
    }
    for property in [
        &known::PROVIDERS_TYPE,
        &known::PROVIDERS_NAME,
        &known::PROVIDERS_API_KEY,
        &known::PROVIDERS_BASE_URL,
    ] {
        for (number, value) in loader.entries(property) {
            let said = all.entry(format!("dvara.providers.{number}")).or_default();
            let slot = match property.path {
                path if path == known::PROVIDERS_TYPE.path => &mut said.kind,
                path if path == known::PROVIDERS_NAME.path => &mut said.name,
                path if path == known::PROVIDERS_API_KEY.path => &mut said.api_key,
                _ => &mut said.base_url,
            };
            *slot = Some(value);
        }
    }
    all.into_iter().collect()
}

fn checked(place: &str, said: Said) -> Result<Provider, Problem> {
    let kind = said.kind.ok_or_else(|| {
        Problem::new(format!("{place}: the type is missing")).fix("set its `type`")
    })?;
    let kind = kind_of(&kind).map_err(|why| Problem::new(format!("{place}.type: {why}")))?;
    let name = said.name.unwrap_or_else(|| kind.as_str().to_owned());
    let name = ProviderName::parse(&name)
        .map_err(|error| Problem::new(format!("{place}.name: {error}")))?;
    let base_url = match said.base_url {
        None => None,
        Some(url) => Some(url.parse().map_err(|error| {
            Problem::new(format!("{place}.base-url: `{url}` is no URL: {error}"))
        })?),
    };
    Ok(Provider::new(
        name,
        kind,
        base_url,
        said.api_key.map(Secret::new),
    ))
}

/// The kind of a text, or why there is none.
pub(crate) fn kind_of(text: &str) -> Result<ProviderKind, String> {
    ProviderKind::parse(text).ok_or_else(|| {
        if ProviderKind::NOT_YET.contains(&text) {
            format!("`{text}` is not built yet; use `openai` for servers with an OpenAI-shaped API")
        } else {
            let known: Vec<&str> = ProviderKind::ALL.iter().map(|kind| kind.as_str()).collect();
            format!(
                "`{text}` is no kind of provider; use one of {}",
                known.join(", ")
            )
        }
    })
}
