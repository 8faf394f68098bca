//! What is said of a provider, and whether it makes one (data-plane sheet §23, §28).

use dvara_crypto::Secret;
use dvara_types::{ProviderKind, ProviderName};
use serde_json::Value;
use url::Url;

use super::{Account, AwsAccount, GoogleAccount, Provider};

/// The region of AWS that is meant when none is named.
const AWS_REGION: &str = "us-east-1";
/// The location of Vertex AI that is meant when none is named.
const VERTEX_LOCATION: &str = "global";

/// What is said of one provider, wherever it is said.
#[derive(Debug, Clone)]
pub struct ProviderEntry {
    /// Its name.
    pub name: ProviderName,
    /// What it speaks.
    pub kind: ProviderKind,
    /// Where it is; its kind's own address otherwise.
    pub base_url: Option<Url>,
    /// Its key. For Vertex AI also the key of a service account, as JSON.
    pub api_key: Option<Secret<String>>,
    /// The id of an access key of AWS, for Bedrock. Without it, the credentials are those of the machine or pod.
    pub access_key: Option<Secret<String>>,
    /// Its secret.
    pub secret_key: Option<Secret<String>>,
    /// The token of an access key that is valid for a while only.
    pub session_token: Option<Secret<String>>,
    /// The region of Bedrock, or the location of Vertex AI.
    pub region: Option<String>,
    /// The project at Google Cloud; the service account's own otherwise.
    pub project: Option<String>,
    /// The `api-version` of Azure.
    pub api_version: Option<String>,
}

/// A field of an entry that can't be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongEntry {
    /// The field, in snake case.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl WrongEntry {
    fn new(field: &'static str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self { field, problem }
    }
}

impl ProviderEntry {
    /// An entry that says what a provider is and no more.
    pub fn new(name: ProviderName, kind: ProviderKind) -> Self {
        Self {
            name,
            kind,
            base_url: None,
            api_key: None,
            access_key: None,
            secret_key: None,
            session_token: None,
            region: None,
            project: None,
            api_version: None,
        }
    }

    /// The provider.
    ///
    /// # Errors
    /// Every field that is wrong, missing, or of no use to this kind.
    pub fn check(self) -> Result<Provider, Vec<WrongEntry>> {
        let mut wrong = self.useless();
        let provider = match self.kind {
            ProviderKind::Bedrock => self.bedrock(&mut wrong),
            ProviderKind::Vertex => self.vertex(&mut wrong),
            ProviderKind::AzureOpenai => self.azure(&mut wrong),
            kind => Some(Provider::new(self.name, kind, self.base_url, self.api_key)),
        };
        match provider {
            Some(provider) if wrong.is_empty() => Ok(provider),
            _ => Err(wrong),
        }
    }

    /// The fields that say something which this kind has no use for.
    fn useless(&self) -> Vec<WrongEntry> {
        let kind = self.kind;
        let is_aws = kind == ProviderKind::Bedrock;
        let is_google = kind == ProviderKind::Vertex;
        let mut wrong = Vec::new();
        let mut check = |said: bool, of_use: bool, field, whose: &str| {
            if said && !of_use {
                wrong.push(WrongEntry::new(field, whose));
            }
        };
        let of_bedrock = "is for providers of type bedrock";
        check(self.access_key.is_some(), is_aws, "access_key", of_bedrock);
        check(self.secret_key.is_some(), is_aws, "secret_key", of_bedrock);
        check(
            self.session_token.is_some(),
            is_aws,
            "session_token",
            of_bedrock,
        );
        check(
            self.region.is_some(),
            is_aws || is_google,
            "region",
            "is for providers of type bedrock or vertex",
        );
        check(
            self.project.is_some(),
            is_google,
            "project",
            "is for providers of type vertex",
        );
        check(
            self.api_version.is_some(),
            kind == ProviderKind::AzureOpenai,
            "api_version",
            "is for providers of type azure-openai",
        );
        check(
            self.base_url.is_some(),
            kind != ProviderKind::Mock,
            "base_url",
            "the mock provider has none",
        );
        wrong
    }

