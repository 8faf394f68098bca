//! Seeds: what `gateway.yaml` and the bootstrap file name is inserted where it is absent, and nothing else is touched.
//!
//! Present means present in any state: a revoked key, a suspended tenant and a deleted route stay what somebody made
//! them, however often a pod starts. All of a seed is one change, so replicas that start together insert it once.

use dvara_crypto::{Secret, api_key};
use dvara_types::{
    ApiKeyRecord, KeyHash, KeyStatus, RouteId, RouteRecord, Scopes, TenantId, TenantRecord,
    TenantStatus,
};
use serde_json::{Map, Value};
use sqlx::PgConnection;

use super::keys::{insert_key, new_id};
use super::{Action, Admin, AdminError};
use crate::file::GatewayFile;
use crate::rows::config_versions::Area;
use crate::rows::{api_keys, routes, tenants};

/// What a file names.
#[derive(Debug, Clone, Default)]
pub struct Seed {
    /// Tenants, by id.
    pub tenants: Vec<SeedTenant>,
    /// Keys, by hash, or by tenant and name where they are to be generated.
    pub api_keys: Vec<SeedKey>,
    /// Routes, by id.
    pub routes: Vec<RouteRecord>,
}

/// A tenant of a file.
#[derive(Debug, Clone)]
pub struct SeedTenant {
    /// Its id.
    pub id: TenantId,
    /// A name for people.
    pub name: String,
    /// Whether it is served.
    pub status: TenantStatus,
    /// Settings and notes.
    pub metadata: Map<String, Value>,
}

/// A key of a file.
#[derive(Debug, Clone)]
pub struct SeedKey {
    /// Whose it is; a tenant that exists nowhere is made under this id.
    pub tenant: TenantId,
    /// A name for people.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// The key itself.
    pub material: SeedKeyMaterial,
}

/// Where a key of a file comes from.
#[derive(Debug, Clone)]
pub enum SeedKeyMaterial {
    /// To be made here, and shown once.
    Generate,
    /// Written in the file.
    Plain(Secret<String>),
    /// Known to the file by its hash alone.
    Hash(KeyHash),
}

/// A key that a seed inserted.
#[derive(Debug, Clone)]
pub struct SeededKey {
    /// What the store knows of it.
    pub record: ApiKeyRecord,
    /// The key, where it was generated: to be shown once.
    pub generated: Option<Secret<String>>,
}

/// What a seed did.
#[derive(Debug, Clone, Default)]
pub struct SeedReport {
    /// Tenants that were inserted.
    pub tenants: Vec<TenantId>,
    /// Keys that were inserted.
    pub api_keys: Vec<SeededKey>,
    /// Routes that were inserted.
    pub routes: Vec<RouteId>,
    /// How many things were there already.
    pub present: usize,
}

impl SeedReport {
    /// Whether everything was there already.
    pub fn is_empty(&self) -> bool {
        self.tenants.is_empty() && self.api_keys.is_empty() && self.routes.is_empty()
    }
}

impl Seed {
    /// The seed in `gateway.yaml`: tenants and keys. Its routes lie over the stored ones and are not stored.
    pub fn of_gateway_file(file: &GatewayFile) -> Self {
        Self {
            tenants: file.tenants.clone(),
            api_keys: file.api_keys.clone(),
            routes: Vec::new(),
        }
    }

    /// The seed in a bootstrap file: tenants, keys and routes.
    pub fn of_bootstrap_file(file: &GatewayFile) -> Self {
        Self {
            routes: file.routes.clone(),
            ..Self::of_gateway_file(file)
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.tenants.is_empty() && self.api_keys.is_empty() && self.routes.is_empty()
    }
}

impl Admin<'_> {
    /// Inserts what is absent, all or nothing.
    ///
    /// # Errors
    /// When the licence allows no more tenants, or the database fails.
    pub async fn seed(&self, seed: &Seed) -> Result<SeedReport, AdminError> {
        let mut report = SeedReport::default();
        if seed.is_empty() {
            return Ok(report);
        }
        let areas = &[Area::ApiKeys, Area::Routes, Area::Tenants];
        let mut change = self.begin(Action::ConfigSeeded, "file", areas).await?;
        let connection = change.connection();
        for tenant in &seed.tenants {
            self.seed_tenant(connection, tenant, &mut report).await?;
        }
        for key in &seed.api_keys {
            self.seed_key(connection, key, &mut report).await?;
        }
        for route in &seed.routes {
            seed_route(connection, route, &mut report).await?;
        }
        if report.is_empty() {
            change.abandon().await?;
        } else {
            change.commit().await?;
        }
        Ok(report)
    }

