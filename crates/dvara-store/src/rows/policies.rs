//! `policies` and `policy_versions`: which calls a tenant may make, now and before (control-plane.md §9.1).

use std::fmt;

use chrono::{DateTime, Utc};
use dvara_governance::policy::PolicyStatus;
use dvara_types::{PolicyId, TenantId};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use crate::error::StoreError;
use crate::statements::{query, statements};

/// The table's name, as broken rows are reported under it.
pub const TABLE: &str = "policies";

/// How many versions of a policy are kept, the one in force included.
pub const KEPT_VERSIONS: i32 = 10;

statements! {
    // The order decides between rules of the same priority, so it may not change from one reading to the next.
    ALL = "SELECT id, tenant_id, name, description, dsl, status, version, created_at, updated_at \
           FROM dvara_main.policies ORDER BY created_at, id";
    IN_FORCE = "SELECT id, tenant_id, name, description, dsl, status, version, created_at, updated_at \
                FROM dvara_main.policies WHERE status IN ('ACTIVE', 'SHADOW') ORDER BY created_at, id";
    ONE = "SELECT id, tenant_id, name, description, dsl, status, version, created_at, updated_at \
           FROM dvara_main.policies WHERE id = $1";
    INSERT = "INSERT INTO dvara_main.policies (id, tenant_id, name, description, dsl, status, version) \
              VALUES ($1, $2, $3, $4, $5, $6, $7) \
              RETURNING id, tenant_id, name, description, dsl, status, version, created_at, updated_at";
    UPDATE = "UPDATE dvara_main.policies \
              SET name = $2, description = $3, dsl = $4, status = $5, version = $6, updated_at = now() WHERE id = $1 \
              RETURNING id, tenant_id, name, description, dsl, status, version, created_at, updated_at";
    DELETE = "DELETE FROM dvara_main.policies WHERE id = $1";
    KEEP_VERSION = "INSERT INTO dvara_main.policy_versions (policy_id, version, name, description, dsl, status) \
                    SELECT id, version, name, description, dsl, status FROM dvara_main.policies WHERE id = $1";
    FORGET_VERSIONS = "DELETE FROM dvara_main.policy_versions WHERE policy_id = $1 AND version <= $2";
    VERSIONS = "SELECT policy_id, version, name, description, dsl, status, created_at \
                FROM dvara_main.policy_versions WHERE policy_id = $1 ORDER BY version DESC";
}

/// A row as it lies in the table. Its `Debug` leaves out what people wrote.
#[derive(Clone)]
pub struct PolicyRow {
    /// Its id.
    pub id: String,
    /// The tenant it binds; all when absent.
    pub tenant_id: Option<String>,
    /// A name for people.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its text.
    pub dsl: String,
    /// `DRAFT`, `SHADOW`, `ACTIVE` or `ARCHIVED`.
    pub status: String,
    /// Grows with every change but of the status.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A policy. Its `Debug` leaves out what people wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct PolicyRecord {
    /// Its id.
    pub id: PolicyId,
    /// The tenant it binds; a policy without one is global.
    pub tenant: Option<TenantId>,
    /// A name for people; several policies may share it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its text, YAML as control-plane.md §9.2 has it.
    pub dsl: String,
    /// Whether it is enforced.
    pub status: PolicyStatus,
    /// From 1; grows with every change but of the status.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A version of a policy. Its `Debug` leaves out what people wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// The policy.
    pub policy: PolicyId,
    /// Its number.
    pub version: i32,
    /// The name it had.
    pub name: String,
    /// What it was for.
    pub description: Option<String>,
    /// Its text.
    pub dsl: String,
    /// The policy's status when this version was written.
    pub status: PolicyStatus,
    /// When it was written.
    pub since: DateTime<Utc>,
}