    fn bedrock(self, wrong: &mut Vec<WrongEntry>) -> Option<Provider> {
        match (&self.access_key, &self.secret_key) {
            (Some(_), None) => wrong.push(WrongEntry::new(
                "secret_key",
                "is missing beside access_key",
            )),
            (None, Some(_)) => wrong.push(WrongEntry::new(
                "access_key",
                "is missing beside secret_key",
            )),
            (None, None) if self.session_token.is_some() => wrong.push(WrongEntry::new(
                "session_token",
                "belongs to an access_key and a secret_key",
            )),
            _ => {}
        }
        let region = self.region.unwrap_or_else(|| AWS_REGION.to_owned());
        if !is_plain(&region) {
            wrong.push(WrongEntry::new("region", "must be a region of AWS"));
            return None;
        }
        let at_amazon =
            || Url::parse(&format!("https://bedrock-runtime.{region}.amazonaws.com")).ok();
        let base_url = self.base_url.or_else(at_amazon);
        Some(Provider {
            account: Some(Account::Aws(AwsAccount {
                region,
                access_key_id: self.access_key,
                secret_access_key: self.secret_key,
                session_token: self.session_token,
            })),
            ..Provider::new(self.name, self.kind, base_url, self.api_key)
        })
    }

    fn vertex(self, wrong: &mut Vec<WrongEntry>) -> Option<Provider> {
        let (key, api_key) = match self.api_key {
            Some(key) if key.expose().trim_start().starts_with('{') => (Some(key), None),
            api_key => (None, api_key),
        };
        let of_key = || project_of(key.as_ref()?);
        let project = self.project.or_else(of_key);
        let location = self.region.unwrap_or_else(|| VERTEX_LOCATION.to_owned());
        if !is_plain(&location) {
            wrong.push(WrongEntry::new("region", "must be a location of Vertex AI"));
        }
        let Some(project) = project else {
            wrong.push(WrongEntry::new(
                "project",
                "is missing: the id of the project at Google Cloud",
            ));
            return None;
        };
        if !is_plain(&project) {
            wrong.push(WrongEntry::new("project", "must be the id of a project"));
            return None;
        }
        let base_url = vertex_url(self.base_url, &project, &location);
        Some(Provider {
            account: Some(Account::Google(GoogleAccount { key })),
            ..Provider::new(self.name, self.kind, base_url, api_key)
        })
    }

    fn azure(self, wrong: &mut Vec<WrongEntry>) -> Option<Provider> {
        if self.base_url.is_none() {
            wrong.push(WrongEntry::new(
                "base_url",
                "is missing: https://<resource>.openai.azure.com/openai",
            ));
            return None;
        }
        let version = self.api_version;
        if version.as_deref().is_some_and(|version| !is_plain(version)) {
            wrong.push(WrongEntry::new(
                "api_version",
                "must be a date, as 2024-10-21",
            ));
        }
        Some(Provider {
            api_version: version,
            ..Provider::new(self.name, self.kind, self.base_url, self.api_key)
        })
    }
}

/// Where Vertex AI is for a project and a location, at Google or at another server.
fn vertex_url(server: Option<Url>, project: &str, location: &str) -> Option<Url> {
    let at_google = || {
        let host = match location {
            "global" => "aiplatform.googleapis.com".to_owned(),
            region => format!("{region}-aiplatform.googleapis.com"),
        };
        Url::parse(&format!("https://{host}")).ok()
    };
    let mut url = server.or_else(at_google)?;
    let below = url.path().trim_end_matches('/');
    let below = below.strip_suffix("/v1").unwrap_or(below);
    let path = format!("{below}/v1/projects/{project}/locations/{location}");
    url.set_path(&path);
    Some(url)
}

