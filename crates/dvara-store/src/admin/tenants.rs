//! Tenants: made, suspended, resumed. None is deleted: usage and audit name it for ever.

use dvara_governance::SettingProblem;
use dvara_governance::tenant::{RuleSettings, TenantRules};
use dvara_types::{TenantId, TenantRecord, TenantStatus};
use serde_json::{Map, Value};
use sqlx::PgConnection;

use super::fields::Fields;
use super::{Action, Admin, AdminError, id_seed};
use crate::error::StoreError;
use crate::rows::config_versions::Area;
use crate::rows::tenants::{self, TenantRow};
use crate::sqlstate::Failure;

/// Where the reason of a suspension is kept, and where data planes read it.
const SUSPENDED_REASON: &str = "suspendedReason";

/// A tenant to be made.
#[derive(Debug, Clone, Default)]
pub struct NewTenant {
    /// Its id; one is made when absent.
    pub id: Option<TenantId>,
    /// A name for people.
    pub name: String,
    /// Settings and notes.
    pub metadata: Map<String, Value>,
}

impl Admin<'_> {
    /// Makes a tenant.
    ///
    /// # Errors
    /// When the name is none, the id is taken, or the licence allows no more.
    pub async fn create_tenant(&self, new: NewTenant) -> Result<TenantRecord, AdminError> {
        let mut fields = Fields::default();
        let name = fields.name("name", &new.name);
        fields.check()?;
        let id = new.id.unwrap_or_else(|| {
            let (millis, random) = id_seed();
            TenantId::mint(millis, random)
        });
        let tenant = TenantRecord {
            id,
            name,
            status: TenantStatus::Active,
            metadata: new.metadata,
        };
        let mut change = self
            .begin(Action::TenantCreated, tenant.id.as_str(), &[Area::Tenants])
            .await?;
        self.insert_tenant(change.connection(), &tenant).await?;
        change.commit().await?;
        Ok(tenant)
    }

    /// Inserts a tenant within the licence's limit; the caller holds the area.
    pub(super) async fn insert_tenant(
        &self,
        connection: &mut PgConnection,
        tenant: &TenantRecord,
    ) -> Result<(), AdminError> {
        if let Some(max_tenants) = self.max_tenants
            && tenants::count(connection).await? >= u64::from(max_tenants)
        {
            return Err(AdminError::TenantLimit { max_tenants });
        }
        tenants::insert(connection, tenant)
            .await
            .map_err(|error| match Failure::of(&error) {
                Failure::Duplicate => AdminError::Conflict {
                    what: format!("a tenant `{}`", tenant.id),
                    fix: "choose another id",
                },
                _ => StoreError::doing("write a tenant")(error).into(),
            })
    }

    /// Refuses a tenant's calls from now on, with a reason that its callers are told.
    ///
    /// # Errors
    /// When there is no such tenant or the reason is no text on one line.
    pub async fn suspend_tenant(
        &self,
        id: &TenantId,
        reason: Option<&str>,
    ) -> Result<TenantRecord, AdminError> {
        let mut fields = Fields::default();
        let reason = reason.map(|reason| fields.name("reason", reason));
        fields.check()?;
        self.change_tenant(id, Action::TenantSuspended, |tenant| {
            tenant.status = TenantStatus::Suspended;
            match reason {
                Some(reason) => tenant
                    .metadata
                    .insert(SUSPENDED_REASON.to_owned(), Value::String(reason)),
                None => tenant.metadata.shift_remove(SUSPENDED_REASON),
            };
        })
        .await
    }

    /// Serves a tenant again.
    ///
    /// # Errors
    /// When there is no such tenant.
    pub async fn resume_tenant(&self, id: &TenantId) -> Result<TenantRecord, AdminError> {
        self.change_tenant(id, Action::TenantResumed, |tenant| {
            tenant.status = TenantStatus::Active;
            tenant.metadata.shift_remove(SUSPENDED_REASON);
        })
        .await
    }

    /// Sets and takes away entries of a tenant's metadata.
    ///
    /// # Errors
    /// When there is no such tenant, or an entry that stands for a rule cannot be in force; then nothing changes.
    pub async fn set_tenant_metadata(
        &self,
        id: &TenantId,
        entries: Vec<(String, Option<Value>)>,
    ) -> Result<TenantRecord, AdminError> {
        let mut fields = Fields::default();
        for problem in problems_of_rules(&entries) {
            fields.refuse(format!("metadata.{}", problem.key), problem.message);
        }
        fields.check()?;
        self.change_tenant(id, Action::TenantUpdated, |tenant| {
            for (key, value) in entries {
                match value {
                    Some(value) => drop(tenant.metadata.insert(key, value)),
                    None => drop(tenant.metadata.shift_remove(&key)),
                }
            }
        })
        .await
    }

    async fn change_tenant(
        &self,
        id: &TenantId,
        action: Action,
        change_it: impl FnOnce(&mut TenantRecord),
    ) -> Result<TenantRecord, AdminError> {
        let mut change = self.begin(action, id.as_str(), &[Area::Tenants]).await?;
        let row = tenants::one(change.connection(), id).await?;
        let before = record(row.ok_or_else(|| not_found(id))?)?;
        let mut tenant = before.clone();
        change_it(&mut tenant);
        if tenant == before {
            change.abandon().await?;
        } else {
            tenants::set_status(change.connection(), &tenant).await?;
            change.commit().await?;
        }
        Ok(tenant)
    }

    /// Every tenant that can be read, by id.
    ///
    /// # Errors
    /// The database's.
    pub async fn tenants(&self) -> Result<Vec<TenantRecord>, AdminError> {
        let mut transaction = self.store.begin_read().await?;
        let rows = tenants::all(&mut transaction).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| row.record().ok())
            .collect())
    }

    /// One tenant.
    ///
    /// # Errors
    /// When there is no such tenant.
    pub async fn tenant(&self, id: &TenantId) -> Result<TenantRecord, AdminError> {
        let mut transaction = self.store.begin_read().await?;
        let row = tenants::one(&mut transaction, id).await?;
        record(row.ok_or_else(|| not_found(id))?)
    }
}

fn not_found(id: &TenantId) -> AdminError {
    AdminError::NotFound {
        what: "tenant",
        id: id.to_string(),
    }
}

fn record(row: TenantRow) -> Result<TenantRecord, AdminError> {
    let id = row.id.clone();
    row.record()
        .map_err(|reason| StoreError::Inconsistent(format!("tenant `{id}`: {reason}")).into())
}

/// What is wrong with the entries that stand for rules.
fn problems_of_rules(entries: &[(String, Option<Value>)]) -> Vec<SettingProblem> {
    let set = entries
        .iter()
        .filter_map(|(key, value)| Some((key.clone(), value.clone()?)));
    TenantRules::of_tenant(&RuleSettings::default(), &set.collect()).1
}
