//! `providers[]`: name, type, api_key, base_url, and what the clouds need beside.

use dvara_crypto::Secret;
use dvara_types::{ProviderKind, ProviderName};
use url::Url;

use super::nearest::nearest;
use super::reader::{Placed, Reading, Section};
use crate::snapshot::{Provider, ProviderEntry, WrongEntry};

pub(super) fn read(entries: &[Placed<'_>], reading: &mut Reading) -> Vec<Provider> {
    let mut providers: Vec<Provider> = Vec::new();
    for entry in entries {
        let Some(mut section) = Section::at(entry, reading) else {
            continue;
        };
        let provider = read_one(&mut section);
        if let Some(provider) = provider {
            if providers.iter().any(|other| other.name == provider.name) {
                section.refuse(
                    "name",
                    format!("there are two providers `{}`", provider.name),
                );
            } else {
                providers.push(provider);
            }
        }
        section.finish();
    }
    providers
}

fn read_one(section: &mut Section<'_, '_>) -> Option<Provider> {
    let kind = section.required("type");
    let kind = kind.and_then(|text| read_kind(section, text.trim()));
    // Without a name of its own a provider is called after its type.
    let name = section
        .text("name")
        .or_else(|| kind.map(|kind| kind.as_str().to_owned()));
    let name = name.and_then(|name| match ProviderName::parse(name.trim()) {
        Ok(name) => Some(name),
        Err(error) => {
            section.refuse("name", error);
            None
        }
    });
    let base_url = section
        .text("base_url")
        .and_then(|text| read_url(section, text.trim()));
    let secrets = ["api_key", "access_key", "secret_key", "session_token"];
    let [api_key, access_key, secret_key, session_token] =
        secrets.map(|key| section.text(key).map(Secret::new));
    let [region, project, api_version] =
        ["region", "project", "api_version"].map(|key| section.text(key));
    let entry = ProviderEntry {
        base_url,
        api_key,
        access_key,
        secret_key,
        session_token,
        region,
        project,
        api_version,
        ..ProviderEntry::new(name?, kind?)
    };
    match entry.check() {
        Ok(provider) => Some(provider),
        Err(wrong) => {
            for WrongEntry { field, problem } in wrong {
                section.refuse(field, problem);
            }
            None
        }
    }
}

fn read_kind(section: &mut Section<'_, '_>, text: &str) -> Option<ProviderKind> {
    let kind = ProviderKind::parse(text);
    if kind.is_none() {
        let known = ProviderKind::ALL.map(ProviderKind::as_str);
        let problem = match nearest(text, &known) {
            Some(near) => format!("`{text}` is no type of provider; did you mean `{near}`?"),
            None => format!(
                "`{text}` is no type of provider; there are {}",
                known.join(", ")
            ),
        };
        section.refuse("type", problem);
    }
    kind
}

fn read_url(section: &mut Section<'_, '_>, text: &str) -> Option<Url> {
    match Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            section.refuse("base_url", "must begin with https:// or http://");
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            section.refuse("base_url", "must not carry a user or password; use api_key");
        }
        Ok(url) if url.query().is_some() || url.fragment().is_some() => {
            section.refuse("base_url", "must end with its path");
        }
        Ok(url) => return Some(url),
        Err(error) => section.refuse("base_url", format!("is no URL: {error}")),
    }
    None
}
