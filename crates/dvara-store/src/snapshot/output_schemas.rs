//! The output schemas in force, compiled, and which of them an answer is held against.

use std::sync::Arc;

use dvara_governance::schema::Schema;
use dvara_types::{Glob, OutputSchemaId, RouteId, TenantId};

use super::BrokenRow;
use crate::rows::output_schemas::{self, OutputSchemaRecord, OutputSchemaRow};

/// An output schema in force.
#[derive(Debug)]
pub struct OutputSchema {
    /// Its id, for logs.
    pub id: OutputSchemaId,
    /// What answers are held against.
    pub schema: Schema,
}

#[derive(Debug, Default)]
pub(super) struct OutputSchemas {
    /// In the order they were made.
    entries: Vec<Entry>,
    broken: Vec<BrokenRow>,
}

#[derive(Debug)]
struct Entry {
    tenant: Option<TenantId>,
    model_pattern: Option<Glob>,
    route: Option<RouteId>,
    compiled: Arc<OutputSchema>,
}

impl OutputSchemas {
    pub(super) fn compile(rows: Vec<OutputSchemaRow>) -> Self {
        let mut records: Vec<OutputSchemaRecord> = Vec::with_capacity(rows.len());
        let mut schemas = Self::default();
        for row in rows.into_iter().filter(|row| row.enabled) {
            let id = row.id.clone();
            match row.record() {
                Ok(record) => records.push(record),
                Err(reason) => schemas.note_broken(id, reason),
            }
        }
        records.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        for record in records {
            match Schema::compile(&record.schema) {
                Ok(schema) => schemas.entries.push(Entry {
                    tenant: record.tenant,
                    model_pattern: record.model_pattern,
                    route: record.route,
                    compiled: Arc::new(OutputSchema {
                        id: record.id,
                        schema,
                    }),
                }),
                Err(error) => schemas.note_broken(record.id.to_string(), error.to_string()),
            }
        }
        schemas
    }

    fn note_broken(&mut self, id: String, reason: String) {
        self.broken.push(BrokenRow {
            table: output_schemas::TABLE,
            id,
            reason,
        });
    }

    /// The schema that goes first among those that fit: a tenant's own before everybody's, one for a model and a route
    /// before one for either, an older one before a newer.
    pub(super) fn find(
        &self,
        tenant: Option<&TenantId>,
        model: &str,
        route: Option<&RouteId>,
    ) -> Option<&Arc<OutputSchema>> {
        let mut first: Option<&Entry> = None;
        for entry in &self.entries {
            if first.is_none_or(|first| entry.precedence() > first.precedence())
                && entry.fits(tenant, model, route)
            {
                first = Some(entry);
            }
        }
        first.map(|entry| &entry.compiled)
    }

    pub(super) fn broken(&self) -> &[BrokenRow] {
        &self.broken
    }
}

impl Entry {
    fn precedence(&self) -> (bool, bool) {
        let for_both = self.model_pattern.is_some() && self.route.is_some();
        (self.tenant.is_some(), for_both)
    }

    fn fits(&self, tenant: Option<&TenantId>, model: &str, route: Option<&RouteId>) -> bool {
        let is_the_tenant_s = self.tenant.is_none() || self.tenant.as_ref() == tenant;
        let is_the_route_s = self.route.is_none() || self.route.as_ref() == route;
        let pattern = self.model_pattern.as_ref();
        is_the_tenant_s && is_the_route_s && pattern.is_none_or(|pattern| pattern.matches(model))
    }
}
