//! Which providers this process has: the well-known ones by their variables, more by `DVARA_PROVIDER_…` and
//! `DVARA_PROVIDERS_<n>_…`, and those of `gateway.yaml` (data-plane sheet §23, §28).

use std::collections::BTreeMap;

use dvara_crypto::Secret;
use dvara_service::settings::{Loader, Problem};
use dvara_store::snapshot::{Provider, ProviderEntry, WrongEntry};
use dvara_types::{ProviderKind, ProviderName};
use url::Url;

use super::properties::{
    MOCK_ENABLED, MORE_PROVIDERS, OLLAMA_BASE_URL, OLLAMA_ENABLED, providers as known,
};

pub(super) fn load(loader: &mut Loader) -> Vec<Provider> {
    let mut providers = well_known(loader);
    for (place, said) in more(loader) {
        match read(&place, &said) {
            Ok(provider) => put(&mut providers, provider),
            Err(problems) => problems
                .into_iter()
                .for_each(|problem| loader.refuse(problem)),
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

/// The well-known providers, in the order in which kinds are listed: it decides between equal model prefixes.
fn well_known(loader: &mut Loader) -> Vec<Provider> {
    let mut providers = Vec::new();
    for keyed in known::KEYED {
        let api_key = loader.secret(&keyed.api_key);
        let base_url = loader.parse(&keyed.base_url);
        if api_key.is_some() {
            providers.push(ProviderEntry {
                api_key,
                base_url,
                ..entry(keyed.kind)
            });
        }
    }
    providers.extend(azure(loader));
    providers.extend(bedrock(loader));
    providers.extend(vertex(loader));
    let ollama_url = loader.parse(&OLLAMA_BASE_URL);
    if loader.flag(&OLLAMA_ENABLED) {
        providers.push(ProviderEntry {
            base_url: ollama_url,
            ..entry(ProviderKind::Ollama)
        });
    }
    if loader.flag(&MOCK_ENABLED) {
        if loader.profile().production_class() {
            loader.warn(
                "the mock provider is on; it answers `mock/…` models without any vendor".to_owned(),
            );
        }
        providers.push(entry(ProviderKind::Mock));
    }
    providers.sort_by_key(|entry| {
        ProviderKind::ALL
            .iter()
            .position(|kind| *kind == entry.kind)
    });
    let mut checked = Vec::new();
    for entry in providers {
        let place = format!("dvara.llm-gateway.providers.{}", entry.kind.as_str());
        match entry.check() {
            Ok(provider) => checked.push(provider),
            Err(wrong) => {
                for wrong in wrong {
                    loader.refuse(problem(&place, &wrong));
                }
            }
        }
    }
    checked
}

/// A provider that is called after its kind.
fn entry(kind: ProviderKind) -> ProviderEntry {
    let name = ProviderName::parse(kind.as_str()).expect("the kinds' own names are names");
    ProviderEntry::new(name, kind)
}

fn azure(loader: &mut Loader) -> Option<ProviderEntry> {
    let api_key = loader.secret(&known::AZURE_OPENAI.api_key)?;
    let api_version = loader.optional(&known::AZURE_API_VERSION);
    let base_url = loader.parse(&known::AZURE_OPENAI.base_url);
    if base_url.is_none() {
        // The guide's chart has a place for the key and none for the address: such an installation has to start.
        loader.warn(
            "AZURE_OPENAI_API_KEY is given without AZURE_OPENAI_BASE_URL: the provider `azure-openai` is not registered"
                .to_owned(),
        );
        return None;
    }
    Some(ProviderEntry {
        api_key: Some(api_key),
        base_url,
        api_version,
        ..entry(ProviderKind::AzureOpenai)
    })
}

fn bedrock(loader: &mut Loader) -> Option<ProviderEntry> {
    let is_enabled = loader.flag(&known::BEDROCK_ENABLED);
    let bedrock = ProviderEntry {
        base_url: loader.parse(&known::BEDROCK_BASE_URL),
        api_key: loader.secret(&known::BEDROCK_API_KEY),
        access_key: loader.secret(&known::AWS_ACCESS_KEY_ID),
        secret_key: loader.secret(&known::AWS_SECRET_ACCESS_KEY),
        session_token: loader.secret(&known::AWS_SESSION_TOKEN),
        region: loader.optional(&known::AWS_REGION),
        ..entry(ProviderKind::Bedrock)
    };
    is_enabled.then_some(bedrock)
}

fn vertex(loader: &mut Loader) -> Option<ProviderEntry> {
    let vertex = ProviderEntry {
        base_url: loader.parse(&known::VERTEX_BASE_URL),
        api_key: loader.secret(&known::VERTEX_CREDENTIALS),
        project: loader.optional(&known::VERTEX_PROJECT),
        region: loader.optional(&known::VERTEX_LOCATION),
        ..entry(ProviderKind::Vertex)
    };
    (vertex.project.is_some() || vertex.api_key.is_some()).then_some(vertex)
}

/// What is said of one more provider: the endings of the properties, and their values.
type Said = BTreeMap<&'static str, String>;

/// What `DVARA_PROVIDER_…` and `DVARA_PROVIDERS_<n>_…` say, in the order of their numbers.
fn more(loader: &mut Loader) -> Vec<(String, Said)> {
    let mut all: BTreeMap<String, Said> = BTreeMap::new();
    for (ending, one, many) in MORE_PROVIDERS {
        let single = if one.secret {
            loader.secret(one).map(|secret| secret.expose().clone())
        } else {
            loader.optional(one)
        };
        let single = single.map(|value| ("dvara.provider".to_owned(), value));
        let numbered = loader.entries(many).into_iter();
        let numbered = numbered.map(|(number, value)| (format!("dvara.providers.{number}"), value));
        for (place, value) in single.into_iter().chain(numbered) {
            all.entry(place).or_default().insert(ending, value);
        }
    }
    all.into_iter().collect()
}

fn read(place: &str, said: &Said) -> Result<Provider, Vec<Problem>> {
    let mut problems = Vec::new();
    let text = |ending: &str| said.get(ending).cloned();
    let secret = |ending: &str| text(ending).map(Secret::new);
    let kind = match said.get("type").map(|text| kind_of(text)) {
        Some(Ok(kind)) => Some(kind),
        Some(Err(why)) => {
            problems.push(Problem::new(format!("{place}.type: {why}")));
            None
        }
        None => {
            let missing = Problem::new(format!("{place}: the type is missing"));
            problems.push(missing.fix("set its `type`"));
            None
        }
    };
    let name = text("name").or_else(|| kind.map(|kind| kind.as_str().to_owned()));
    let name = name.and_then(|name| match ProviderName::parse(&name) {
        Ok(name) => Some(name),
        Err(error) => {
            problems.push(Problem::new(format!("{place}.name: {error}")));
            None
        }
    });
    let base_url = said
        .get("base-url")
        .and_then(|url| match url.parse::<Url>() {
            Ok(url) => Some(url),
            Err(error) => {
                let problem = format!("{place}.base-url: `{url}` is no URL: {error}");
                problems.push(Problem::new(problem));
                None
            }
        });
    let (Some(name), Some(kind), true) = (name, kind, problems.is_empty()) else {
        return Err(problems);
    };
    let entry = ProviderEntry {
        base_url,
        api_key: secret("api-key"),
        access_key: secret("access-key"),
        secret_key: secret("secret-key"),
        session_token: secret("session-token"),
        region: text("region"),
        project: text("project"),
        api_version: text("api-version"),
        ..ProviderEntry::new(name, kind)
    };
    entry.check().map_err(|wrong| {
        let wrong = wrong.iter();
        wrong.map(|wrong| problem(place, wrong)).collect()
    })
}

fn problem(place: &str, wrong: &WrongEntry) -> Problem {
    let WrongEntry { field, problem } = wrong;
    Problem::new(format!("{place}.{}: {problem}", field.replace('_', "-")))
}

/// The variable whose key registers a kind of provider.
pub(crate) fn key_variable(kind: ProviderKind) -> &'static str {
    let keyed = known::KEYED.iter().find(|keyed| keyed.kind == kind);
    keyed.map_or("a key for it", |keyed| keyed.api_key.env[0])
}

/// The kind of a text, or why there is none.
pub(crate) fn kind_of(text: &str) -> Result<ProviderKind, String> {
    ProviderKind::parse(text).ok_or_else(|| {
        let known: Vec<&str> = ProviderKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!(
            "`{text}` is no kind of provider; use one of {}",
            known.join(", ")
        )
    })
}
