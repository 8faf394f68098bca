//! The only writer of configuration: Flightdeck, the commands and the seeds of a start all come through here.
//!
//! Every mutation is a `Change`: a transaction that holds the areas it changes, so that rules over several rows (a
//! limit, a next position, a next version) cannot be broken by two writers at once; on commit the areas' versions grow
//! and data planes are woken. A mutation that changes nothing leaves the versions alone.

mod change;
mod credentials;
mod error;
mod fields;
mod keys;
mod output_schemas;
mod policies;
mod prompt_templates;
mod route_draft;
mod routes;
mod seed;
mod tenants;

use dvara_crypto::envelope::MasterKey;

pub use self::change::Action;
pub use self::credentials::{CredentialInfo, CredentialMode, NewCredential};
pub use self::error::{AdminError, FieldProblem};
pub use self::keys::{CreatedKey, NewKey};
pub use self::output_schemas::{NewOutputSchema, OutputSchemaChange, OutputSchemaRecord};
pub use self::policies::{NewPolicy, PolicyChange, PolicyRecord, PolicyVersion};
pub use self::prompt_templates::{
    NewPromptTemplate, PromptTemplateChange, PromptTemplateRecord, PromptTemplateVersion,
};
pub use self::route_draft::{CanaryDraft, RouteDraft, RouteTargetDraft, ShadowDraft};
pub use self::routes::RouteVersion;
pub use self::seed::{Seed, SeedKey, SeedKeyMaterial, SeedReport, SeedTenant, SeededKey};
pub use self::tenants::NewTenant;
// What the rules of the fields are is the same for a file as for a command.
pub(crate) use self::fields::Fields;
pub(crate) use self::keys::{check_name as check_key_name, check_plain_key, check_scopes};
pub(crate) use self::route_draft::check as check_route;
use crate::store::Store;

/// Writes configuration, on somebody's behalf.
#[derive(Clone)]
pub struct Admin<'a> {
    store: &'a Store,
    actor: String,
    max_tenants: Option<u32>,
    master: Option<&'a MasterKey>,
}

impl std::fmt::Debug for Admin<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Admin")
            .field("actor", &self.actor)
            .finish_non_exhaustive()
    }
}

impl<'a> Admin<'a> {
    /// Writes to this store, as `system`, without a limit on tenants and without a key to seal credentials with.
    pub fn new(store: &'a Store) -> Self {
        Self {
            store,
            actor: "system".to_owned(),
            max_tenants: None,
            master: None,
        }
    }

    /// Who does it: a user, `cli`, or the file of a start.
    #[must_use]
    pub fn acting_as(mut self, actor: impl Into<String>) -> Self {
        self.actor = actor.into();
        self
    }

    /// The licence's limit on tenants, suspended ones counted.
    #[must_use]
    pub fn with_max_tenants(mut self, max_tenants: Option<u32>) -> Self {
        self.max_tenants = max_tenants;
        self
    }

    /// The key that credentials are sealed with.
    #[must_use]
    pub fn with_master_key(mut self, master: Option<&'a MasterKey>) -> Self {
        self.master = master;
        self
    }
}

/// Milliseconds since 1970 and ten random bytes: what a new id is minted from.
fn id_seed() -> (u64, [u8; 10]) {
    let millis = chrono::Utc::now().timestamp_millis();
    (millis.unsigned_abs(), rand::random())
}
