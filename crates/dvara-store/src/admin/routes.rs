//! Routes: written, deleted, and brought back as they were. Every version is kept.

use chrono::{DateTime, Utc};
use dvara_types::{RouteId, RouteRecord, TenantId};

use super::route_draft::{RouteDraft, check};
use super::{Action, Admin, AdminError, FieldProblem};
use crate::rows::config_versions::Area;
use crate::rows::routes::{self, RouteRow};
use crate::rows::tenants;

/// One version of a route.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteVersion {
    /// The route as it was.
    pub record: RouteRecord,
    /// Since when.
    pub since: DateTime<Utc>,
}

impl Admin<'_> {
    /// Makes a route, or a new version of it.
    ///
    /// # Errors
    /// When a field is wrong, or asks for something that is not built yet.
    pub async fn put_route(&self, draft: RouteDraft) -> Result<RouteRecord, AdminError> {
        let mut route = check(&draft).map_err(AdminError::Invalid)?;
        let mut change = self
            .begin(Action::RouteWritten, route.id.as_str(), &[Area::Routes])
            .await?;
        let connection = change.connection();
        for tenant in tenants_of(&route) {
            if tenants::one(connection, tenant).await?.is_none() {
                return Err(AdminError::NotFound {
                    what: "tenant",
                    id: tenant.to_string(),
                });
            }
        }
        let before = routes::one(connection, &route.id).await?;
        route.position = match (draft.position, &before) {
            (Some(position), _) => position,
            (None, Some(before)) => before.position,
            (None, None) => routes::next_position(connection).await?,
        };
        route.version = routes::next_version(connection, &route.id).await?;
        if let Some(before) = before.and_then(|row| row.record().ok())
            && (RouteRecord {
                version: route.version,
                ..before.clone()
            }) == route
        {
            change.abandon().await?;
            return Ok(before);
        }
        routes::put(connection, &route).await?;
        change.commit().await?;
        Ok(route)
    }

    /// Deletes a route; its versions stay and can be restored.
    ///
    /// # Errors
    /// When there is no such route.
    pub async fn delete_route(&self, id: &RouteId) -> Result<(), AdminError> {
        let mut change = self
            .begin(Action::RouteDeleted, id.as_str(), &[Area::Routes])
            .await?;
        if !routes::delete(change.connection(), id).await? {
            return Err(AdminError::NotFound {
                what: "route",
                id: id.to_string(),
            });
        }
        Ok(change.commit().await?)
    }

    /// Brings back one of a route's last ten versions, as a new version; a deleted route comes back with it.
    ///
    /// # Errors
    /// When there is no such version among the last ten, or it asks for something that this binary cannot do.
    pub async fn restore_route_version(
        &self,
        id: &RouteId,
        version: i32,
    ) -> Result<RouteRecord, AdminError> {
        let mut change = self
            .begin(Action::RouteRolledBack, id.as_str(), &[Area::Routes])
            .await?;
        let connection = change.connection();
        let row = routes::versions(connection, id)
            .await?
            .into_iter()
            .find(|row| row.version == version)
            .ok_or_else(|| AdminError::NotFound {
                what: "route version that can be restored",
                id: format!("{id} {version}"),
            })?;
        let mut route = row.record().map_err(|reason| {
            AdminError::Invalid(vec![FieldProblem {
                field: "version".to_owned(),
                problem: format!("version {version} cannot be restored: {reason}"),
            }])
        })?;
        route.version = routes::next_version(connection, id).await?;
        routes::put(connection, &route).await?;
        change.commit().await?;
        Ok(route)
    }

    /// Every stored route that can be read, in the order they are tried.
    ///
    /// # Errors
    /// The database's.
    pub async fn routes(&self) -> Result<Vec<RouteVersion>, AdminError> {
        let mut transaction = self.store.begin_read().await?;
        let rows = routes::all(&mut transaction).await?;
        Ok(rows.into_iter().filter_map(version).collect())
    }

    /// The versions of a route that can be restored, newest first.
    ///
    /// # Errors
    /// When there never was such a route.
    pub async fn route_versions(&self, id: &RouteId) -> Result<Vec<RouteVersion>, AdminError> {
        let mut transaction = self.store.begin_read().await?;
        let rows = routes::versions(&mut transaction, id).await?;
        if rows.is_empty() {
            return Err(AdminError::NotFound {
                what: "route",
                id: id.to_string(),
            });
        }
        Ok(rows.into_iter().filter_map(version).collect())
    }
}

fn version(row: RouteRow) -> Option<RouteVersion> {
    let since = row.since;
    let record = row.record().ok()?;
    Some(RouteVersion { record, since })
}

/// Every tenant that a route names.
fn tenants_of(route: &RouteRecord) -> impl Iterator<Item = &TenantId> {
    let options = &route.options;
    let of_canary = options
        .canary_config
        .iter()
        .flat_map(|canary| &canary.tenants);
    let of_shadow = options
        .shadow_config
        .iter()
        .flat_map(|shadow| &shadow.tenants);
    options.tenant.iter().chain(of_canary).chain(of_shadow)
}
