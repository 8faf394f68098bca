//! A service account that another account may act as (IAM Service Account Credentials API, `generateAccessToken`).

use chrono::DateTime;
use dvara_crypto::Secret;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde::{Deserialize, Serialize};

use super::account::{Document, Kind, missing};
use super::endpoint::Endpoint;
use super::token::{Bearer, SCOPE};
use crate::calls::{Call, Calls, Route};
use crate::failure::LoadError;

const FIELD: &str = "service_account_impersonation_url";

/// How long a token is asked to live, in seconds, unless a file says otherwise.
const LIFETIME: u64 = 3_600;

/// An account that acts as another.
pub(super) struct Impersonated {
    pub(super) source: Kind,
    pub(super) impersonation: Impersonation,
}

impl Impersonated {
    pub(super) async fn bearer(&self, calls: &Calls) -> Result<Bearer, LoadError> {
        let bearer = self.source.bearer(calls).await?;
        self.impersonation.bearer(calls, &bearer).await
    }
}

/// Whom to act as.
pub(super) struct Impersonation {
    endpoint: Endpoint,
    delegates: Vec<String>,
    lifetime: u64,
}

#[derive(Serialize)]
struct Wanted<'a> {
    scope: [&'static str; 1],
    lifetime: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    delegates: &'a [String],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    access_token: Option<String>,
    expire_time: Option<String>,
}

impl Impersonation {
    /// Of a file that may ask for it.
    pub(super) fn of(document: &Document) -> Result<Option<Self>, String> {
        let Some(url) = document.service_account_impersonation_url.clone() else {
            return Ok(None);
        };
        let options = document.service_account_impersonation.as_ref();
        Ok(Some(Self {
            endpoint: Endpoint::of(FIELD, Some(url), "")?,
            delegates: document.delegates.clone(),
            lifetime: options
                .and_then(|options| options.token_lifetime_seconds)
                .unwrap_or(LIFETIME),
        }))
    }

    /// Of a file that must ask for it.
    pub(super) fn needed_by(document: &Document) -> Result<Self, String> {
        Self::of(document)?.ok_or_else(|| missing(FIELD))
    }

    pub(super) async fn bearer(&self, calls: &Calls, by: &Bearer) -> Result<Bearer, LoadError> {
        let wanted = serde_json::to_string(&Wanted {
            scope: [SCOPE],
            lifetime: format!("{}s", self.lifetime),
            delegates: &self.delegates,
        });
        let wanted = wanted.expect("texts can always be written");
        let token = by.token.expose();
        let authorization = Secret::new(format!("Bearer {token}"));
        let call = Call::post(Route::Public, self.endpoint.as_str(), wanted)
            .with(CONTENT_TYPE, "application/json")
            .with(AUTHORIZATION, authorization.expose());
        let answer = self.endpoint.ask(calls, call).await?;
        let given: Given = self.endpoint.read(&answer, &[token])?;
        let unusable = |what: &str| self.endpoint.unusable(what);
        let token = given.access_token;
        let token = token.ok_or_else(|| unusable("`accessToken` is missing"))?;
        let until = given.expire_time.unwrap_or_default();
        let until = DateTime::parse_from_rfc3339(&until)
            .map_err(|_| unusable("`expireTime` is no time in RFC 3339"))?;
        Ok(Bearer {
            token: Secret::new(token),
            expires: until.into(),
        })
    }
}
