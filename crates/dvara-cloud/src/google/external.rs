//! Workload identity federation: another platform's token is exchanged for one of Google's (AIP-4117, RFC 8693).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dvara_crypto::Secret;
use http::HeaderName;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::account::{CredentialSource, Document, missing};
use super::endpoint::{Endpoint, refusal};
use super::impersonated::Impersonation;
use super::token::{Bearer, SCOPE};
use crate::calls::{Call, Calls, Route};
use crate::failure::LoadError;

const TOKEN_URL: &str = "https://sts.googleapis.com/v1/token";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const WANTED: &str = "urn:ietf:params:oauth:token-type:access_token";

/// What errors call the other platform's token.
const SUBJECT: &str = "subject token";

/// An account of another platform.
pub(super) struct External {
    audience: String,
    subject_token_type: String,
    source: Subject,
    /// The field that holds the token, when what is read is JSON.
    field: Option<String>,
    /// `Basic …`, where the pool wants to know the client.
    basic: Option<Secret<String>>,
    endpoint: Endpoint,
    impersonation: Option<Impersonation>,
}

enum Subject {
    File(String),
    Url(String, Vec<(HeaderName, Secret<String>)>),
}

impl External {
    pub(super) fn of(document: Document) -> Result<Self, String> {
        let impersonation = Impersonation::of(&document)?;
        if document.workforce_pool_user_project.is_some() {
            return Err(
                "`workforce_pool_user_project`: pools of people are not supported".to_owned(),
            );
        }
        let needed = |value: Option<String>, field| value.ok_or_else(|| missing(field));
        let source = document.credential_source.unwrap_or_default();
        let audience = needed(document.audience, "audience")?;
        Ok(Self {
            audience,
            subject_token_type: needed(document.subject_token_type, "subject_token_type")?,
            field: field(&source)?,
            source: Subject::of(source)?,
            basic: basic(document.client_id, document.client_secret),
            endpoint: Endpoint::of("token_url", document.token_url, TOKEN_URL)?,
            impersonation,
        })
    }

    pub(super) async fn bearer(&self, calls: &Calls) -> Result<Bearer, LoadError> {
        let subject = self.subject(calls).await?;
        let subject = subject.expose();
        let form = Serializer::new(String::new())
            .append_pair("grant_type", GRANT)
            .append_pair("audience", &self.audience)
            .append_pair("scope", SCOPE)
            .append_pair("requested_token_type", WANTED)
            .append_pair("subject_token", subject)
            .append_pair("subject_token_type", &self.subject_token_type)
            .finish();
        let basic = self.basic.as_ref();
        let bearer = self.endpoint.token(calls, form, basic, &[subject]).await?;
        match &self.impersonation {
            Some(impersonation) => impersonation.bearer(calls, &bearer).await,
            None => Ok(bearer),
        }
    }

    async fn subject(&self, calls: &Calls) -> Result<Secret<String>, LoadError> {
        let (text, place) = match &self.source {
            Subject::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|source| LoadError::File {
                    what: SUBJECT,
                    path: path.clone(),
                    source,
                })?;
                (Secret::new(text), path)
            }
            Subject::Url(url, headers) => (ask(calls, url, headers).await?, url),
        };
        let Some(field) = &self.field else {
            return Ok(Secret::new(text.expose().trim().to_owned()));
        };
        let parsed: Result<Value, _> = serde_json::from_str(text.expose());
        let whom = || format!("{SUBJECT} of {place}");
        match parsed.map_err(|error| LoadError::json(whom(), &error))? {
            Value::Object(mut object) => match object.remove(field) {
                Some(Value::String(token)) => Ok(Secret::new(token)),
                Some(_) | None => Err(LoadError::answer(
                    whom(),
                    format!("`{field}` is no text in it"),
                )),
            },
            _ => Err(LoadError::answer(whom(), "it is no JSON object")),
        }
    }
}

async fn ask(
    calls: &Calls,
    url: &str,
    headers: &[(HeaderName, Secret<String>)],
) -> Result<Secret<String>, LoadError> {
    // Metadata of a platform has no certificate; whoever has one may be anywhere.
    let route = if url.starts_with("https://") {
        Route::Public
    } else {
        Route::Local
    };
    let mut call = Call::get(route, url);
    for (name, value) in headers {
        call = call.with(name.clone(), value.expose());
    }
    let answer = calls.make(call).await.map_err(|source| LoadError::Call {
        whom: format!("{url} for the {SUBJECT}"),
        source,
    })?;
    if answer.status.is_success() {
        return Ok(Secret::new(answer.text().into_owned()));
    }
    let shown: Vec<&str> = headers
        .iter()
        .map(|(_, value)| value.expose().as_str())
        .collect();
    Err(refusal(url, &answer, &shown))
}

impl Subject {
    fn of(source: CredentialSource) -> Result<Self, String> {
        match (source.file, source.url) {
            (Some(file), None) => Ok(Self::File(file)),
            (None, Some(url)) => {
                let header = |(name, value): (String, String)| {
                    let name = HeaderName::try_from(name)
                        .map_err(|_| "`credential_source.headers` has a name that is none".to_owned())?;
                    Ok((name, Secret::new(value)))
                };
                let headers: Result<_, String> = source.headers.into_iter().map(header).collect();
                Ok(Self::Url(url, headers?))
            }
            (Some(_), Some(_)) => Err("`credential_source` has both `file` and `url`".to_owned()),
            (None, None) => Err("`credential_source` must have `file` or `url`; tokens of AWS, programs and certificates are not supported".to_owned()),
        }
    }
}

fn field(source: &CredentialSource) -> Result<Option<String>, String> {
    const NAME: &str = "credential_source.format.subject_token_field_name";
    let Some(format) = &source.format else {
        return Ok(None);
    };
    match format.kind.as_deref() {
        None | Some("text") => Ok(None),
        Some("json") => {
            let name = format.subject_token_field_name.clone();
            name.map(Some).ok_or_else(|| missing(NAME))
        }
        Some(_) => Err("`credential_source.format.type` must be `text` or `json`".to_owned()),
    }
}

/// RFC 6749 §2.3.1.
fn basic(id: Option<String>, secret: Option<String>) -> Option<Secret<String>> {
    let secret = Secret::new(secret.unwrap_or_default());
    let pair = Secret::new(format!("{}:{}", id?, secret.expose()));
    Some(Secret::new(format!(
        "Basic {}",
        STANDARD.encode(pair.expose())
    )))
}
