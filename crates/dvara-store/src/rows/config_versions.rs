//! `config_versions`: one number per area of configuration, which grows in the transaction that changes the area.

use std::collections::HashMap;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Executor, Postgres, Row};

use crate::error::StoreError;
use crate::statements::{query, statements};

/// The channel on which a change is announced, with the area as payload.
pub const CHANNEL: &str = "dvara_config";

statements! {
    ALL = "SELECT area, version FROM dvara_main.config_versions";
    LOCK = "SELECT area FROM dvara_main.config_versions WHERE area = ANY($1) ORDER BY area FOR UPDATE";
    BUMP = "UPDATE dvara_main.config_versions SET version = version + 1, changed_at = now() WHERE area = ANY($1)";
    // The channel is a literal here and in CHANNEL; a test holds them together.
    NOTIFY = "SELECT pg_notify('dvara_config', area) FROM unnest($1::text[]) AS area";
}

/// A part of configuration that is read, compiled and swapped in as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Area {
    /// API keys.
    ApiKeys,
    /// Output schemas.
    OutputSchemas,
    /// Policies.
    Policies,
    /// Prompt templates.
    PromptTemplates,
    /// Provider credentials.
    ProviderCredentials,
    /// Routes.
    Routes,
    /// Tenants.
    Tenants,
}

impl Area {
    /// Every area that this binary knows.
    pub const ALL: [Self; 7] = [
        Self::ApiKeys,
        Self::OutputSchemas,
        Self::Policies,
        Self::PromptTemplates,
        Self::ProviderCredentials,
        Self::Routes,
        Self::Tenants,
    ];

    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApiKeys => "api_keys",
            Self::OutputSchemas => "output_schemas",
            Self::Policies => "policies",
            Self::PromptTemplates => "prompt_templates",
            Self::ProviderCredentials => "provider_credentials",
            Self::Routes => "routes",
            Self::Tenants => "tenants",
        }
    }
}

/// The version of every area; areas that this binary does not know are left out.
pub type Versions = HashMap<Area, i64>;

/// Reads all versions, by the simple protocol: one round trip, and any pooler passes it on.
pub(crate) async fn all<'c>(
    executor: impl Executor<'c, Database = Postgres>,
) -> Result<Versions, StoreError> {
    let doing = StoreError::doing("read the versions of the configuration");
    let rows = sqlx::raw_sql(ALL)
        .fetch_all(executor)
        .await
        .map_err(&doing)?;
    let mut versions = Versions::new();
    for row in rows {
        let (area, version) = read(&row).map_err(&doing)?;
        if let Some(area) = Area::ALL.into_iter().find(|known| known.as_str() == area) {
            versions.insert(area, version);
        }
    }
    Ok(versions)
}

fn read(row: &PgRow) -> Result<(String, i64), sqlx::Error> {
    Ok((row.try_get("area")?, row.try_get("version")?))
}

/// Keeps everybody else from changing these areas until the transaction ends. Always in the same order.
pub(crate) async fn lock(connection: &mut PgConnection, areas: &[Area]) -> Result<(), StoreError> {
    let found = query(LOCK)
        .bind(texts(areas))
        .fetch_all(connection)
        .await
        .map_err(StoreError::doing("lock the configuration"))?;
    if found.len() == areas.len() {
        Ok(())
    } else {
        Err(StoreError::Inconsistent(
            "dvara_main.config_versions misses an area".to_owned(),
        ))
    }
}

/// Marks areas as changed and wakes whoever listens when the transaction commits.
pub(crate) async fn bump(connection: &mut PgConnection, areas: &[Area]) -> Result<(), StoreError> {
    let doing = StoreError::doing("note that the configuration changed");
    query(BUMP)
        .bind(texts(areas))
        .execute(&mut *connection)
        .await
        .map_err(&doing)?;
    query(NOTIFY)
        .bind(texts(areas))
        .execute(connection)
        .await
        .map_err(&doing)?;
    Ok(())
}

fn texts(areas: &[Area]) -> Vec<&'static str> {
    areas.iter().map(|area| area.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_channel_that_is_notified_is_the_one_that_is_listened_to() {
        assert!(NOTIFY.contains(&format!("'{CHANNEL}'")));
    }
}