impl fmt::Debug for PolicyRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PolicyRow")
            .field("id", &self.id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PolicyRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PolicyRecord")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PolicyVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PolicyVersion")
            .field("policy", &self.policy)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl PolicyRow {
    /// The record in this row. Whether its text compiles is not asked here.
    ///
    /// # Errors
    /// What is wrong with the row.
    pub fn record(self) -> Result<PolicyRecord, String> {
        let tenant = self.tenant_id.as_deref().map(TenantId::parse);
        Ok(PolicyRecord {
            id: PolicyId::parse(&self.id).map_err(|error| error.to_string())?,
            tenant: tenant.transpose().map_err(|error| error.to_string())?,
            name: self.name,
            description: self.description,
            dsl: self.dsl,
            status: status(&self.status)?,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

fn status(text: &str) -> Result<PolicyStatus, String> {
    let status: Result<PolicyStatus, _> = text.parse();
    status.map_err(|error| error.to_string())
}

fn read(row: &PgRow) -> Result<PolicyRow, sqlx::Error> {
    Ok(PolicyRow {
        id: row.try_get("id")?,
        tenant_id: row.try_get("tenant_id")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        dsl: row.try_get("dsl")?,
        status: row.try_get("status")?,
        version: row.try_get("version")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

fn read_version(row: &PgRow) -> Result<PolicyVersion, sqlx::Error> {
    let wrong = |error: String| sqlx::Error::Decode(error.into());
    let id: &str = row.try_get("policy_id")?;
    Ok(PolicyVersion {
        policy: PolicyId::parse(id).map_err(|error| wrong(error.to_string()))?,
        version: row.try_get("version")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        dsl: row.try_get("dsl")?,
        status: status(row.try_get("status")?).map_err(wrong)?,
        since: row.try_get("created_at")?,
    })
}

async fn read_all(
    connection: &mut PgConnection,
    statement: &'static str,
) -> Result<Vec<PolicyRow>, StoreError> {
    let doing = StoreError::doing("read policies");
    let rows = query(statement)
        .fetch_all(connection)
        .await
        .map_err(&doing)?;
    rows.iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(&doing)
}

/// Every policy, in the order they were made.
pub(crate) async fn all(connection: &mut PgConnection) -> Result<Vec<PolicyRow>, StoreError> {
    read_all(connection, ALL).await
}

/// The policies that meet calls, in the order they were made.
pub(crate) async fn in_force(connection: &mut PgConnection) -> Result<Vec<PolicyRow>, StoreError> {
    read_all(connection, IN_FORCE).await
}

pub(crate) async fn one(
    connection: &mut PgConnection,
    id: &PolicyId,
) -> Result<Option<PolicyRow>, StoreError> {
    let doing = StoreError::doing("read a policy");
    let row = query(ONE)
        .bind(id.as_str())
        .fetch_optional(connection)
        .await
        .map_err(&doing)?;
    row.as_ref().map(read).transpose().map_err(&doing)
}

/// What is written of a policy; the database adds the times.
pub(crate) struct NewRow<'a> {
    pub(crate) id: &'a PolicyId,
    pub(crate) tenant: Option<&'a TenantId>,
    pub(crate) name: &'a str,
    pub(crate) description: Option<&'a str>,
    pub(crate) dsl: &'a str,
}

/// Writes a policy's first version, a draft.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    policy: NewRow<'_>,
) -> Result<PolicyRow, StoreError> {
    let doing = StoreError::doing("write a policy");
    let row = query(INSERT)
        .bind(policy.id.as_str())
        .bind(policy.tenant.map(TenantId::as_str))
        .bind(policy.name)
        .bind(policy.description)
        .bind(policy.dsl)
        .bind(PolicyStatus::Draft.as_str())
        .bind(1)
        .fetch_one(&mut *connection)
        .await
        .map_err(&doing)?;
    keep_version(connection, policy.id, 1).await?;
    read(&row).map_err(&doing)
}

/// Writes a policy over what it was; a version that is new is kept.
pub(crate) async fn update(
    connection: &mut PgConnection,
    policy: &PolicyRecord,
    is_new_version: bool,
) -> Result<PolicyRow, StoreError> {
    let doing = StoreError::doing("write a policy");
    let row = query(UPDATE)
        .bind(policy.id.as_str())
        .bind(&policy.name)
        .bind(&policy.description)
        .bind(&policy.dsl)
        .bind(policy.status.as_str())
        .bind(policy.version)
        .fetch_one(&mut *connection)
        .await
        .map_err(&doing)?;
    if is_new_version {
        keep_version(connection, &policy.id, policy.version).await?;
    }
    read(&row).map_err(&doing)
}

/// Copies the policy as it now is to its versions, and drops those that are too old.
async fn keep_version(
    connection: &mut PgConnection,
    id: &PolicyId,
    version: i32,
) -> Result<(), StoreError> {
    let doing = StoreError::doing("keep a policy's version");
    query(KEEP_VERSION)
        .bind(id.as_str())
        .execute(&mut *connection)
        .await
        .map_err(&doing)?;
    query(FORGET_VERSIONS)
        .bind(id.as_str())
        .bind(version - KEPT_VERSIONS)
        .execute(connection)
        .await
        .map(drop)
        .map_err(&doing)
}

/// A policy's versions, newest first.
pub(crate) async fn versions(
    connection: &mut PgConnection,
    id: &PolicyId,
) -> Result<Vec<PolicyVersion>, StoreError> {
    let doing = StoreError::doing("read a policy's versions");
    let rows = query(VERSIONS)
        .bind(id.as_str())
        .fetch_all(connection)
        .await
        .map_err(&doing)?;
    rows.iter()
        .map(read_version)
        .collect::<Result<_, _>>()
        .map_err(&doing)
}

/// Deletes a policy and its versions; whether there was one.
pub(crate) async fn delete(
    connection: &mut PgConnection,
    id: &PolicyId,
) -> Result<bool, StoreError> {
    let done = query(DELETE)
        .bind(id.as_str())
        .execute(connection)
        .await
        .map_err(StoreError::doing("delete a policy"))?;
    Ok(done.rows_affected() > 0)
}
