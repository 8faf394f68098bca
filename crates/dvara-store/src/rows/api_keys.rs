//! `api_keys`: hashes of keys, whose they are and what they may do.

use chrono::{DateTime, Utc};
use dvara_types::{ApiKeyId, ApiKeyRecord, KeyHash, KeyStatus, Scopes, TenantId};
use serde_json::Value;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use crate::error::StoreError;
use crate::statements::{query, statements};

/// The table's name, as broken rows are reported under it.
pub const TABLE: &str = "api_keys";

/// The constraint that keeps a hash from being stored twice.
pub(crate) const HASH_IS_UNIQUE: &str = "api_keys_hash_is_unique";

statements! {
    ALL = "SELECT id, tenant_id, name, prefix, hash, scopes, status, expires_at \
           FROM dvara_main.api_keys ORDER BY tenant_id, id";
    OF_TENANT = "SELECT id, tenant_id, name, prefix, hash, scopes, status, expires_at \
                 FROM dvara_main.api_keys WHERE tenant_id = $1 ORDER BY id";
    ONE = "SELECT id, tenant_id, name, prefix, hash, scopes, status, expires_at \
           FROM dvara_main.api_keys WHERE id = $1";
    HAS_HASH = "SELECT EXISTS (SELECT FROM dvara_main.api_keys WHERE hash = $1) AS present";
    HAS_NAME = "SELECT EXISTS (SELECT FROM dvara_main.api_keys WHERE tenant_id = $1 AND name = $2) AS present";
    INSERT = "INSERT INTO dvara_main.api_keys (id, tenant_id, name, prefix, hash, scopes, status, expires_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    REVOKE = "UPDATE dvara_main.api_keys SET status = 'REVOKED', revoked_at = now(), updated_at = now() \
              WHERE id = $1 AND status <> 'REVOKED'";
}

/// A row as it lies in the table.
#[derive(Debug, Clone)]
pub struct ApiKeyRow {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub tenant_id: String,
    /// A name for people.
    pub name: String,
    /// The first characters of the key.
    pub prefix: String,
    /// The key's SHA-256 in hex.
    pub hash: String,
    /// A list of scopes.
    pub scopes: Value,
    /// `ACTIVE` or `REVOKED`.
    pub status: String,
    /// When it stops working by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

impl ApiKeyRow {
    /// The record in this row.
    ///
    /// # Errors
    /// What is wrong with the row; the hash itself is not repeated.
    pub fn record(self) -> Result<ApiKeyRecord, String> {
        let status = match self.status.as_str() {
            "ACTIVE" => KeyStatus::Active,
            "REVOKED" => KeyStatus::Revoked,
            other => return Err(format!("the status `{other}` is unknown")),
        };
        let scopes: Scopes = serde_json::from_value(self.scopes)
            .map_err(|_| "the scopes are no list of texts".to_owned())?;
        Ok(ApiKeyRecord {
            id: ApiKeyId::parse(&self.id).map_err(|error| error.to_string())?,
            tenant: TenantId::parse(&self.tenant_id).map_err(|error| error.to_string())?,
            name: self.name,
            prefix: self.prefix,
            hash: KeyHash::from_hex(&self.hash)
                .ok_or_else(|| "the hash is not 64 hex digits".to_owned())?,
            scopes,
            status,
            expires_at: self.expires_at,
        })
    }
}

fn status_text(status: KeyStatus) -> &'static str {
    match status {
        KeyStatus::Active => "ACTIVE",
        KeyStatus::Revoked => "REVOKED",
    }
}

fn read(row: &PgRow) -> Result<ApiKeyRow, sqlx::Error> {
    Ok(ApiKeyRow {
        id: row.try_get("id")?,
        tenant_id: row.try_get("tenant_id")?,
        name: row.try_get("name")?,
        prefix: row.try_get("prefix")?,
        hash: row.try_get("hash")?,
        scopes: row.try_get("scopes")?,
        status: row.try_get("status")?,
        expires_at: row.try_get("expires_at")?,
    })
}

pub(crate) async fn all(connection: &mut PgConnection) -> Result<Vec<ApiKeyRow>, StoreError> {
    let doing = StoreError::doing("read API keys");
    let rows = query(ALL).fetch_all(connection).await.map_err(&doing)?;
    rows.iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(&doing)
}

pub(crate) async fn of_tenant(
    connection: &mut PgConnection,
    tenant: &TenantId,
) -> Result<Vec<ApiKeyRow>, StoreError> {
    let doing = StoreError::doing("read a tenant's API keys");
    let rows = query(OF_TENANT)
        .bind(tenant.as_str())
        .fetch_all(connection)
        .await
        .map_err(&doing)?;
    rows.iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(&doing)
}

pub(crate) async fn one(
    connection: &mut PgConnection,
    id: &ApiKeyId,
) -> Result<Option<ApiKeyRow>, StoreError> {
    let doing = StoreError::doing("read an API key");
    let row = query(ONE)
        .bind(id.as_str())
        .fetch_optional(connection)
        .await
        .map_err(&doing)?;
    row.as_ref().map(read).transpose().map_err(&doing)
}

/// Whether a key with this hash is known, revoked ones too.
pub(crate) async fn has_hash(
    connection: &mut PgConnection,
    hash: &KeyHash,
) -> Result<bool, StoreError> {
    let doing = StoreError::doing("look for an API key");
    let row = query(HAS_HASH)
        .bind(hash.to_hex())
        .fetch_one(connection)
        .await
        .map_err(&doing)?;
    row.try_get("present").map_err(&doing)
}

/// Whether the tenant has or had a key of this name.
pub(crate) async fn has_name(
    connection: &mut PgConnection,
    tenant: &TenantId,
    name: &str,
) -> Result<bool, StoreError> {
    let doing = StoreError::doing("look for an API key");
    let row = query(HAS_NAME)
        .bind(tenant.as_str())
        .bind(name)
        .fetch_one(connection)
        .await
        .map_err(&doing)?;
    row.try_get("present").map_err(&doing)
}

pub(crate) async fn insert(
    connection: &mut PgConnection,
    key: &ApiKeyRecord,
) -> Result<(), sqlx::Error> {
    query(INSERT)
        .bind(key.id.as_str())
        .bind(key.tenant.as_str())
        .bind(&key.name)
        .bind(&key.prefix)
        .bind(key.hash.to_hex())
        .bind(Value::from(key.scopes.0.clone()))
        .bind(status_text(key.status))
        .bind(key.expires_at)
        .execute(connection)
        .await
        .map(drop)
}

/// Withdraws a key; whether it was in use until now.
pub(crate) async fn revoke(
    connection: &mut PgConnection,
    id: &ApiKeyId,
) -> Result<bool, StoreError> {
    let done = query(REVOKE)
        .bind(id.as_str())
        .execute(connection)
        .await
        .map_err(StoreError::doing("revoke an API key"))?;
    Ok(done.rows_affected() > 0)
}
