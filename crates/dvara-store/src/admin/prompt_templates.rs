//! Prompt templates: written as drafts, put in use, brought back as they were (control-plane.md §13).

use dvara_governance::template::{Prompt, TemplateStatus};
use dvara_types::{PromptTemplateId, TenantId};
use sqlx::PgConnection;

use super::change::Change;
use super::fields::Fields;
use super::{Action, Admin, AdminError, id_seed};
use crate::rows::config_versions::Area;
use crate::rows::prompt_templates::{self, NewRow, PromptTemplateRow};
pub use crate::rows::prompt_templates::{PromptTemplateRecord, PromptTemplateVersion};

/// A prompt template to be made.
#[derive(Clone, Default)]
pub struct NewPromptTemplate {
    /// The tenant that may use it; all when absent. It never changes.
    pub tenant: Option<TenantId>,
    /// A name for people; names are not unique.
    pub name: String,
    /// The text that goes before all messages.
    pub system_prompt: Option<String>,
    /// The text that goes before the messages of the call.
    pub user_prompt: String,
}

/// What is to change about a prompt template; what is absent stays.
#[derive(Clone, Default)]
pub struct PromptTemplateChange {
    /// The name.
    pub name: Option<String>,
    /// The text that goes before all messages; an empty one takes it away.
    pub system_prompt: Option<String>,
    /// The text that goes before the messages of the call.
    pub user_prompt: Option<String>,
}

const AREAS: &[Area] = &[Area::PromptTemplates];

impl Admin<'_> {
    /// Makes a prompt template, as a draft that no call may name.
    ///
    /// # Errors
    /// When a field is wrong, or there is no such tenant.
    pub async fn create_prompt_template(
        &self,
        new: NewPromptTemplate,
    ) -> Result<PromptTemplateRecord, AdminError> {
        let mut fields = Fields::default();
        let name = fields.name("name", &new.name);
        let system_prompt = new.system_prompt.filter(|text| !text.trim().is_empty());
        check_texts(&mut fields, system_prompt.as_deref(), &new.user_prompt);
        fields.check()?;
        let (millis, random) = id_seed();
        let id = PromptTemplateId::mint(millis, random);
        let mut change = self
            .begin(Action::PromptTemplateCreated, id.as_str(), AREAS)
            .await?;
        change.require_tenant(new.tenant.as_ref()).await?;
        let row = NewRow {
            id: &id,
            tenant: new.tenant.as_ref(),
            name: &name,
            system_prompt: system_prompt.as_deref(),
            user_prompt: &new.user_prompt,
        };
        let template = record(prompt_templates::insert(change.connection(), row).await?)?;
        change.commit().await?;
        Ok(template)
    }

    /// Changes a prompt template's name or texts. A change is a new version, in use at once where the template is.
    ///
    /// # Errors
    /// When a field is wrong, or there is no such template.
    pub async fn update_prompt_template(
        &self,
        id: &PromptTemplateId,
        changed: PromptTemplateChange,
    ) -> Result<PromptTemplateRecord, AdminError> {
        let mut fields = Fields::default();
        let name = changed.name.map(|name| fields.name("name", &name));
        let mut change = self
            .begin(Action::PromptTemplateUpdated, id.as_str(), AREAS)
            .await?;
        let before = existing(change.connection(), id).await?;
        let mut next = before.clone();
        next.name = name.unwrap_or(next.name);
        if let Some(text) = changed.system_prompt {
            next.system_prompt = Some(text).filter(|text| !text.trim().is_empty());
        }
        next.user_prompt = changed.user_prompt.unwrap_or(next.user_prompt);
        check_texts(
            &mut fields,
            next.system_prompt.as_deref(),
            &next.user_prompt,
        );
        fields.check()?;
        write_version(change, before, next).await
    }

    /// Puts a draft in use, or an active template away for good.
    ///
    /// # Errors
    /// When there is no such template, or the status does not follow the one it has.
    pub async fn set_prompt_template_status(
        &self,
        id: &PromptTemplateId,
        status: TemplateStatus,
    ) -> Result<PromptTemplateRecord, AdminError> {
        let mut change = self
            .begin(Action::PromptTemplateStatusChanged, id.as_str(), AREAS)
            .await?;
        let mut template = existing(change.connection(), id).await?;
        if template.status == status {
            change.abandon().await?;
            return Ok(template);
        }
        check_transition(template.status, status)?;
        template.status = status;
        let row = prompt_templates::update(change.connection(), &template, false).await?;
        let template = record(row)?;
        change.commit().await?;
        Ok(template)
    }

    /// Brings back the name and texts of one of a template's last ten versions, as a new version; the status stays.
    ///
    /// # Errors
    /// When there is no such template or version.
    pub async fn restore_prompt_template_version(
        &self,
        id: &PromptTemplateId,
        version: i32,
    ) -> Result<PromptTemplateRecord, AdminError> {
        let mut change = self
            .begin(Action::PromptTemplateRolledBack, id.as_str(), AREAS)
            .await?;
        let before = existing(change.connection(), id).await?;
        let old = prompt_templates::versions(change.connection(), id)
            .await?
            .into_iter()
            .find(|old| old.version == version)
            .ok_or_else(|| AdminError::NotFound {
                what: "prompt template version that can be restored",
                id: format!("{id} {version}"),
            })?;
        let next = PromptTemplateRecord {
            name: old.name,
            system_prompt: old.system_prompt,
            user_prompt: old.user_prompt,
            ..before.clone()
        };
        write_version(change, before, next).await
    }

    /// Every prompt template that can be read, in the order they were made.
    ///
    /// # Errors
    /// The database's.
    pub async fn prompt_templates(&self) -> Result<Vec<PromptTemplateRecord>, AdminError> {
        let mut transaction = self.store.begin_read().await?;
        let rows = prompt_templates::all(&mut transaction).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| row.record().ok())
            .collect())
    }

    /// One prompt template, whatever its status.
    ///
    /// # Errors
    /// When there is none.
    pub async fn prompt_template(
        &self,
        id: &PromptTemplateId,
    ) -> Result<PromptTemplateRecord, AdminError> {
        let mut transaction = self.store.begin_read().await?;
        existing(&mut transaction, id).await
    }

    /// The versions of a prompt template that can be restored, newest first.
    ///
    /// # Errors
    /// When there is no such template.
    pub async fn prompt_template_versions(
        &self,
        id: &PromptTemplateId,
    ) -> Result<Vec<PromptTemplateVersion>, AdminError> {
        let mut transaction = self.store.begin_read().await?;
        let versions = prompt_templates::versions(&mut transaction, id).await?;
        if versions.is_empty() {
            return Err(no_template(id));
        }
        Ok(versions)
    }
}

