//! `output_schemas`: what answers have to look like (data-plane.md §15).

use chrono::{DateTime, Utc};
use dvara_types::{Glob, OutputSchemaId, RouteId, TenantId};
use serde_json::Value;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use crate::error::StoreError;
use crate::statements::{query, statements};

/// The table's name, as broken rows are reported under it.
pub const TABLE: &str = "output_schemas";

statements! {
    // The order decides between schemas of the same reach.
    ALL = "SELECT id, tenant_id, model_pattern, route_id, schema, enabled, created_at, updated_at \
           FROM dvara_main.output_schemas ORDER BY created_at, id";
    ENABLED = "SELECT id, tenant_id, model_pattern, route_id, schema, enabled, created_at, updated_at \
               FROM dvara_main.output_schemas WHERE enabled ORDER BY created_at, id";
    ONE = "SELECT id, tenant_id, model_pattern, route_id, schema, enabled, created_at, updated_at \
           FROM dvara_main.output_schemas WHERE id = $1";
    INSERT = "INSERT INTO dvara_main.output_schemas (id, tenant_id, model_pattern, route_id, schema) \
              VALUES ($1, $2, $3, $4, $5) \
              RETURNING id, tenant_id, model_pattern, route_id, schema, enabled, created_at, updated_at";
    UPDATE = "UPDATE dvara_main.output_schemas \
              SET model_pattern = $2, route_id = $3, schema = $4, enabled = $5, updated_at = now() WHERE id = $1 \
              RETURNING id, tenant_id, model_pattern, route_id, schema, enabled, created_at, updated_at";
    DELETE = "DELETE FROM dvara_main.output_schemas WHERE id = $1";
}

/// A row as it lies in the table.
#[derive(Debug, Clone)]
pub struct OutputSchemaRow {
    /// Its id.
    pub id: String,
    /// Whose answers it is for; everybody's when absent.
    pub tenant_id: Option<String>,
    /// For which models.
    pub model_pattern: Option<String>,
    /// For the calls of which route.
    pub route_id: Option<String>,
    /// The schema.
    pub schema: Value,
    /// Whether answers are held against it.
    pub enabled: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// An output schema.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputSchemaRecord {
    /// Its id.
    pub id: OutputSchemaId,
    /// Whose answers it is for; one without a tenant is for everybody's.
    pub tenant: Option<TenantId>,
    /// For the answers of which models; all when absent.
    pub model_pattern: Option<Glob>,
    /// For the calls of which route; all when absent. There is a pattern or a route or both.
    pub route: Option<RouteId>,
    /// The schema.
    pub schema: Value,
    /// Whether answers are held against it.
    pub enabled: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl OutputSchemaRow {
    /// The record in this row. Whether the schema compiles is not asked here.
    ///
    /// # Errors
    /// What is wrong with the row.
    pub fn record(self) -> Result<OutputSchemaRecord, String> {
        let tenant = self.tenant_id.as_deref().map(TenantId::parse);
        let route = self.route_id.as_deref().map(RouteId::parse);
        Ok(OutputSchemaRecord {
            id: OutputSchemaId::parse(&self.id).map_err(|error| error.to_string())?,
            tenant: tenant.transpose().map_err(|error| error.to_string())?,
            model_pattern: self.model_pattern.map(Glob::new),
            route: route.transpose().map_err(|error| error.to_string())?,
            schema: self.schema,
            enabled: self.enabled,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

fn read(row: &PgRow) -> Result<OutputSchemaRow, sqlx::Error> {
    Ok(OutputSchemaRow {
        id: row.try_get("id")?,
        tenant_id: row.try_get("tenant_id")?,
        model_pattern: row.try_get("model_pattern")?,
        route_id: row.try_get("route_id")?,
        schema: row.try_get("schema")?,
        enabled: row.try_get("enabled")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

async fn read_all(
    connection: &mut PgConnection,
    statement: &'static str,
) -> Result<Vec<OutputSchemaRow>, StoreError> {
    let doing = StoreError::doing("read output schemas");
    let rows = query(statement)
        .fetch_all(connection)
        .await
        .map_err(&doing)?;
    rows.iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(&doing)
}

/// Every schema, in the order they were made.
pub(crate) async fn all(connection: &mut PgConnection) -> Result<Vec<OutputSchemaRow>, StoreError> {
    read_all(connection, ALL).await
}

/// The schemas that answers are held against, in the order they were made.
pub(crate) async fn enabled(
    connection: &mut PgConnection,
) -> Result<Vec<OutputSchemaRow>, StoreError> {
    read_all(connection, ENABLED).await
}

pub(crate) async fn one(
    connection: &mut PgConnection,
    id: &OutputSchemaId,
) -> Result<Option<OutputSchemaRow>, StoreError> {
    let doing = StoreError::doing("read an output schema");
    let row = query(ONE)
        .bind(id.as_str())
        .fetch_optional(connection)
        .await
        .map_err(&doing)?;
    row.as_ref().map(read).transpose().map_err(&doing)
}

/// What is written of a schema; the database adds the times.
pub(crate) struct NewRow<'a> {
    pub(crate) id: &'a OutputSchemaId,
    pub(crate) tenant: Option<&'a TenantId>,
    pub(crate) model_pattern: Option<&'a Glob>,
    pub(crate) route: Option<&'a RouteId>,
    pub(crate) schema: &'a Value,
}

/// Writes a new schema, enabled.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    schema: NewRow<'_>,
) -> Result<OutputSchemaRow, StoreError> {
    let doing = StoreError::doing("write an output schema");
    let row = query(INSERT)
        .bind(schema.id.as_str())
        .bind(schema.tenant.map(TenantId::as_str))
        .bind(schema.model_pattern.map(Glob::as_str))
        .bind(schema.route.map(RouteId::as_str))
        .bind(schema.schema)
        .fetch_one(connection)
        .await
        .map_err(&doing)?;
    read(&row).map_err(&doing)
}

/// Writes a schema over what it was.
pub(crate) async fn update(
    connection: &mut PgConnection,
    schema: &OutputSchemaRecord,
) -> Result<OutputSchemaRow, StoreError> {
    let doing = StoreError::doing("write an output schema");
    let row = query(UPDATE)
        .bind(schema.id.as_str())
        .bind(schema.model_pattern.as_ref().map(Glob::as_str))
        .bind(schema.route.as_ref().map(RouteId::as_str))
        .bind(&schema.schema)
        .bind(schema.enabled)
        .fetch_one(connection)
        .await
        .map_err(&doing)?;
    read(&row).map_err(&doing)
}

/// Deletes a schema; whether there was one.
pub(crate) async fn delete(
    connection: &mut PgConnection,
    id: &OutputSchemaId,
) -> Result<bool, StoreError> {
    let done = query(DELETE)
        .bind(id.as_str())
        .execute(connection)
        .await
        .map_err(StoreError::doing("delete an output schema"))?;
    Ok(done.rows_affected() > 0)
}
