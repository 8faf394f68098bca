//! A service account's key: an assertion signed with it is exchanged for a token (RFC 7523; Google, "Using OAuth 2.0 for Server to
//! Server Applications").

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dvara_crypto::rs256::RsaKey;
use serde::Serialize;
use url::form_urlencoded::Serializer;

use super::account::{Document, missing, secret};
use super::endpoint::Endpoint;
use super::token::{Bearer, SCOPE};
use crate::calls::Calls;
use crate::failure::LoadError;

pub(super) const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// How long a token is asked to live, in seconds: as long as Google allows.
const LIFETIME: u64 = 3_600;

#[derive(Debug)]
pub(super) struct ServiceAccount {
    email: String,
    key: RsaKey,
    key_id: Option<String>,
    endpoint: Endpoint,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'static str,
    aud: &'a str,
    iat: u64,
    exp: u64,
}

impl ServiceAccount {
    pub(super) fn of(document: Document) -> Result<Self, String> {
        let email = document.client_email;
        let email = email.ok_or_else(|| missing("client_email"))?;
        let key = secret(document.private_key, "private_key")?;
        Ok(Self {
            email,
            key: RsaKey::from_pem(key.expose())
                .map_err(|error| format!("`private_key`: {error}"))?,
            key_id: document.private_key_id,
            endpoint: Endpoint::of("token_uri", document.token_uri, TOKEN_URI)?,
        })
    }

    pub(super) async fn bearer(&self, calls: &Calls) -> Result<Bearer, LoadError> {
        let assertion = self.assertion(SystemTime::now());
        let form = Serializer::new(String::new())
            .append_pair("grant_type", GRANT)
            .append_pair("assertion", &assertion)
            .finish();
        self.endpoint.token(calls, form, None, &[&assertion]).await
    }

    fn assertion(&self, now: SystemTime) -> String {
        let iat = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let header = part(&Header {
            alg: "RS256",
            typ: "JWT",
            kid: self.key_id.as_deref(),
        });
        let claims = part(&Claims {
            iss: &self.email,
            scope: SCOPE,
            aud: self.endpoint.as_str(),
            iat,
            exp: iat + LIFETIME,
        });
        let message = format!("{header}.{claims}");
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

fn part(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).expect("texts and numbers can always be written");
    URL_SAFE_NO_PAD.encode(json)
}
