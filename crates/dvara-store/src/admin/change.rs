//! One mutation of configuration, from its transaction to the versions it moves. Nothing writes configuration outside
//! of one; when changes are audited, the audit event is opened in [`Admin::begin`] and completed in [`Change::commit`].

use std::fmt;

use dvara_types::TenantId;
use sqlx::{PgConnection, Postgres, Transaction};

use super::{Admin, AdminError};
use crate::error::StoreError;
use crate::rows::config_versions::{self, Area};
use crate::rows::tenants;

/// What a change does, in the words of the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A tenant was made.
    TenantCreated,
    /// A tenant's metadata changed.
    TenantUpdated,
    /// A tenant is refused from now on.
    TenantSuspended,
    /// A tenant is served again.
    TenantResumed,
    /// A key was made.
    ApiKeyCreated,
    /// A key was withdrawn for good.
    ApiKeyRevoked,
    /// A route was made or changed.
    RouteWritten,
    /// An earlier version of a route was brought back.
    RouteRolledBack,
    /// A route was deleted.
    RouteDeleted,
    /// A credential was stored, or one stepped into another's place.
    ProviderCredentialWritten,
    /// A credential was taken out of use.
    ProviderCredentialRetired,
    /// A policy was made, as a draft.
    PolicyCreated,
    /// A policy's name, description or text changed.
    PolicyUpdated,
    /// A policy was put in force, in shadow, or out of force.
    PolicyStatusChanged,
    /// An earlier version of a policy was brought back.
    PolicyRolledBack,
    /// A policy was deleted.
    PolicyDeleted,
    /// A prompt template was made, as a draft.
    PromptTemplateCreated,
    /// A prompt template's name or texts changed.
    PromptTemplateUpdated,
    /// A prompt template was put in use, or put away.
    PromptTemplateStatusChanged,
    /// An earlier version of a prompt template was brought back.
    PromptTemplateRolledBack,
    /// An output schema was made.
    OutputSchemaCreated,
    /// An output schema was changed, or switched on or off.
    OutputSchemaUpdated,
    /// An output schema was deleted.
    OutputSchemaDeleted,
    /// What a file names was inserted where it was absent.
    ConfigSeeded,
}

impl Action {
    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TenantCreated => "TENANT_CREATED",
            Self::TenantUpdated => "TENANT_UPDATED",
            Self::TenantSuspended => "TENANT_SUSPENDED",
            Self::TenantResumed => "TENANT_RESUMED",
            Self::ApiKeyCreated => "API_KEY_CREATED",
            Self::ApiKeyRevoked => "API_KEY_REVOKED",
            Self::RouteWritten => "ROUTE_UPDATED",
            Self::RouteRolledBack => "ROUTE_ROLLED_BACK",
            Self::RouteDeleted => "ROUTE_DELETED",
            Self::ProviderCredentialWritten => "PROVIDER_CREDENTIAL_ROTATED",
            Self::ProviderCredentialRetired => "PROVIDER_CREDENTIAL_REVOKED",
            Self::PolicyCreated => "POLICY_CREATED",
            Self::PolicyUpdated => "POLICY_UPDATED",
            Self::PolicyStatusChanged => "POLICY_STATUS_CHANGED",
            Self::PolicyRolledBack => "POLICY_ROLLED_BACK",
            Self::PolicyDeleted => "POLICY_DELETED",
            Self::PromptTemplateCreated => "PROMPT_TEMPLATE_CREATED",
            Self::PromptTemplateUpdated => "PROMPT_TEMPLATE_UPDATED",
            Self::PromptTemplateStatusChanged => "PROMPT_TEMPLATE_STATUS_CHANGED",
            Self::PromptTemplateRolledBack => "PROMPT_TEMPLATE_ROLLED_BACK",
            Self::OutputSchemaCreated => "OUTPUT_SCHEMA_CREATED",
            Self::OutputSchemaUpdated => "OUTPUT_SCHEMA_UPDATED",
            Self::OutputSchemaDeleted => "OUTPUT_SCHEMA_DELETED",
            Self::ConfigSeeded => "CONFIG_SEEDED",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A mutation under way. Dropped without a commit it never happened.
pub(super) struct Change {
    transaction: Transaction<'static, Postgres>,
    action: Action,
    target: String,
    actor: String,
    areas: &'static [Area],
}

impl Admin<'_> {
    /// Begins a mutation: nobody else changes these areas until it ends.
    pub(super) async fn begin(
        &self,
        action: Action,
        target: impl Into<String>,
        areas: &'static [Area],
    ) -> Result<Change, StoreError> {
        let mut transaction = self.store.begin().await?;
        config_versions::lock(&mut transaction, areas).await?;
        Ok(Change {
            transaction,
            action,
            target: target.into(),
            actor: self.actor.clone(),
            areas,
        })
    }
}

impl Change {
    /// The connection to write with.
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Refuses a row for a tenant that does not exist.
    pub(super) async fn require_tenant(
        &mut self,
        tenant: Option<&TenantId>,
    ) -> Result<(), AdminError> {
        let Some(tenant) = tenant else {
            return Ok(());
        };
        match tenants::one(self.connection(), tenant).await? {
            Some(_) => Ok(()),
            None => Err(AdminError::NotFound {
                what: "tenant",
                id: tenant.to_string(),
            }),
        }
    }

    /// Ends the mutation: what it wrote holds, and every data plane hears of it.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        config_versions::bump(&mut self.transaction, self.areas).await?;
        self.transaction
            .commit()
            .await
            .map_err(StoreError::doing("commit a change of the configuration"))?;
        tracing::info!(
            action = self.action.as_str(),
            target = %self.target,
            actor = %self.actor,
            "configuration changed"
        );
        Ok(())
    }

    /// Ends a mutation that found nothing to change.
    pub(super) async fn abandon(self) -> Result<(), StoreError> {
        self.transaction
            .rollback()
            .await
            .map_err(StoreError::doing("end a change that changes nothing"))
    }
}
