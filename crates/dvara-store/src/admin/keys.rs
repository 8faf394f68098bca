//! API keys: made, shown once, and withdrawn for good. There is no way back from revoked.

use chrono::{DateTime, Utc};
use dvara_crypto::{Secret, api_key};
use dvara_types::{ApiKeyId, ApiKeyRecord, KeyHash, KeyStatus, Scope, Scopes, TenantId};
use sqlx::PgConnection;

use super::fields::Fields;
use super::{Action, Admin, AdminError, id_seed};
use crate::error::StoreError;
use crate::file::nearest::nearest;
use crate::rows::api_keys::{self, ApiKeyRow, HASH_IS_UNIQUE};
use crate::rows::config_versions::Area;
use crate::rows::tenants;
use crate::sqlstate::{self, Failure};

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Whose it is.
    pub tenant: TenantId,
    /// A name for people; unique among the tenant's keys in use.
    pub name: String,
    /// What it may do; empty means everything.
    pub scopes: Scopes,
    /// When it stops working by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

impl NewKey {
    /// A key that may do everything and does not expire.
    pub fn new(tenant: TenantId, name: impl Into<String>) -> Self {
        Self {
            tenant,
            name: name.into(),
            scopes: Scopes::default(),
            expires_at: None,
        }
    }
}

/// A key that was made.
#[derive(Debug, Clone)]
pub struct CreatedKey {
    /// What the store knows of it.
    pub record: ApiKeyRecord,
    /// The key itself. It is nowhere else: whoever loses it makes a new one.
    pub key: Secret<String>,
}

impl Admin<'_> {
    /// Makes a key.
    ///
    /// # Errors
    /// When a field is wrong, the tenant does not exist, or it has a key of this name in use.
    pub async fn create_key(&self, new: NewKey) -> Result<CreatedKey, AdminError> {
        let mut fields = Fields::default();
        let name = check_name(&mut fields, "name", &new.name);
        let scopes = check_scopes(&mut fields, "scopes", &new.scopes.0);
        if new.expires_at.is_some_and(|end| end <= Utc::now()) {
            fields.refuse("expires_at", "must lie in the future");
        }
        fields.check()?;
        let key = api_key::generate(rand::random());
        let record = ApiKeyRecord {
            id: new_id(),
            tenant: new.tenant,
            name,
            prefix: api_key::display_prefix(key.expose()),
            hash: api_key::hash(key.expose()),
            scopes,
            status: KeyStatus::Active,
            expires_at: new.expires_at,
        };
        let mut change = self
            .begin(Action::ApiKeyCreated, record.id.as_str(), &[Area::ApiKeys])
            .await?;
        if tenants::one(change.connection(), &record.tenant)
            .await?
            .is_none()
        {
            return Err(AdminError::NotFound {
                what: "tenant",
                id: record.tenant.to_string(),
            });
        }
        insert_key(change.connection(), &record).await?;
        change.commit().await?;
        Ok(CreatedKey { record, key })
    }

    /// Withdraws a key for good; every replica refuses it within a second. Revoking twice changes nothing.
    ///
    /// # Errors
    /// When there is no such key.
    pub async fn revoke_key(&self, id: &ApiKeyId) -> Result<ApiKeyRecord, AdminError> {
        let mut change = self
            .begin(Action::ApiKeyRevoked, id.as_str(), &[Area::ApiKeys])
            .await?;
        let row = api_keys::one(change.connection(), id)
            .await?
            .ok_or_else(|| AdminError::NotFound {
                what: "key",
                id: id.to_string(),
            })?;
        if api_keys::revoke(change.connection(), id).await? {
            change.commit().await?;
        } else {
            change.abandon().await?;
        }
        let revoked = ApiKeyRow {
            status: "REVOKED".to_owned(),
            ..row
        };
        revoked.record().map_err(|reason| {
            StoreError::Inconsistent(format!("key `{id}` is revoked, but broken: {reason}")).into()
        })
    }

    /// The keys that can be read, of one tenant or of all, revoked ones too.
    ///
    /// # Errors
    /// The database's.
    pub async fn keys(&self, tenant: Option<&TenantId>) -> Result<Vec<ApiKeyRecord>, AdminError> {
        let mut transaction = self.store.begin_read().await?;
        let rows = match tenant {
            Some(tenant) => api_keys::of_tenant(&mut transaction, tenant).await?,
            None => api_keys::all(&mut transaction).await?,
        };
        Ok(rows
            .into_iter()
            .filter_map(|row| row.record().ok())
            .collect())
    }
}

pub(super) fn new_id() -> ApiKeyId {
    let (millis, random) = id_seed();
    ApiKeyId::mint(millis, random)
}

pub(super) async fn insert_key(
    connection: &mut PgConnection,
    key: &ApiKeyRecord,
) -> Result<(), AdminError> {
    api_keys::insert(connection, key)
        .await
        .map_err(|error| match Failure::of(&error) {
            Failure::Duplicate if sqlstate::constraint(&error) == Some(HASH_IS_UNIQUE) => {
                AdminError::Conflict {
                    what: "a key with this value".to_owned(),
                    fix: "use another one; a revoked key's value is taken for good",
                }
            }
            Failure::Duplicate => AdminError::Conflict {
                what: format!("a key `{}` in use in tenant `{}`", key.name, key.tenant),
                fix: "choose another name, or revoke that one first",
            },
            _ => StoreError::doing("write an API key")(error).into(),
        })
}

/// A key's name: it stands beside key ids and prefixes in logs and charts, so it may not look like one.
pub(crate) fn check_name(fields: &mut Fields, field: &str, text: &str) -> String {
    let name = fields.name(field, text);
    let looks_like_prefix = name
        .strip_prefix("gw_")
        .is_some_and(|rest| rest.len() == 8 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if looks_like_prefix {
        fields.refuse(field, "must not look like the beginning of a key");
    }
    if name == "unauthenticated" {
        fields.refuse(field, "`unauthenticated` stands for calls without a key");
    }
    name
}

pub(crate) fn check_scopes(fields: &mut Fields, field: &str, scopes: &[String]) -> Scopes {
    for scope in scopes {
        if Scope::parse(scope).is_none() {
            let known = Scope::ALL.map(Scope::as_str);
            let hint = match nearest(scope, &known) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("there are {}", known.join(", ")),
            };
            fields.refuse(field, format!("`{scope}` is no scope; {hint}"));
        }
    }
    Scopes(scopes.to_vec())
}

/// A key that a person chose in a file. Its first eleven characters are shown in lists, so it has to be much longer.
///
/// # Errors
/// What is wrong with it; the key is not repeated.
pub(crate) fn check_plain_key(key: &str) -> Result<KeyHash, String> {
    if key.len() < 24 || key.len() > 512 {
        return Err("must have 24 to 512 characters; write `generate: true` to get one".to_owned());
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("must be of visible ASCII characters without spaces".to_owned());
    }
    Ok(api_key::hash(key))
}
