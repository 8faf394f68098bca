//! Provider credentials: sealed before they are written, replaced with or without a grace period, retired.

use std::time::Duration;

use chrono::{DateTime, Utc};
use dvara_crypto::envelope::{self, Context, Purpose};
use dvara_crypto::{Secret, api_key};
use dvara_types::{CredentialId, ProviderName, TenantId};

use super::fields::Fields;
use super::{Action, Admin, AdminError, id_seed};
use crate::rows::config_versions::Area;
use crate::rows::{credentials, tenants};

/// Longest grace period: after it the old secret should be gone from the vendor too.
const MAX_GRACE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// A credential to be stored.
#[derive(Debug, Clone)]
pub struct NewCredential {
    /// Whose it is; the platform's default when absent.
    pub tenant: Option<TenantId>,
    /// Which provider it is for.
    pub provider: ProviderName,
    /// How it is kept.
    pub mode: CredentialMode,
    /// The secret.
    pub secret: Secret<String>,
    /// How long the one it replaces may still serve where this one is taken away; not at all when absent.
    pub grace: Option<Duration>,
}

/// How a credential is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CredentialMode {
    /// Sealed, in the store.
    #[default]
    Encrypted,
    /// In a vault that the row points into. Not built yet.
    Reference,
}

/// What may be told about a stored credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialInfo {
    /// Its id.
    pub id: String,
    /// Whose it is; the platform's default when absent.
    pub tenant: Option<String>,
    /// Which provider it is for.
    pub provider: String,
    /// `ENCRYPTED` or `REFERENCE`.
    pub mode: String,
    /// `ACTIVE`, `GRACE` or `RETIRED`.
    pub status: String,
    /// Recognises the secret without showing it.
    pub fingerprint: Option<String>,
    /// How long a GRACE row serves.
    pub grace_until: Option<DateTime<Utc>>,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
}

impl Admin<'_> {
    /// Seals and stores a credential in the place of the one in use.
    ///
    /// # Errors
    /// When a field is wrong, the tenant does not exist, or there is no key to seal it with; nothing is stored then.
    pub async fn put_credential(&self, new: NewCredential) -> Result<CredentialId, AdminError> {
        check(&new)?;
        let NewCredential {
            tenant, provider, ..
        } = &new;
        let master = self.master.ok_or(AdminError::NoEncryptionPassword)?;
        let (millis, random) = id_seed();
        let id = CredentialId::mint(millis, random);
        let context = Context {
            purpose: Purpose::PROVIDER_CREDENTIAL,
            tenant: tenant.as_ref().map_or("", TenantId::as_str),
            provider: provider.as_str(),
            row: id.as_str(),
        };
        let secret = new.secret.expose();
        let sealed = envelope::seal(master, &context, rand::random(), secret.as_bytes());
        let areas = &[Area::ProviderCredentials];
        let mut change = self
            .begin(Action::ProviderCredentialWritten, id.as_str(), areas)
            .await?;
        let connection = change.connection();
        if let Some(tenant) = tenant
            && tenants::one(connection, tenant).await?.is_none()
        {
            return Err(AdminError::NotFound {
                what: "tenant",
                id: tenant.to_string(),
            });
        }
        let grace_until = match new.grace {
            Some(grace) => Some(credentials::now(connection).await? + grace),
            None => None,
        };
        let row = credentials::NewCredential {
            id: &id,
            tenant: tenant.as_ref(),
            provider,
            sealed,
            fingerprint: api_key::fingerprint(secret),
        };
        credentials::replace(connection, row, grace_until).await?;
        change.commit().await?;
        Ok(id)
    }

    /// Takes a credential out of use, a grace period included. Retiring twice changes nothing.
    ///
    /// # Errors
    /// When there is no such credential.
    pub async fn retire_credential(&self, id: &CredentialId) -> Result<(), AdminError> {
        let areas = &[Area::ProviderCredentials];
        let mut change = self
            .begin(Action::ProviderCredentialRetired, id.as_str(), areas)
            .await?;
        if credentials::retire(change.connection(), id).await? {
            return Ok(change.commit().await?);
        }
        if credentials::has(change.connection(), id).await? {
            return Ok(change.abandon().await?);
        }
        Err(AdminError::NotFound {
            what: "credential",
            id: id.to_string(),
        })
    }

    /// What may be told about all credentials, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn credentials(&self) -> Result<Vec<CredentialInfo>, AdminError> {
        let mut transaction = self.store.begin_read().await?;
        let rows = credentials::all(&mut transaction).await?;
        Ok(rows
            .into_iter()
            .map(|row| CredentialInfo {
                id: row.id,
                tenant: row.tenant_id,
                provider: row.provider,
                mode: row.mode,
                status: row.status,
                fingerprint: row.fingerprint,
                grace_until: row.grace_until,
                created_at: row.created_at,
            })
            .collect())
    }
}

fn check(new: &NewCredential) -> Result<(), AdminError> {
    let mut fields = Fields::default();
    if new.mode == CredentialMode::Reference {
        fields.refuse(
            "mode",
            "credentials in a vault (REFERENCE) are not built yet; use ENCRYPTED",
        );
    }
    let secret = new.secret.expose();
    if secret.trim().is_empty() {
        fields.refuse("secret", "must not be empty");
    } else if secret.chars().any(char::is_control) {
        fields.refuse(
            "secret",
            "must not contain line breaks or other control characters",
        );
    }
    if new.grace.is_some_and(|grace| grace > MAX_GRACE) {
        fields.refuse("grace", "must not be longer than 90 days");
    }
    fields.check()
}