    async fn seed_tenant(
        &self,
        connection: &mut PgConnection,
        tenant: &SeedTenant,
        report: &mut SeedReport,
    ) -> Result<(), AdminError> {
        if tenants::one(connection, &tenant.id).await?.is_some() {
            report.present += 1;
            return Ok(());
        }
        let record = TenantRecord {
            id: tenant.id.clone(),
            name: tenant.name.clone(),
            status: tenant.status,
            metadata: tenant.metadata.clone(),
        };
        self.insert_tenant(connection, &record).await?;
        report.tenants.push(record.id);
        Ok(())
    }

    async fn seed_key(
        &self,
        connection: &mut PgConnection,
        key: &SeedKey,
        report: &mut SeedReport,
    ) -> Result<(), AdminError> {
        let present = match &key.material {
            SeedKeyMaterial::Generate => {
                api_keys::has_name(connection, &key.tenant, &key.name).await?
            }
            SeedKeyMaterial::Plain(plain) => {
                api_keys::has_hash(connection, &api_key::hash(plain.expose())).await?
            }
            SeedKeyMaterial::Hash(hash) => api_keys::has_hash(connection, hash).await?,
        };
        if present {
            report.present += 1;
            return Ok(());
        }
        if tenants::one(connection, &key.tenant).await?.is_none() {
            let tenant = SeedTenant {
                id: key.tenant.clone(),
                name: key.tenant.to_string(),
                status: TenantStatus::Active,
                metadata: Map::new(),
            };
            self.seed_tenant(connection, &tenant, report).await?;
        }
        let name = free_name(connection, &key.tenant, &key.name).await?;
        let seeded = seeded_key(key, name);
        insert_key(connection, &seeded.record).await?;
        report.api_keys.push(seeded);
        Ok(())
    }
}

/// A new value under a name that is taken is a key that was changed in its file. The old one stays until somebody
/// revokes it, so the new one gets the next free name: `ci`, `ci-2`, …
async fn free_name(
    connection: &mut PgConnection,
    tenant: &TenantId,
    name: &str,
) -> Result<String, AdminError> {
    let mut candidate = name.to_owned();
    let mut number = 2_u32;
    while api_keys::has_name(connection, tenant, &candidate).await? {
        candidate = format!("{name}-{number}");
        number = number.saturating_add(1);
    }
    Ok(candidate)
}

fn seeded_key(key: &SeedKey, name: String) -> SeededKey {
    let (hash, prefix, generated) = match &key.material {
        SeedKeyMaterial::Generate => {
            let plain = api_key::generate(rand::random());
            let hash = api_key::hash(plain.expose());
            (hash, api_key::display_prefix(plain.expose()), Some(plain))
        }
        SeedKeyMaterial::Plain(plain) => (
            api_key::hash(plain.expose()),
            api_key::display_prefix(plain.expose()),
            None,
        ),
        SeedKeyMaterial::Hash(hash) => (*hash, String::new(), None),
    };
    let record = ApiKeyRecord {
        id: new_id(),
        tenant: key.tenant.clone(),
        name,
        prefix,
        hash,
        scopes: key.scopes.clone(),
        status: KeyStatus::Active,
        expires_at: None,
    };
    SeededKey { record, generated }
}

async fn seed_route(
    connection: &mut PgConnection,
    route: &RouteRecord,
    report: &mut SeedReport,
) -> Result<(), AdminError> {
    let version = routes::next_version(connection, &route.id).await?;
    let exists = routes::one(connection, &route.id).await?.is_some();
    if exists || version > 1 {
        report.present += 1;
        return Ok(());
    }
    let record = RouteRecord {
        version,
        position: routes::next_position(connection).await?,
        ..route.clone()
    };
    routes::put(connection, &record).await?;
    report.routes.push(record.id);
    Ok(())
}
