//! The route table: the file's routes, then the stored ones; the first whose pattern fits serves.

use dvara_types::{RouteRecord, TenantId};

use super::BrokenRow;
use crate::rows::routes::{self, RouteRow};

/// Where a route comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteSource {
    /// A row of the store.
    Stored,
    /// This process's `gateway.yaml`.
    File,
}

impl RouteSource {
    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::File => "file",
        }
    }
}

/// A route in force.
#[derive(Debug, Clone)]
pub struct Route {
    /// Its record.
    pub record: RouteRecord,
    /// Where it comes from.
    pub source: RouteSource,
}

#[derive(Debug)]
pub(super) struct Routes {
    routes: Vec<Route>,
    /// Some route is a tenant's own.
    has_tenants: bool,
    broken: Vec<BrokenRow>,
}

impl Routes {
    pub(super) fn compile(rows: Vec<RouteRow>, file: &[RouteRecord]) -> Self {
        let mut routes: Vec<Route> = file
            .iter()
            .map(|record| Route {
                record: record.clone(),
                source: RouteSource::File,
            })
            .collect();
        let mut stored = Vec::new();
        let mut broken = Vec::new();
        for row in rows {
            let id = row.id.clone();
            match row.record() {
                Ok(record) => stored.push(Route {
                    record,
                    source: RouteSource::Stored,
                }),
                Err(reason) => broken.push(BrokenRow {
                    table: routes::TABLE,
                    id,
                    reason,
                }),
            }
        }
        stored.sort_by(|a, b| {
            (a.record.position, &a.record.id).cmp(&(b.record.position, &b.record.id))
        });
        routes.append(&mut stored);
        Self {
            has_tenants: routes
                .iter()
                .any(|route| route.record.options.tenant.is_some()),
            routes,
            broken,
        }
    }

    /// The route of a model: a tenant's own before everybody's.
    pub(super) fn route_for(&self, model: &str, tenant: Option<&TenantId>) -> Option<&Route> {
        let mut of_everybody = None;
        for route in &self.routes {
            let record = &route.record;
            match &record.options.tenant {
                None if of_everybody.is_some() => {}
                Some(owner) if tenant != Some(owner) => {}
                _ if !record.model_pattern.matches(model) => {}
                Some(_) => return Some(route),
                // Without routes of tenants the first that fits is the one, as it stands.
                None if !self.has_tenants => return Some(route),
                None => of_everybody = Some(route),
            }
        }
        of_everybody
    }

    pub(super) fn all(&self) -> &[Route] {
        &self.routes
    }

    pub(super) fn broken(&self) -> &[BrokenRow] {
        &self.broken
    }
}
