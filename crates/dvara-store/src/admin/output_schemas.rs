//! Output schemas: made, changed, switched off and on, deleted (data-plane.md §15).

use dvara_governance::schema::Schema;
use dvara_types::{Glob, OutputSchemaId, RouteId, TenantId};
use serde_json::Value;
use sqlx::PgConnection;

use super::change::Change;
use super::fields::Fields;
use super::{Action, Admin, AdminError, id_seed};
use crate::rows::config_versions::Area;
pub use crate::rows::output_schemas::OutputSchemaRecord;
use crate::rows::output_schemas::{self, NewRow, OutputSchemaRow};

/// An output schema to be made; it holds from then on.
#[derive(Debug, Clone, Default)]
pub struct NewOutputSchema {
    /// Whose answers it is for; everybody's when absent. It never changes.
    pub tenant: Option<TenantId>,
    /// For the answers of which models, with `*` and `?`.
    pub model_pattern: Option<String>,
    /// For the calls of which route.
    pub route: Option<RouteId>,
    /// The schema.
    pub schema: Value,
}

/// What is to change about an output schema; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct OutputSchemaChange {
    /// The pattern over models; `Some(None)` takes it away.
    pub model_pattern: Option<Option<String>>,
    /// The route; `Some(None)` takes it away.
    pub route: Option<Option<RouteId>>,
    /// The schema.
    pub schema: Option<Value>,
}

const AREAS: &[Area] = &[Area::OutputSchemas];

/// The longest pattern, in characters; a model's name is shorter.
const MAX_PATTERN: usize = 200;

impl Admin<'_> {
    /// Makes an output schema. Answers are held against it from then on.
    ///
    /// # Errors
    /// When it has neither a pattern nor a route (field `scope`; the API's `INVALID_OUTPUT_SCHEMA_SCOPE`), the schema is wrong, or there is no such
    /// tenant.
    pub async fn create_output_schema(
        &self,
        new: NewOutputSchema,
    ) -> Result<OutputSchemaRecord, AdminError> {
        let mut fields = Fields::default();
        let model_pattern = pattern(&mut fields, new.model_pattern);
        check_scope(&mut fields, model_pattern.as_ref(), new.route.as_ref());
        check_schema(&mut fields, &new.schema);
        fields.check()?;
        let (millis, random) = id_seed();
        let id = OutputSchemaId::mint(millis, random);
        let mut change = self
            .begin(Action::OutputSchemaCreated, id.as_str(), AREAS)
            .await?;
        change.require_tenant(new.tenant.as_ref()).await?;
        let row = NewRow {
            id: &id,
            tenant: new.tenant.as_ref(),
            model_pattern: model_pattern.as_ref(),
            route: new.route.as_ref(),
            schema: &new.schema,
        };
        let schema = record(output_schemas::insert(change.connection(), row).await?)?;
        change.commit().await?;
        Ok(schema)
    }

    /// Changes what an output schema asks for, or of which answers.
    ///
    /// # Errors
    /// As [`Self::create_output_schema`], or when there is no such schema.
    pub async fn update_output_schema(
        &self,
        id: &OutputSchemaId,
        changed: OutputSchemaChange,
    ) -> Result<OutputSchemaRecord, AdminError> {
        let mut change = self
            .begin(Action::OutputSchemaUpdated, id.as_str(), AREAS)
            .await?;
        let before = existing(change.connection(), id).await?;
        let mut next = before.clone();
        let mut fields = Fields::default();
        if let Some(changed) = changed.model_pattern {
            next.model_pattern = pattern(&mut fields, changed);
        }
        next.route = changed.route.unwrap_or(next.route);
        if let Some(schema) = changed.schema {
            check_schema(&mut fields, &schema);
            next.schema = schema;
        }
        check_scope(
            &mut fields,
            next.model_pattern.as_ref(),
            next.route.as_ref(),
        );
        fields.check()?;
        write(change, before, next).await
    }

    /// Holds answers against an output schema, or does not.
    ///
    /// # Errors
    /// When there is no such schema.
    pub async fn set_output_schema_enabled(
        &self,
        id: &OutputSchemaId,
        enabled: bool,
    ) -> Result<OutputSchemaRecord, AdminError> {
        let mut change = self
            .begin(Action::OutputSchemaUpdated, id.as_str(), AREAS)
            .await?;
        let before = existing(change.connection(), id).await?;
        let next = OutputSchemaRecord {
            enabled,
            ..before.clone()
        };
        write(change, before, next).await
    }

    /// Deletes an output schema.
    ///
    /// # Errors
    /// When there is no such schema.
    pub async fn delete_output_schema(&self, id: &OutputSchemaId) -> Result<(), AdminError> {
        let mut change = self
            .begin(Action::OutputSchemaDeleted, id.as_str(), AREAS)
            .await?;
        if !output_schemas::delete(change.connection(), id).await? {
            return Err(no_schema(id));
        }
        Ok(change.commit().await?)
    }

    /// Every output schema that can be read, in the order they were made.
    ///
    /// # Errors
    /// The database's.
    pub async fn output_schemas(&self) -> Result<Vec<OutputSchemaRecord>, AdminError> {
        let mut transaction = self.store.begin_read().await?;
        let rows = output_schemas::all(&mut transaction).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| row.record().ok())
            .collect())
    }
}

/// Writes a schema, unless it says the same as before.
async fn write(
    mut change: Change,
    before: OutputSchemaRecord,
    next: OutputSchemaRecord,
) -> Result<OutputSchemaRecord, AdminError> {
    if next == before {
        change.abandon().await?;
        return Ok(before);
    }
    let schema = record(output_schemas::update(change.connection(), &next).await?)?;
    change.commit().await?;
    Ok(schema)
}

async fn existing(
    connection: &mut PgConnection,
    id: &OutputSchemaId,
) -> Result<OutputSchemaRecord, AdminError> {
    let row = output_schemas::one(connection, id).await?;
    record(row.ok_or_else(|| no_schema(id))?)
}

fn record(row: OutputSchemaRow) -> Result<OutputSchemaRecord, AdminError> {
    let id = row.id.clone();
    row.record()
        .map_err(|reason| AdminError::broken_row(output_schemas::TABLE, &id, &reason))
}

fn no_schema(id: &OutputSchemaId) -> AdminError {
    AdminError::NotFound {
        what: "output schema",
        id: id.to_string(),
    }
}

fn pattern(fields: &mut Fields, text: Option<String>) -> Option<Glob> {
    let text = text?;
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_PATTERN || text.contains(char::is_control) {
        fields.refuse(
            "model_pattern",
            "must be 1 to 200 characters without line breaks; `*` stands for all models",
        );
    }
    Some(Glob::new(text))
}

fn check_scope(fields: &mut Fields, pattern: Option<&Glob>, route: Option<&RouteId>) {
    if pattern.is_none() && route.is_none() {
        fields.refuse(
            "scope",
            "give a model pattern or a route, or both; the pattern `*` stands for all models",
        );
    }
}

fn check_schema(fields: &mut Fields, schema: &Value) {
    if schema.to_string().contains("\\u0000") {
        fields.refuse("schema", "must not contain a zero byte");
    }
    if let Err(error) = Schema::compile(schema) {
        fields.refuse("schema", error.to_string());
    }
}
