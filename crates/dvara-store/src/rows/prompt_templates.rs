//! `prompt_templates` and `prompt_template_versions`: texts that calls name and fill in, now and before
//! (control-plane.md §13).

use std::fmt;

use chrono::{DateTime, Utc};
use dvara_governance::template::TemplateStatus;
use dvara_types::{PromptTemplateId, TenantId};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use crate::error::StoreError;
use crate::statements::{query, statements};

/// The table's name, as broken rows are reported under it.
pub const TABLE: &str = "prompt_templates";

/// How many versions of a template are kept, the one in use included.
pub const KEPT_VERSIONS: i32 = 10;

statements! {
    ALL = "SELECT id, tenant_id, name, system_prompt, user_prompt, status, version, created_at, updated_at \
           FROM dvara_main.prompt_templates ORDER BY created_at, id";
    // Templates that calls may not name are known by their id alone: old texts may not weigh on every gateway.
    FOR_CALLS = "SELECT id, tenant_id, name, status, version, created_at, updated_at, \
                 CASE WHEN status = 'ACTIVE' THEN system_prompt END AS system_prompt, \
                 CASE WHEN status = 'ACTIVE' THEN user_prompt ELSE '' END AS user_prompt \
                 FROM dvara_main.prompt_templates";
    ONE = "SELECT id, tenant_id, name, system_prompt, user_prompt, status, version, created_at, updated_at \
           FROM dvara_main.prompt_templates WHERE id = $1";
    INSERT = "INSERT INTO dvara_main.prompt_templates (id, tenant_id, name, system_prompt, user_prompt, status, version) \
              VALUES ($1, $2, $3, $4, $5, $6, $7) \
              RETURNING id, tenant_id, name, system_prompt, user_prompt, status, version, created_at, updated_at";
    UPDATE = "UPDATE dvara_main.prompt_templates \
              SET name = $2, system_prompt = $3, user_prompt = $4, status = $5, version = $6, updated_at = now() \
              WHERE id = $1 \
              RETURNING id, tenant_id, name, system_prompt, user_prompt, status, version, created_at, updated_at";
    KEEP_VERSION = "INSERT INTO dvara_main.prompt_template_versions \
                    (template_id, version, name, system_prompt, user_prompt) \
                    SELECT id, version, name, system_prompt, user_prompt FROM dvara_main.prompt_templates WHERE id = $1";
    FORGET_VERSIONS = "DELETE FROM dvara_main.prompt_template_versions WHERE template_id = $1 AND version <= $2";
    VERSIONS = "SELECT version, name, system_prompt, user_prompt, created_at \
                FROM dvara_main.prompt_template_versions WHERE template_id = $1 ORDER BY version DESC";
}

/// A row as it lies in the table. Its `Debug` leaves out what people wrote.
#[derive(Clone)]
pub struct PromptTemplateRow {
    /// Its id.
    pub id: String,
    /// The tenant that may use it; all when absent.
    pub tenant_id: Option<String>,
    /// A name for people.
    pub name: String,
    /// The text that goes before all messages.
    pub system_prompt: Option<String>,
    /// The text that goes before the messages of the call.
    pub user_prompt: String,
    /// `DRAFT`, `ACTIVE` or `ARCHIVED`.
    pub status: String,
    /// Grows with every change but of the status.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A prompt template. Its `Debug` leaves out what people wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct PromptTemplateRecord {
    /// Its id, by which calls name it.
    pub id: PromptTemplateId,
    /// The tenant that may use it; one without is everybody's.
    pub tenant: Option<TenantId>,
    /// A name for people; several templates may share it.
    pub name: String,
    /// The text that goes before all messages.
    pub system_prompt: Option<String>,
    /// The text that goes before the messages of the call.
    pub user_prompt: String,
    /// Whether calls may name it.
    pub status: TemplateStatus,
    /// From 1; grows with every change but of the status.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A version of a prompt template. Its `Debug` leaves out what people wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct PromptTemplateVersion {
    /// Its number.
    pub version: i32,
    /// The name the template had.
    pub name: String,
    /// The text that went before all messages.
    pub system_prompt: Option<String>,
    /// The text that went before the messages of the call.
    pub user_prompt: String,
    /// When it was written.
    pub since: DateTime<Utc>,
}

