//! The compiled configuration that one request sees from start to end, and how rows become it.
//!
//! Compiling is pure: rows and an overlay in, a snapshot and a list of broken rows out. A broken row is left out, named
//! with its table, id and reason, and the rest stays in force. What belongs to one area of configuration is compiled
//! together and shared between snapshots until that area changes.

mod callers;
mod credentials;
mod output_schemas;
mod overlay;
mod policies;
mod prompt_templates;
mod provider;
mod routes;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use dvara_crypto::api_key;
use dvara_crypto::envelope::MasterKey;
use dvara_governance::policy::Policies;
use dvara_governance::tenant::TenantRules;
use dvara_types::{KeyFault, KeyHash, ProviderName, RouteId, TenantId};

use self::callers::Callers;
pub use self::callers::KnownKey;
use self::credentials::Credentials;
pub use self::credentials::{Credential, CredentialSource, Unusable};
pub use self::output_schemas::OutputSchema;
use self::output_schemas::OutputSchemas;
pub use self::overlay::Overlay;
use self::overlay::Providers;
use self::policies::CompiledPolicies;
use self::prompt_templates::PromptTemplates;
pub use self::prompt_templates::{PromptTemplate, TemplateFault};
pub use self::provider::{Account, AwsAccount, GoogleAccount, Provider, ProviderEntry, WrongEntry};
use self::routes::Routes;
pub use self::routes::{Route, RouteSource};
use crate::rows::api_keys::ApiKeyRow;
use crate::rows::credentials::CredentialRow;
use crate::rows::output_schemas::OutputSchemaRow;
use crate::rows::policies::PolicyRow;
use crate::rows::prompt_templates::PromptTemplateRow;
use crate::rows::routes::RouteRow;
use crate::rows::tenants::TenantRow;

/// A row that could not be used. The rest of its table is in force without it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BrokenRow {
    /// The table.
    pub table: &'static str,
    /// The row's id as it lies there.
    pub id: String,
    /// What is wrong with it. Names no secret, no key and no hash.
    pub reason: String,
}

/// Every row that configuration is compiled from.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// All tenants.
    pub tenants: Vec<TenantRow>,
    /// All API keys.
    pub api_keys: Vec<ApiKeyRow>,
    /// All routes, in their order.
    pub routes: Vec<RouteRow>,
    /// All credentials that serve.
    pub credentials: Vec<CredentialRow>,
    /// All policies that meet calls.
    pub policies: Vec<PolicyRow>,
    /// All prompt templates; the texts of those that are not active may be absent.
    pub prompt_templates: Vec<PromptTemplateRow>,
    /// All output schemas that are enabled.
    pub output_schemas: Vec<OutputSchemaRow>,
    /// When they were read, by the database's clock: what decides which grace periods are over.
    pub read_at: DateTime<Utc>,
}

/// The rows of the areas that changed; the other areas stay as they are.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// All tenants and all API keys; they are compiled together because a key carries its tenant.
    pub callers: Option<(Vec<TenantRow>, Vec<ApiKeyRow>)>,
    /// All routes, in their order.
    pub routes: Option<Vec<RouteRow>>,
    /// All credentials that serve, and when they were read.
    pub credentials: Option<(Vec<CredentialRow>, DateTime<Utc>)>,
    /// All policies that meet calls.
    pub policies: Option<Vec<PolicyRow>>,
    /// All prompt templates; the texts of those that are not active may be absent.
    pub prompt_templates: Option<Vec<PromptTemplateRow>>,
    /// All output schemas that are enabled.
    pub output_schemas: Option<Vec<OutputSchemaRow>>,
}

/// The compiled configuration. Immutable; a change makes a new one.
#[derive(Debug, Clone)]
pub struct Snapshot {
    callers: Arc<Callers>,
    routes: Arc<Routes>,
    credentials: Arc<Credentials>,
    policies: Arc<CompiledPolicies>,
    prompt_templates: Arc<PromptTemplates>,
    output_schemas: Arc<OutputSchemas>,
    providers: Arc<Providers>,
    broken: Vec<BrokenRow>,
}

/// Compiles a whole configuration.
pub fn compile(rows: Rows, overlay: &Overlay, master: Option<&MasterKey>) -> Snapshot {
    let changes = Changes {
        callers: Some((rows.tenants, rows.api_keys)),
        routes: Some(rows.routes),
        credentials: Some((rows.credentials, rows.read_at)),
        policies: Some(rows.policies),
        prompt_templates: Some(rows.prompt_templates),
        output_schemas: Some(rows.output_schemas),
    };
    Snapshot::empty(overlay).with(changes, overlay, master)
}

impl Snapshot {
    /// A snapshot of no rows: the overlay alone.
    pub fn empty(overlay: &Overlay) -> Self {
        Self {
            callers: Arc::new(Callers::compile(Vec::new(), Vec::new(), &overlay.rules)),
            routes: Arc::new(Routes::compile(Vec::new(), &overlay.routes)),
            credentials: Arc::default(),
            policies: Arc::default(),
            prompt_templates: Arc::default(),
            output_schemas: Arc::default(),
            providers: Arc::new(Providers::new(&overlay.providers)),
            broken: Vec::new(),
        }
    }

