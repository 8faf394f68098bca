//! `provider_credentials`: what tenants, or the platform, show to vendors. Sealed, or a pointer into a vault.

use chrono::{DateTime, Utc};
use dvara_types::{CredentialId, ProviderName, TenantId};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use crate::error::StoreError;
use crate::statements::{query, statements};

/// The table's name, as broken rows are reported under it.
pub const TABLE: &str = "provider_credentials";

statements! {
    // RETIRED rows serve nobody; they stay for the record.
    IN_USE = "SELECT id, tenant_id, provider, mode, sealed, secret_reference, fingerprint, status, grace_until, \
              created_at FROM dvara_main.provider_credentials WHERE status <> 'RETIRED' ORDER BY created_at, id";
    ALL = "SELECT id, tenant_id, provider, mode, sealed, secret_reference, fingerprint, status, grace_until, \
           created_at FROM dvara_main.provider_credentials ORDER BY created_at, id";
    NOW = "SELECT clock_timestamp() AS now";
    INSERT = "INSERT INTO dvara_main.provider_credentials \
              (id, tenant_id, provider, mode, sealed, secret_reference, fingerprint, status) \
              VALUES ($1, $2, $3, 'ENCRYPTED', $4, NULL, $5, 'ACTIVE')";
    // The one that served until now steps down: for a while where a time is given, else for good.
    STEP_DOWN = "UPDATE dvara_main.provider_credentials SET \
                 status = CASE WHEN $3::timestamptz IS NULL THEN 'RETIRED' ELSE 'GRACE' END, \
                 grace_until = $3, updated_at = now() \
                 WHERE tenant_id IS NOT DISTINCT FROM $1 AND provider = $2 AND status = 'ACTIVE'";
    RETIRE = "UPDATE dvara_main.provider_credentials SET status = 'RETIRED', grace_until = NULL, updated_at = now() \
              WHERE id = $1 AND status <> 'RETIRED'";
    HAS_ID = "SELECT EXISTS (SELECT FROM dvara_main.provider_credentials WHERE id = $1) AS present";
}

/// A row as it lies in the table.
#[derive(Debug, Clone)]
pub struct CredentialRow {
    /// Its id.
    pub id: String,
    /// Whose it is; the platform's when absent.
    pub tenant_id: Option<String>,
    /// Which provider it is for.
    pub provider: String,
    /// `ENCRYPTED` or `REFERENCE`.
    pub mode: String,
    /// The sealed secret of an ENCRYPTED row.
    pub sealed: Option<String>,
    /// The pointer of a REFERENCE row.
    pub secret_reference: Option<String>,
    /// Recognises the secret without showing it.
    pub fingerprint: Option<String>,
    /// `ACTIVE`, `GRACE` or `RETIRED`.
    pub status: String,
    /// How long a GRACE row serves.
    pub grace_until: Option<DateTime<Utc>>,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
}

fn read(row: &PgRow) -> Result<CredentialRow, sqlx::Error> {
    Ok(CredentialRow {
        id: row.try_get("id")?,
        tenant_id: row.try_get("tenant_id")?,
        provider: row.try_get("provider")?,
        mode: row.try_get("mode")?,
        sealed: row.try_get("sealed")?,
        secret_reference: row.try_get("secret_reference")?,
        fingerprint: row.try_get("fingerprint")?,
        status: row.try_get("status")?,
        grace_until: row.try_get("grace_until")?,
        created_at: row.try_get("created_at")?,
    })
}

/// The rows that serve, oldest first.
pub(crate) async fn in_use(
    connection: &mut PgConnection,
) -> Result<Vec<CredentialRow>, StoreError> {
    listed(connection, IN_USE).await
}

/// Every row, oldest first.
pub(crate) async fn all(connection: &mut PgConnection) -> Result<Vec<CredentialRow>, StoreError> {
    listed(connection, ALL).await
}

async fn listed(
    connection: &mut PgConnection,
    statement: &'static str,
) -> Result<Vec<CredentialRow>, StoreError> {
    let doing = StoreError::doing("read provider credentials");
    let rows = query(statement)
        .fetch_all(connection)
        .await
        .map_err(&doing)?;
    rows.iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(&doing)
}

/// The database's clock, by which grace periods end for the whole fleet.
pub(crate) async fn now(connection: &mut PgConnection) -> Result<DateTime<Utc>, StoreError> {
    let doing = StoreError::doing("read the database's clock");
    let row = query(NOW).fetch_one(connection).await.map_err(&doing)?;
    row.try_get("now").map_err(&doing)
}

/// A sealed credential to be stored.
pub(crate) struct NewCredential<'a> {
    pub(crate) id: &'a CredentialId,
    pub(crate) tenant: Option<&'a TenantId>,
    pub(crate) provider: &'a ProviderName,
    pub(crate) sealed: String,
    pub(crate) fingerprint: String,
}

/// Stores a credential; the one in its place steps down until `grace_until`. Whether there was one.
pub(crate) async fn replace(
    connection: &mut PgConnection,
    new: NewCredential<'_>,
    grace_until: Option<DateTime<Utc>>,
) -> Result<bool, StoreError> {
    let doing = StoreError::doing("store a provider credential");
    let tenant = new.tenant.map(TenantId::as_str);
    let stepped_down = query(STEP_DOWN)
        .bind(tenant)
        .bind(new.provider.as_str())
        .bind(grace_until)
        .execute(&mut *connection)
        .await
        .map_err(&doing)?;
    query(INSERT)
        .bind(new.id.as_str())
        .bind(tenant)
        .bind(new.provider.as_str())
        .bind(new.sealed)
        .bind(new.fingerprint)
        .execute(connection)
        .await
        .map_err(&doing)?;
    Ok(stepped_down.rows_affected() > 0)
}

/// Takes a credential out of use; whether it was in use until now.
pub(crate) async fn retire(
    connection: &mut PgConnection,
    id: &CredentialId,
) -> Result<bool, StoreError> {
    let done = query(RETIRE)
        .bind(id.as_str())
        .execute(connection)
        .await
        .map_err(StoreError::doing("retire a provider credential"))?;
    Ok(done.rows_affected() > 0)
}

/// Whether there is such a row.
pub(crate) async fn has(
    connection: &mut PgConnection,
    id: &CredentialId,
) -> Result<bool, StoreError> {
    let doing = StoreError::doing("look for a provider credential");
    let row = query(HAS_ID)
        .bind(id.as_str())
        .fetch_one(connection)
        .await
        .map_err(&doing)?;
    row.try_get("present").map_err(&doing)
}
