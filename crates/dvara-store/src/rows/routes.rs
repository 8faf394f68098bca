//! `routes` and `route_versions`: who serves which models, now and before.

use chrono::{DateTime, Utc};
use dvara_types::{
    Glob, RouteFallback, RouteId, RouteOptions, RouteRecord, RouteStrategy, RouteTarget,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use crate::error::StoreError;
use crate::statements::{query, statements};

/// The table's name, as broken rows are reported under it.
pub const TABLE: &str = "routes";

/// How many versions back a route can be restored.
pub const RESTORABLE_VERSIONS: i32 = 10;

statements! {
    ALL = "SELECT id, version, position, model_pattern, strategy, definition, updated_at AS since \
           FROM dvara_main.routes ORDER BY position, id";
    ONE = "SELECT id, version, position, model_pattern, strategy, definition, updated_at AS since \
           FROM dvara_main.routes WHERE id = $1";
    LAST_POSITION = "SELECT coalesce(max(position), 0) AS position FROM dvara_main.routes";
    LAST_VERSION = "SELECT coalesce(max(version), 0) AS version FROM dvara_main.route_versions WHERE route_id = $1";
    UPSERT = "INSERT INTO dvara_main.routes (id, version, position, model_pattern, strategy, definition) \
              VALUES ($1, $2, $3, $4, $5, $6) \
              ON CONFLICT (id) DO UPDATE SET version = excluded.version, position = excluded.position, \
              model_pattern = excluded.model_pattern, strategy = excluded.strategy, \
              definition = excluded.definition, updated_at = now()";
    INSERT_VERSION = "INSERT INTO dvara_main.route_versions \
                      (route_id, version, position, model_pattern, strategy, definition) \
                      VALUES ($1, $2, $3, $4, $5, $6)";
    VERSIONS = "SELECT route_id AS id, version, position, model_pattern, strategy, definition, created_at AS since \
                FROM dvara_main.route_versions WHERE route_id = $1 ORDER BY version DESC LIMIT 10";
    DELETE = "DELETE FROM dvara_main.routes WHERE id = $1";
}

/// A row as it lies in either table.
#[derive(Debug, Clone)]
pub struct RouteRow {
    /// Its id.
    pub id: String,
    /// Grows with every change.
    pub version: i32,
    /// Where it stands in the table.
    pub position: i32,
    /// Which models it serves.
    pub model_pattern: String,
    /// How it chooses among its providers.
    pub strategy: String,
    /// The rest, strictly read.
    pub definition: Value,
    /// When this version was written.
    pub since: DateTime<Utc>,
}

/// What `definition` holds. A field that this binary does not know makes the row broken: whoever wrote it meant it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Definition {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    providers: Vec<RouteTarget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned_model_version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fallbacks: Vec<RouteFallback>,
    #[serde(skip_serializing_if = "is_default")]
    options: RouteOptions,
}

fn is_default(options: &RouteOptions) -> bool {
    *options == RouteOptions::default()
}

impl RouteRow {
    /// The record in this row.
    ///
    /// # Errors
    /// What is wrong with the row.
    pub fn record(self) -> Result<RouteRecord, String> {
        let definition: Definition = serde_json::from_value(self.definition)
            .map_err(|error| format!("the definition cannot be read: {error}"))?;
        Ok(RouteRecord {
            id: RouteId::parse(&self.id).map_err(|error| error.to_string())?,
            version: self.version,
            position: self.position,
            model_pattern: Glob::new(self.model_pattern),
            strategy: RouteStrategy::parse(&self.strategy)?,
            providers: definition.providers,
            pinned_model_version: definition.pinned_model_version,
            fallbacks: definition.fallbacks,
            options: definition.options,
        })
    }
}

fn read(row: &PgRow) -> Result<RouteRow, sqlx::Error> {
    Ok(RouteRow {
        id: row.try_get("id")?,
        version: row.try_get("version")?,
        position: row.try_get("position")?,
        model_pattern: row.try_get("model_pattern")?,
        strategy: row.try_get("strategy")?,
        definition: row.try_get("definition")?,
        since: row.try_get("since")?,
    })
}

pub(crate) async fn all(connection: &mut PgConnection) -> Result<Vec<RouteRow>, StoreError> {
    let doing = StoreError::doing("read routes");
    let rows = query(ALL).fetch_all(connection).await.map_err(&doing)?;
    rows.iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(&doing)
}

pub(crate) async fn one(
    connection: &mut PgConnection,
    id: &RouteId,
) -> Result<Option<RouteRow>, StoreError> {
    let doing = StoreError::doing("read a route");
    let row = query(ONE)
        .bind(id.as_str())
        .fetch_optional(connection)
        .await
        .map_err(&doing)?;
    row.as_ref().map(read).transpose().map_err(&doing)
}

/// The position after the last route.
pub(crate) async fn next_position(connection: &mut PgConnection) -> Result<i32, StoreError> {
    let doing = StoreError::doing("find a route's position");
    let row = query(LAST_POSITION)
        .fetch_one(connection)
        .await
        .map_err(&doing)?;
    let last: i32 = row.try_get("position").map_err(&doing)?;
    Ok(last.saturating_add(1))
}

/// The number after a route's last version, deleted routes' too.
pub(crate) async fn next_version(
    connection: &mut PgConnection,
    id: &RouteId,
) -> Result<i32, StoreError> {
    let doing = StoreError::doing("find a route's version");
    let row = query(LAST_VERSION)
        .bind(id.as_str())
        .fetch_one(connection)
        .await
        .map_err(&doing)?;
    let last: i32 = row.try_get("version").map_err(&doing)?;
    Ok(last.saturating_add(1))
}

/// A route's last versions, newest first; as many as can be restored.
pub(crate) async fn versions(
    connection: &mut PgConnection,
    id: &RouteId,
) -> Result<Vec<RouteRow>, StoreError> {
    let doing = StoreError::doing("read a route's versions");
    let rows = query(VERSIONS)
        .bind(id.as_str())
        .fetch_all(connection)
        .await
        .map_err(&doing)?;
    rows.iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(&doing)
}

/// Writes a route and the version it now is.
pub(crate) async fn put(
    connection: &mut PgConnection,
    route: &RouteRecord,
) -> Result<(), StoreError> {
    for statement in [UPSERT, INSERT_VERSION] {
        query(statement)
            .bind(route.id.as_str())
            .bind(route.version)
            .bind(route.position)
            .bind(route.model_pattern.as_str())
            .bind(route.strategy.as_str())
            .bind(definition(route))
            .execute(&mut *connection)
            .await
            .map_err(StoreError::doing("write a route"))?;
    }
    Ok(())
}

fn definition(route: &RouteRecord) -> Value {
    let definition = Definition {
        providers: route.providers.clone(),
        pinned_model_version: route.pinned_model_version.clone(),
        fallbacks: route.fallbacks.clone(),
        options: route.options.clone(),
    };
    serde_json::to_value(definition).expect("names, numbers and texts are always JSON")
}

/// Deletes a route and keeps its versions; whether there was one.
pub(crate) async fn delete(
    connection: &mut PgConnection,
    id: &RouteId,
) -> Result<bool, StoreError> {
    let done = query(DELETE)
        .bind(id.as_str())
        .execute(connection)
        .await
        .map_err(StoreError::doing("delete a route"))?;
    Ok(done.rows_affected() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_versions_are_read_as_can_be_restored() {
        assert!(VERSIONS.ends_with(&format!("LIMIT {RESTORABLE_VERSIONS}")));
    }
}