impl fmt::Debug for PromptTemplateRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PromptTemplateRow")
            .field("id", &self.id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PromptTemplateRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PromptTemplateRecord")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PromptTemplateVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PromptTemplateVersion")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl PromptTemplateRow {
    /// The record in this row. Whether its texts are within their bounds is not asked here.
    ///
    /// # Errors
    /// What is wrong with the row.
    pub fn record(self) -> Result<PromptTemplateRecord, String> {
        let tenant = self.tenant_id.as_deref().map(TenantId::parse);
        let status: Result<TemplateStatus, _> = self.status.parse();
        Ok(PromptTemplateRecord {
            id: PromptTemplateId::parse(&self.id).map_err(|error| error.to_string())?,
            tenant: tenant.transpose().map_err(|error| error.to_string())?,
            name: self.name,
            system_prompt: self.system_prompt,
            user_prompt: self.user_prompt,
            status: status.map_err(|error| error.to_string())?,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

fn read(row: &PgRow) -> Result<PromptTemplateRow, sqlx::Error> {
    Ok(PromptTemplateRow {
        id: row.try_get("id")?,
        tenant_id: row.try_get("tenant_id")?,
        name: row.try_get("name")?,
        system_prompt: row.try_get("system_prompt")?,
        user_prompt: row.try_get("user_prompt")?,
        status: row.try_get("status")?,
        version: row.try_get("version")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

fn read_version(row: &PgRow) -> Result<PromptTemplateVersion, sqlx::Error> {
    Ok(PromptTemplateVersion {
        version: row.try_get("version")?,
        name: row.try_get("name")?,
        system_prompt: row.try_get("system_prompt")?,
        user_prompt: row.try_get("user_prompt")?,
        since: row.try_get("created_at")?,
    })
}

async fn read_all(
    connection: &mut PgConnection,
    statement: &'static str,
) -> Result<Vec<PromptTemplateRow>, StoreError> {
    let doing = StoreError::doing("read prompt templates");
    let rows = query(statement)
        .fetch_all(connection)
        .await
        .map_err(&doing)?;
    rows.iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(&doing)
}

/// Every template, in the order they were made.
pub(crate) async fn all(
    connection: &mut PgConnection,
) -> Result<Vec<PromptTemplateRow>, StoreError> {
    read_all(connection, ALL).await
}

/// Every template, in no order, with the texts of those that calls may name.
pub(crate) async fn for_calls(
    connection: &mut PgConnection,
) -> Result<Vec<PromptTemplateRow>, StoreError> {
    read_all(connection, FOR_CALLS).await
}

pub(crate) async fn one(
    connection: &mut PgConnection,
    id: &PromptTemplateId,
) -> Result<Option<PromptTemplateRow>, StoreError> {
    let doing = StoreError::doing("read a prompt template");
    let row = query(ONE)
        .bind(id.as_str())
        .fetch_optional(connection)
        .await
        .map_err(&doing)?;
    row.as_ref().map(read).transpose().map_err(&doing)
}

/// What is written of a template; the database adds the times.
pub(crate) struct NewRow<'a> {
    pub(crate) id: &'a PromptTemplateId,
    pub(crate) tenant: Option<&'a TenantId>,
    pub(crate) name: &'a str,
    pub(crate) system_prompt: Option<&'a str>,
    pub(crate) user_prompt: &'a str,
}

/// Writes a template's first version, a draft.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    template: NewRow<'_>,
) -> Result<PromptTemplateRow, StoreError> {
    let doing = StoreError::doing("write a prompt template");
    let row = query(INSERT)
        .bind(template.id.as_str())
        .bind(template.tenant.map(TenantId::as_str))
        .bind(template.name)
        .bind(template.system_prompt)
        .bind(template.user_prompt)
        .bind(TemplateStatus::Draft.as_str())
        .bind(1)
        .fetch_one(&mut *connection)
        .await
        .map_err(&doing)?;
    keep_version(connection, template.id, 1).await?;
    read(&row).map_err(&doing)
}

/// Writes a template over what it was; a version that is new is kept.
pub(crate) async fn update(
    connection: &mut PgConnection,
    template: &PromptTemplateRecord,
    is_new_version: bool,
) -> Result<PromptTemplateRow, StoreError> {
    let doing = StoreError::doing("write a prompt template");
    let row = query(UPDATE)
        .bind(template.id.as_str())
        .bind(&template.name)
        .bind(&template.system_prompt)
        .bind(&template.user_prompt)
        .bind(template.status.as_str())
        .bind(template.version)
        .fetch_one(&mut *connection)
        .await
        .map_err(&doing)?;
    if is_new_version {
        keep_version(connection, &template.id, template.version).await?;
    }
    read(&row).map_err(&doing)
}

/// Copies the template as it now is to its versions, and drops those that are too old.
async fn keep_version(
    connection: &mut PgConnection,
    id: &PromptTemplateId,
    version: i32,
) -> Result<(), StoreError> {
    let doing = StoreError::doing("keep a prompt template's version");
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

/// A template's versions, newest first.
pub(crate) async fn versions(
    connection: &mut PgConnection,
    id: &PromptTemplateId,
) -> Result<Vec<PromptTemplateVersion>, StoreError> {
    let doing = StoreError::doing("read a prompt template's versions");
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
