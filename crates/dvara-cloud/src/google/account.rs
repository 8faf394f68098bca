//! A credentials file, of whichever kind (AIP-4110 "Application Default Credentials", and the pages it names).

use std::collections::BTreeMap;
use std::sync::Arc;

use dvara_crypto::Secret;
use serde::Deserialize;

use super::external::External;
use super::impersonated::{Impersonated, Impersonation};
use super::service::ServiceAccount;
use super::token::Bearer;
use super::user::User;
use crate::calls::Calls;
use crate::failure::LoadError;

/// Everything that a file of any kind may say, as far as we listen. What its kind needs is asked for by name.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Document {
    #[serde(rename = "type")]
    kind: Option<String>,
    project_id: Option<String>,
    quota_project_id: Option<String>,
    // service_account
    pub(super) client_email: Option<String>,
    pub(super) private_key: Option<String>,
    pub(super) private_key_id: Option<String>,
    pub(super) token_uri: Option<String>,
    // authorized_user; external_account has the first two as well
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<String>,
    pub(super) refresh_token: Option<String>,
    // external_account
    pub(super) audience: Option<String>,
    pub(super) subject_token_type: Option<String>,
    pub(super) token_url: Option<String>,
    pub(super) credential_source: Option<CredentialSource>,
    pub(super) workforce_pool_user_project: Option<String>,
    pub(super) service_account_impersonation: Option<Lifetime>,
    // external_account and impersonated_service_account
    pub(super) service_account_impersonation_url: Option<String>,
    // impersonated_service_account
    pub(super) source_credentials: Option<Box<Document>>,
    pub(super) delegates: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Lifetime {
    pub(super) token_lifetime_seconds: Option<u64>,
}

/// Where the token of another identity provider comes from.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CredentialSource {
    pub(super) file: Option<String>,
    pub(super) url: Option<String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) format: Option<Format>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Format {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) subject_token_field_name: Option<String>,
}

/// An account that tokens are asked for.
pub(super) struct Account {
    kind: Kind,
    pub(super) project: Option<Arc<str>>,
    pub(super) quota_project: Option<String>,
}

pub(super) enum Kind {
    Service(ServiceAccount),
    User(User),
    External(Box<External>),
    Impersonated(Box<Impersonated>),
}

impl Account {
    /// Reads a file's text; `whose` is what errors call it.
    pub(super) fn parse(text: &Secret<String>, whose: &str) -> Result<Self, LoadError> {
        let document: Document = serde_json::from_str(text.expose()).map_err(|error| {
            LoadError::Settings(format!(
                "{whose}: not a credentials file in JSON (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        let project = document.project_id.clone();
        let quota_project = document.quota_project_id.clone();
        let project = project.or_else(|| quota_project.clone());
        let kind = Kind::of(document)
            .map_err(|reason| LoadError::Settings(format!("{whose}: {reason}")))?;
        Ok(Self {
            kind,
            project: project.map(Into::into),
            quota_project,
        })
    }

    /// Asks for a token.
    pub(super) async fn bearer(&self, calls: &Calls) -> Result<Bearer, LoadError> {
        self.kind.bearer(calls).await
    }
}

impl Kind {
    fn of(document: Document) -> Result<Self, String> {
        match document.kind.as_deref() {
            Some("service_account") => ServiceAccount::of(document).map(Self::Service),
            Some("authorized_user") => User::of(document).map(Self::User),
            Some("external_account") => External::of(document).map(Box::new).map(Self::External),
            Some("impersonated_service_account") => {
                let impersonation = Impersonation::needed_by(&document)?;
                let source = document.source_credentials;
                let source = source.ok_or_else(|| missing("source_credentials"))?;
                let source =
                    Self::of(*source).map_err(|what| format!("source_credentials: {what}"))?;
                if matches!(source, Self::Impersonated(_)) {
                    let what = "source_credentials: are impersonated themselves; list the accounts between in `delegates`";
                    return Err(what.to_owned());
                }
                Ok(Self::Impersonated(Box::new(Impersonated {
                    source,
                    impersonation,
                })))
            }
            Some(other) => Err(format!(
                "`type` is `{}`; service_account, authorized_user, external_account and impersonated_service_account can be used",
                other.chars().take(60).collect::<String>()
            )),
            None => Err(missing("type")),
        }
    }

    pub(super) async fn bearer(&self, calls: &Calls) -> Result<Bearer, LoadError> {
        match self {
            Self::Service(account) => account.bearer(calls).await,
            Self::User(user) => user.bearer(calls).await,
            Self::External(external) => external.bearer(calls).await,
            Self::Impersonated(impersonated) => Box::pin(impersonated.bearer(calls)).await,
        }
    }
}

/// The text for a field that a kind needs and a file does not have.
pub(super) fn missing(field: &str) -> String {
    format!("`{field}` is missing")
}

/// A secret of a file.
pub(super) fn secret(value: Option<String>, field: &str) -> Result<Secret<String>, String> {
    let value = value.filter(|value| !value.is_empty());
    value.map(Secret::new).ok_or_else(|| missing(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let text = Secret::new(text.to_owned());
        match Account::parse(&text, "the file key.json") {
            Ok(_) => panic!("it is taken"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named_with_the_file() {
        for (text, part) in [
            ("", "not a credentials file in JSON"),
            ("{}", "`type` is missing"),
            (
                r#"{"type":"gdch_service_account"}"#,
                "`type` is `gdch_service_account`",
            ),
            (r#"{"type":"service_account"}"#, "`client_email` is missing"),
            (
                r#"{"type":"service_account","client_email":"a@b","private_key":""}"#,
                "`private_key` is missing",
            ),
            (
                r#"{"type":"service_account","client_email":"a@b","private_key":"s3cret"}"#,
                "`private_key`: not an unencrypted RSA private key",
            ),
            (
                r#"{"type":"authorized_user","client_id":"x"}"#,
                "`client_secret` is missing",
            ),
            (r#"{"type":"external_account"}"#, "`audience` is missing"),
            (
                r#"{"type":"impersonated_service_account"}"#,
                "`service_account_impersonation_url` is missing",
            ),
            (
                r#"{"type":"impersonated_service_account","service_account_impersonation_url":"https://i/","source_credentials":{"type":"authorized_user"}}"#,
                "source_credentials: `client_id` is missing",
            ),
        ] {
            let text = refusal(text);
            assert!(text.starts_with("the file key.json: "), "{text}");
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_not_quoted() {
        let text = refusal(r#"{"type":"service_account","private_key":["s3cret"]}"#);
        assert!(!text.contains("s3cret"), "{text}");
    }
}
