//! `tenants`: who is served and billed.

use dvara_types::{TenantId, TenantRecord, TenantStatus};
use serde_json::Value;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use crate::error::StoreError;
use crate::statements::{query, statements};

/// The table's name, as broken rows are reported under it.
pub const TABLE: &str = "tenants";

statements! {
    ALL = "SELECT id, name, status, metadata FROM dvara_main.tenants ORDER BY id";
    ONE = "SELECT id, name, status, metadata FROM dvara_main.tenants WHERE id = $1";
    COUNT = "SELECT count(*) AS tenants FROM dvara_main.tenants";
    INSERT = "INSERT INTO dvara_main.tenants (id, name, status, metadata) VALUES ($1, $2, $3, $4)";
    SET_STATUS = "UPDATE dvara_main.tenants SET status = $2, metadata = $3, updated_at = now() WHERE id = $1";
}

/// A row as it lies in the table.
#[derive(Debug, Clone)]
pub struct TenantRow {
    /// Its id.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// `ACTIVE` or `SUSPENDED`.
    pub status: String,
    /// An object of settings and notes.
    pub metadata: Value,
}

impl TenantRow {
    /// The record in this row.
    ///
    /// # Errors
    /// What is wrong with the row.
    pub fn record(self) -> Result<TenantRecord, String> {
        let id = TenantId::parse(&self.id).map_err(|error| error.to_string())?;
        let status = match self.status.as_str() {
            "ACTIVE" => TenantStatus::Active,
            "SUSPENDED" => TenantStatus::Suspended,
            other => return Err(format!("the status `{other}` is unknown")),
        };
        let Value::Object(metadata) = self.metadata else {
            return Err("the metadata is no JSON object".to_owned());
        };
        Ok(TenantRecord {
            id,
            name: self.name,
            status,
            metadata,
        })
    }
}

pub(crate) fn status_text(status: TenantStatus) -> &'static str {
    match status {
        TenantStatus::Active => "ACTIVE",
        TenantStatus::Suspended => "SUSPENDED",
    }
}

fn read(row: &PgRow) -> Result<TenantRow, sqlx::Error> {
    Ok(TenantRow {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        status: row.try_get("status")?,
        metadata: row.try_get("metadata")?,
    })
}

pub(crate) async fn all(connection: &mut PgConnection) -> Result<Vec<TenantRow>, StoreError> {
    let doing = StoreError::doing("read tenants");
    let rows = query(ALL).fetch_all(connection).await.map_err(&doing)?;
    rows.iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(&doing)
}

pub(crate) async fn one(
    connection: &mut PgConnection,
    id: &TenantId,
) -> Result<Option<TenantRow>, StoreError> {
    let doing = StoreError::doing("read a tenant");
    let row = query(ONE)
        .bind(id.as_str())
        .fetch_optional(connection)
        .await
        .map_err(&doing)?;
    row.as_ref().map(read).transpose().map_err(&doing)
}

pub(crate) async fn count(connection: &mut PgConnection) -> Result<u64, StoreError> {
    let doing = StoreError::doing("count tenants");
    let row = query(COUNT).fetch_one(connection).await.map_err(&doing)?;
    let count: i64 = row.try_get("tenants").map_err(&doing)?;
    Ok(count.unsigned_abs())
}

pub(crate) async fn insert(
    connection: &mut PgConnection,
    tenant: &TenantRecord,
) -> Result<(), sqlx::Error> {
    query(INSERT)
        .bind(tenant.id.as_str())
        .bind(&tenant.name)
        .bind(status_text(tenant.status))
        .bind(Value::Object(tenant.metadata.clone()))
        .execute(connection)
        .await
        .map(drop)
}

pub(crate) async fn set_status(
    connection: &mut PgConnection,
    tenant: &TenantRecord,
) -> Result<(), StoreError> {
    query(SET_STATUS)
        .bind(tenant.id.as_str())
        .bind(status_text(tenant.status))
        .bind(Value::Object(tenant.metadata.clone()))
        .execute(connection)
        .await
        .map(drop)
        .map_err(StoreError::doing("change a tenant's status"))
}
