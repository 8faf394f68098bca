//! Routes: written, deleted, and brought back as they were. Every version is kept.

use chrono::{DateTime, Utc};
use dvara_types::{
    Glob, MAX_FALLBACKS, ProviderName, RouteFallback, RouteId, RouteRecord, RouteStrategy,
    RouteTarget,
};

use super::fields::Fields;
use super::{Action, Admin, AdminError, FieldProblem, id_seed};
use crate::rows::config_versions::Area;
use crate::rows::routes::{self, RouteRow};

/// A route as somebody writes it.
#[derive(Debug, Clone, Default)]
pub struct RouteDraft {
    /// Its id; one is made when absent.
    pub id: Option<String>,
    /// Where it stands; as before, or last, when absent.
    pub position: Option<i32>,
    /// Which models it serves: a glob.
    pub model_pattern: String,
    /// How it chooses; `model-prefix` when absent.
    pub strategy: Option<String>,
    /// Its providers with their weights; empty means any provider by model prefix.
    pub providers: Vec<(String, Option<u32>)>,
    /// The model that is sent upstream in place of the one asked for.
    pub pinned_model_version: Option<String>,
    /// Where calls go when the provider failed, in order: providers, and the models to ask them for.
    pub fallbacks: Vec<(String, Option<String>)>,
}

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

/// The route in a draft; its version is 0 and its position the draft's or 0.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn check(draft: &RouteDraft) -> Result<RouteRecord, Vec<FieldProblem>> {
    let mut fields = Fields::default();
    let id = match &draft.id {
        Some(id) => fields.parse("id", id),
        None => {
            let (millis, random) = id_seed();
            Some(RouteId::mint(millis, random))
        }
    };
    let pattern = fields.name("model", &draft.model_pattern);
    let strategy = match draft.strategy.as_deref().map(routes::strategy) {
        None => RouteStrategy::default(),
        Some(Ok(strategy)) => strategy,
        Some(Err(problem)) => {
            fields.refuse("strategy", problem);
            RouteStrategy::default()
        }
    };
    let providers = check_providers(&mut fields, &draft.providers);
    let pinned = draft
        .pinned_model_version
        .as_deref()
        .map(|model| fields.name("pinned_model_version", model));
    let fallbacks = check_fallbacks(&mut fields, &draft.fallbacks);
    let problems = fields.problems();
    match id {
        Some(id) if problems.is_empty() => Ok(RouteRecord {
            id,
            version: 0,
            position: draft.position.unwrap_or(0),
            model_pattern: Glob::new(pattern),
            strategy,
            providers,
            pinned_model_version: pinned,
            fallbacks,
        }),
        _ => Err(problems),
    }
}

fn check_providers(fields: &mut Fields, given: &[(String, Option<u32>)]) -> Vec<RouteTarget> {
    if given.len() > 1 {
        fields.refuse(
            "providers",
            "`model-prefix` uses one provider, and the strategies that share among several are not built yet",
        );
    }
    let mut providers = Vec::with_capacity(given.len());
    for (name, weight) in given {
        if weight.is_some_and(|weight| weight == 0) {
            fields.refuse(
                "providers",
                format!("`{name}` has weight 0 and would never be used"),
            );
        }
        match ProviderName::parse(name.trim()) {
            Ok(provider) => providers.push(RouteTarget {
                provider,
                weight: weight.unwrap_or(1),
            }),
            Err(error) => fields.refuse("providers", error.to_string()),
        }
    }
    providers
}

fn check_fallbacks(fields: &mut Fields, given: &[(String, Option<String>)]) -> Vec<RouteFallback> {
    if given.len() > MAX_FALLBACKS {
        fields.refuse(
            "fallbacks",
            format!(
                "a route has at most {MAX_FALLBACKS}, and there are {}",
                given.len()
            ),
        );
    }
    let mut fallbacks = Vec::with_capacity(given.len());
    for (name, model) in given {
        let model = model
            .as_deref()
            .map(|model| fields.name("fallbacks.model", model));
        match ProviderName::parse(name.trim()) {
            Ok(provider) => {
                let fallback = RouteFallback { provider, model };
                if fallbacks.contains(&fallback) {
                    fields.refuse("fallbacks", format!("`{name}` is given twice"));
                }
                fallbacks.push(fallback);
            }
            Err(error) => fields.refuse("fallbacks.provider", error.to_string()),
        }
    }
    fallbacks
}