/// The project of a service account, by its key.
fn project_of(key: &Secret<String>) -> Option<String> {
    let key: Value = serde_json::from_str(key.expose()).ok()?;
    Some(key.get("project_id")?.as_str()?.to_owned())
}

/// Whether a word can stand in a host name or a path as it is.
fn is_plain(word: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    !word.is_empty() && !word.contains("..") && word.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: ProviderKind) -> ProviderEntry {
        ProviderEntry::new(ProviderName::parse("p").unwrap(), kind)
    }

    fn secret(text: &str) -> Option<Secret<String>> {
        Some(Secret::new(text.to_owned()))
    }

    fn url(provider: Provider) -> String {
        provider.base_url.unwrap().to_string()
    }

    fn wrong(entry: ProviderEntry) -> Vec<&'static str> {
        let wrong = entry.check().unwrap_err();
        wrong.iter().map(|wrong| wrong.field).collect()
    }

    #[test]
    fn clouds_are_where_their_regions_are() {
        let bedrock = entry(ProviderKind::Bedrock);
        assert_eq!(
            url(bedrock.clone().check().unwrap()),
            "https://bedrock-runtime.us-east-1.amazonaws.com/"
        );
        let elsewhere = ProviderEntry {
            region: Some("eu-central-1".to_owned()),
            ..bedrock
        };
        assert_eq!(
            url(elsewhere.check().unwrap()),
            "https://bedrock-runtime.eu-central-1.amazonaws.com/"
        );
        let vertex = ProviderEntry {
            project: Some("p-1".to_owned()),
            ..entry(ProviderKind::Vertex)
        };
        assert_eq!(
            url(vertex.clone().check().unwrap()),
            "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global"
        );
        let at_proxy = ProviderEntry {
            region: Some("us-central1".to_owned()),
            base_url: Some("http://x:1/v1/".parse().unwrap()),
            ..vertex
        };
        assert_eq!(
            url(at_proxy.check().unwrap()),
            "http://x:1/v1/projects/p-1/locations/us-central1"
        );
    }

    #[test]
    fn a_service_accounts_key_names_its_project_and_is_no_api_key() {
        let vertex = ProviderEntry {
            api_key: secret(r#"{"type":"service_account","project_id":"own"}"#),
            region: Some("us-east5".to_owned()),
            ..entry(ProviderKind::Vertex)
        };
        let provider = vertex.check().unwrap();
        assert!(provider.api_key.is_none());
        assert!(matches!(
            &provider.account,
            Some(Account::Google(GoogleAccount { key: Some(_) }))
        ));
        assert_eq!(
            url(provider),
            "https://us-east5-aiplatform.googleapis.com/v1/projects/own/locations/us-east5"
        );
    }

    #[test]
    fn what_is_wrong_missing_or_of_no_use_is_named() {
        let openai = ProviderEntry {
            access_key: secret("a"),
            region: Some("r".to_owned()),
            project: Some("p".to_owned()),
            api_version: Some("v".to_owned()),
            ..entry(ProviderKind::Openai)
        };
        assert_eq!(
            wrong(openai),
            ["access_key", "region", "project", "api_version"]
        );
        let half = ProviderEntry {
            access_key: secret("a"),
            region: Some("eu/../x".to_owned()),
            ..entry(ProviderKind::Bedrock)
        };
        assert_eq!(wrong(half), ["secret_key", "region"]);
        let token = ProviderEntry {
            session_token: secret("a"),
            ..entry(ProviderKind::Bedrock)
        };
        assert_eq!(wrong(token), ["session_token"]);
        assert_eq!(wrong(entry(ProviderKind::Vertex)), ["project"]);
        assert_eq!(wrong(entry(ProviderKind::AzureOpenai)), ["base_url"]);
        let mock = ProviderEntry {
            base_url: Some("http://x".parse().unwrap()),
            ..entry(ProviderKind::Mock)
        };
        assert_eq!(wrong(mock), ["base_url"]);
    }
}
