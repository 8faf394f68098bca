//! A person's credentials, as `gcloud auth application-default login` leaves them (RFC 6749 §6).

use dvara_crypto::Secret;
use url::form_urlencoded::Serializer;

use super::account::{Document, missing, secret};
use super::endpoint::Endpoint;
use super::service::TOKEN_URI;
use super::token::Bearer;
use crate::calls::Calls;
use crate::failure::LoadError;

#[derive(Debug)]
pub(super) struct User {
    client_id: String,
    client_secret: Secret<String>,
    refresh_token: Secret<String>,
    endpoint: Endpoint,
}

impl User {
    pub(super) fn of(document: Document) -> Result<Self, String> {
        let client_id = document.client_id;
        Ok(Self {
            client_id: client_id.ok_or_else(|| missing("client_id"))?,
            client_secret: secret(document.client_secret, "client_secret")?,
            refresh_token: secret(document.refresh_token, "refresh_token")?,
            endpoint: Endpoint::of("token_uri", document.token_uri, TOKEN_URI)?,
        })
    }

    pub(super) async fn bearer(&self, calls: &Calls) -> Result<Bearer, LoadError> {
        let (secret, token) = (self.client_secret.expose(), self.refresh_token.expose());
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", secret)
            .append_pair("refresh_token", token)
            .finish();
        self.endpoint
            .token(calls, form, None, &[secret, token])
            .await
    }
}