    /// This snapshot with the areas that changed compiled anew.
    #[must_use]
    pub fn with(&self, changes: Changes, overlay: &Overlay, master: Option<&MasterKey>) -> Self {
        let mut next = self.clone();
        if let Some((tenants, keys)) = changes.callers {
            next.callers = Arc::new(Callers::compile(tenants, keys, &overlay.rules));
        }
        if let Some(rows) = changes.routes {
            next.routes = Arc::new(Routes::compile(rows, &overlay.routes));
        }
        if let Some((rows, read_at)) = changes.credentials {
            next.credentials = Arc::new(Credentials::compile(rows, read_at, master));
        }
        if let Some(rows) = changes.policies {
            next.policies = Arc::new(self.policies.recompile(rows));
        }
        if let Some(rows) = changes.prompt_templates {
            next.prompt_templates = Arc::new(PromptTemplates::compile(rows));
        }
        if let Some(rows) = changes.output_schemas {
            next.output_schemas = Arc::new(OutputSchemas::compile(rows));
        }
        next.broken = [
            next.callers.broken(),
            next.routes.broken(),
            next.credentials.broken(),
            next.policies.broken(),
            next.prompt_templates.broken(),
            next.output_schemas.broken(),
        ]
        .concat();
        next
    }

    /// The key with this hash, with its tenant, whatever the status of either.
    pub fn key(&self, hash: &KeyHash) -> Option<&Arc<KnownKey>> {
        self.callers.key(hash)
    }

    /// The key that is shown, with its tenant, whatever the tenant's status. Which of the reasons to refuse it applies is told
    /// only to those who know a real key.
    ///
    /// # Errors
    /// When nobody has this key, or it may not be used.
    pub fn authenticate(
        &self,
        shown: &str,
        now: impl FnOnce() -> DateTime<Utc>,
    ) -> Result<&Arc<KnownKey>, KeyFault> {
        let key = self.key(&api_key::hash(shown)).ok_or(KeyFault::Invalid)?;
        key.record.check_usable(now)?;
        Ok(key)
    }

    /// Tenants with a limit of their own: calls per minute of each of their keys.
    pub fn request_rates(&self) -> &BTreeMap<TenantId, NonZeroU32> {
        self.callers.request_rates()
    }

    /// The rules for a tenant's texts; those of the platform for who has none.
    pub fn rules(&self, tenant: Option<&TenantId>) -> &Arc<TenantRules> {
        self.callers.rules(tenant)
    }

    /// How many keys are known.
    pub fn key_count(&self) -> usize {
        self.callers.len()
    }

    /// The first route, those of the file before stored ones, whose pattern fits the model; a tenant's own before everybody's.
    pub fn route_for(&self, model: &str, tenant: Option<&TenantId>) -> Option<&Route> {
        self.routes.route_for(model, tenant)
    }

    /// Every route, in the order they are tried.
    pub fn routes(&self) -> &[Route] {
        self.routes.all()
    }

    /// The configured providers, in the order they were configured.
    pub fn providers(&self) -> &[Arc<Provider>] {
        self.providers.all()
    }

    /// The provider of this name.
    pub fn provider(&self, name: &ProviderName) -> Option<&Arc<Provider>> {
        self.providers.get(name)
    }

    /// What to show to a provider on behalf of a tenant: the tenant's own credential, else the platform's, else the
    /// provider's setting. A credential that exists and cannot be used is an error: the next one in line belongs to
    /// somebody else, and using it silently would send that party the bill.
    pub fn credential(
        &self,
        tenant: Option<&TenantId>,
        provider: &ProviderName,
    ) -> Option<Result<&Credential, &Unusable>> {
        self.credentials
            .find(tenant, provider)
            .or_else(|| self.providers.credential(provider).map(Ok))
    }

    /// The policies that bind a tenant's calls: the global ones and its own. Without a tenant, the global ones.
    pub fn policies(&self, tenant: Option<&TenantId>) -> &Policies {
        self.policies.of(tenant)
    }

    /// The prompt template that a call of this tenant names.
    ///
    /// # Errors
    /// When there is none that the tenant may use, or it is not active.
    pub fn prompt_template(
        &self,
        tenant: Option<&TenantId>,
        id: &str,
    ) -> Result<&PromptTemplate, TemplateFault> {
        self.prompt_templates.find(tenant, id)
    }

    /// The schema that the answer to a call is held against: a tenant's own before everybody's, one for a model and a
    /// route before one for either, an older one before a newer.
    pub fn output_schema(
        &self,
        tenant: Option<&TenantId>,
        model: &str,
        route: Option<&RouteId>,
    ) -> Option<&Arc<OutputSchema>> {
        self.output_schemas.find(tenant, model, route)
    }

    /// The rows that were left out.
    pub fn broken(&self) -> &[BrokenRow] {
        &self.broken
    }

    /// When the next grace period of a credential ends: what the snapshot says is out of date from then on.
    pub fn next_grace_end(&self) -> Option<DateTime<Utc>> {
        self.credentials.next_grace_end()
    }
}

#[cfg(test)]
mod tests;
