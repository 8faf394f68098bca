//! Policies: written as drafts, put in force, brought back as they were (control-plane.md §9.1).

use dvara_governance::policy::{self, PolicyStatus};
use dvara_types::{PolicyId, TenantId};
use sqlx::PgConnection;

use super::change::Change;
use super::fields::Fields;
use super::{Action, Admin, AdminError, id_seed};
use crate::rows::config_versions::Area;
use crate::rows::policies::{self, NewRow, PolicyRow};
pub use crate::rows::policies::{PolicyRecord, PolicyVersion};

/// A policy to be made.
#[derive(Clone, Default)]
pub struct NewPolicy {
    /// The tenant it is to bind; all when absent. It never changes.
    pub tenant: Option<TenantId>,
    /// A name for people; names are not unique.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its text.
    pub dsl: String,
}

/// What is to change about a policy; what is absent stays.
#[derive(Clone, Default)]
pub struct PolicyChange {
    /// The name.
    pub name: Option<String>,
    /// What it is for; an empty text takes the description away.
    pub description: Option<String>,
    /// Its text.
    pub dsl: Option<String>,
}

const AREAS: &[Area] = &[Area::Policies];

impl Admin<'_> {
    /// Makes a policy, as a draft that meets no call.
    ///
    /// # Errors
    /// When a field or the policy's text is wrong, or there is no such tenant.
    pub async fn create_policy(&self, new: NewPolicy) -> Result<PolicyRecord, AdminError> {
        let mut fields = Fields::default();
        let name = fields.name("name", &new.name);
        let description = fields.description("description", new.description.as_deref());
        check_dsl(&mut fields, &new.dsl);
        fields.check()?;
        let (millis, random) = id_seed();
        let id = PolicyId::mint(millis, random);
        let mut change = self
            .begin(Action::PolicyCreated, id.as_str(), AREAS)
            .await?;
        change.require_tenant(new.tenant.as_ref()).await?;
        let row = NewRow {
            id: &id,
            tenant: new.tenant.as_ref(),
            name: &name,
            description: description.as_deref(),
            dsl: &new.dsl,
        };
        let policy = record(policies::insert(change.connection(), row).await?)?;
        change.commit().await?;
        Ok(policy)
    }

    /// Changes a policy's name, description or text. A change is a new version, in force at once where the policy is.
    ///
    /// # Errors
    /// When a field or the text is wrong, or there is no such policy.
    pub async fn update_policy(
        &self,
        id: &PolicyId,
        changed: PolicyChange,
    ) -> Result<PolicyRecord, AdminError> {
        let mut fields = Fields::default();
        let name = changed.name.map(|name| fields.name("name", &name));
        let description = changed
            .description
            .map(|text| fields.description("description", Some(&text)));
        if let Some(dsl) = &changed.dsl {
            check_dsl(&mut fields, dsl);
        }
        fields.check()?;
        let mut change = self
            .begin(Action::PolicyUpdated, id.as_str(), AREAS)
            .await?;
        let before = existing(change.connection(), id).await?;
        let mut next = before.clone();
        next.name = name.unwrap_or(next.name);
        next.description = description.unwrap_or(next.description);
        next.dsl = changed.dsl.unwrap_or(next.dsl);
        write_version(change, before, next).await
    }

    /// Puts a policy in force, in shadow, or out of force. Any status may follow any other.
    ///
    /// # Errors
    /// When there is no such policy, or its text is to meet calls and does not compile.
    pub async fn set_policy_status(
        &self,
        id: &PolicyId,
        status: PolicyStatus,
    ) -> Result<PolicyRecord, AdminError> {
        let mut change = self
            .begin(Action::PolicyStatusChanged, id.as_str(), AREAS)
            .await?;
        let mut policy = existing(change.connection(), id).await?;
        if policy.status == status {
            change.abandon().await?;
            return Ok(policy);
        }
        if matches!(status, PolicyStatus::Active | PolicyStatus::Shadow) {
            // Its text may have been written by a binary that took what this one refuses.
            let mut fields = Fields::default();
            check_dsl(&mut fields, &policy.dsl);
            fields.check()?;
        }
        policy.status = status;
        let policy = record(policies::update(change.connection(), &policy, false).await?)?;
        change.commit().await?;
        Ok(policy)
    }

    /// Brings back the name, description and text of one of a policy's last ten versions, as a new version. Its status
    /// stays: bringing a text back neither arms nor disarms a policy.
    ///
    /// # Errors
    /// When there is no such policy or version, or its text does not compile any more.
    pub async fn restore_policy_version(
        &self,
        id: &PolicyId,
        version: i32,
    ) -> Result<PolicyRecord, AdminError> {
        let mut change = self
            .begin(Action::PolicyRolledBack, id.as_str(), AREAS)
            .await?;
        let before = existing(change.connection(), id).await?;
        let old = policies::versions(change.connection(), id)
            .await?
            .into_iter()
            .find(|old| old.version == version)
            .ok_or_else(|| AdminError::NotFound {
                what: "policy version that can be restored",
                id: format!("{id} {version}"),
            })?;
        let mut fields = Fields::default();
        check_dsl(&mut fields, &old.dsl);
        fields.check()?;
        let next = PolicyRecord {
            name: old.name,
            description: old.description,
            dsl: old.dsl,
            ..before.clone()
        };
        write_version(change, before, next).await
    }

    /// Deletes a policy and all its versions.
    ///
    /// # Errors
    /// When there is no such policy.
    pub async fn delete_policy(&self, id: &PolicyId) -> Result<(), AdminError> {
        let mut change = self
            .begin(Action::PolicyDeleted, id.as_str(), AREAS)
            .await?;
        if !policies::delete(change.connection(), id).await? {
            return Err(no_policy(id));
        }
        Ok(change.commit().await?)
    }

    /// Every policy that can be read, in the order they were made.
    ///
    /// # Errors
    /// The database's.
    pub async fn policies(&self) -> Result<Vec<PolicyRecord>, AdminError> {
        let mut transaction = self.store.begin_read().await?;
        let rows = policies::all(&mut transaction).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| row.record().ok())
            .collect())
    }

    /// One policy.
    ///
    /// # Errors
    /// When there is none.
    pub async fn policy(&self, id: &PolicyId) -> Result<PolicyRecord, AdminError> {
        let mut transaction = self.store.begin_read().await?;
        existing(&mut transaction, id).await
    }

    /// The versions of a policy that can be restored, newest first.
    ///
    /// # Errors
    /// When there is no such policy.
    pub async fn policy_versions(&self, id: &PolicyId) -> Result<Vec<PolicyVersion>, AdminError> {
        let mut transaction = self.store.begin_read().await?;
        let versions = policies::versions(&mut transaction, id).await?;
        if versions.is_empty() {
            return Err(no_policy(id));
        }
        Ok(versions)
    }
}