/// Writes the next version, unless it says the same as the one before.
async fn write_version(
    mut change: Change,
    before: PromptTemplateRecord,
    mut next: PromptTemplateRecord,
) -> Result<PromptTemplateRecord, AdminError> {
    if next == before {
        change.abandon().await?;
        return Ok(before);
    }
    next.version = before.version.saturating_add(1);
    let template = record(prompt_templates::update(change.connection(), &next, true).await?)?;
    change.commit().await?;
    Ok(template)
}

async fn existing(
    connection: &mut PgConnection,
    id: &PromptTemplateId,
) -> Result<PromptTemplateRecord, AdminError> {
    let row = prompt_templates::one(connection, id).await?;
    record(row.ok_or_else(|| no_template(id))?)
}

fn record(row: PromptTemplateRow) -> Result<PromptTemplateRecord, AdminError> {
    let id = row.id.clone();
    row.record()
        .map_err(|reason| AdminError::broken_row(prompt_templates::TABLE, &id, &reason))
}

fn no_template(id: &PromptTemplateId) -> AdminError {
    AdminError::NotFound {
        what: "prompt template",
        id: id.to_string(),
    }
}

fn check_texts(fields: &mut Fields, system_prompt: Option<&str>, user_prompt: &str) {
    if user_prompt.trim().is_empty() {
        fields.refuse("user_prompt", "must not be empty");
    }
    for (field, text) in [
        ("system_prompt", system_prompt.unwrap_or_default()),
        ("user_prompt", user_prompt),
    ] {
        fields.without_zero_bytes(field, text);
    }
    if let Err(error) = Prompt::parse(system_prompt, user_prompt) {
        fields.refuse(error.field, error.error.to_string());
    }
}

fn check_transition(from: TemplateStatus, to: TemplateStatus) -> Result<(), AdminError> {
    if from.next() == Some(to) {
        return Ok(());
    }
    let mut fields = Fields::default();
    let allowed = match from.next() {
        Some(next) => format!("only {next} does"),
        None => "nothing does; make a new template".to_owned(),
    };
    fields.refuse("status", format!("{to} does not follow {from}: {allowed}"));
    fields.check()
}