/// Writes the next version, unless it says the same as the one before.
async fn write_version(
    mut change: Change,
    before: PolicyRecord,
    mut next: PolicyRecord,
) -> Result<PolicyRecord, AdminError> {
    if next == before {
        change.abandon().await?;
        return Ok(before);
    }
    next.version = before.version.saturating_add(1);
    let policy = record(policies::update(change.connection(), &next, true).await?)?;
    change.commit().await?;
    Ok(policy)
}

async fn existing(
    connection: &mut PgConnection,
    id: &PolicyId,
) -> Result<PolicyRecord, AdminError> {
    let row = policies::one(connection, id).await?;
    record(row.ok_or_else(|| no_policy(id))?)
}

fn record(row: PolicyRow) -> Result<PolicyRecord, AdminError> {
    let id = row.id.clone();
    row.record()
        .map_err(|reason| AdminError::broken_row(policies::TABLE, &id, &reason))
}

fn no_policy(id: &PolicyId) -> AdminError {
    AdminError::NotFound {
        what: "policy",
        id: id.to_string(),
    }
}

/// Notes every mistake in a policy's text on its own, so that each stands beside its line.
fn check_dsl(fields: &mut Fields, dsl: &str) {
    if let Err(errors) = policy::check(dsl) {
        for error in errors.iter() {
            fields.refuse("dsl", error.to_string());
        }
    }
}
