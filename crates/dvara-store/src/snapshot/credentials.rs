//! Provider credentials, opened when they are compiled, so that a request finds the secret in two probes.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use dvara_crypto::envelope::{self, Context, MasterKey, Purpose};
use dvara_crypto::{Secret, api_key};
use dvara_types::{CredentialId, ProviderName, TenantId};

use super::BrokenRow;
use crate::rows::credentials::{self, CredentialRow};

/// Whose credential it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialSource {
    /// The tenant's own.
    Tenant,
    /// The platform's default.
    Platform,
    /// The provider's setting in a file or the environment.
    Setting,
}

/// What is shown to a provider.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The row, where it is one.
    pub id: Option<CredentialId>,
    /// The secret.
    pub secret: Secret<String>,
    /// Recognises it in usage rows without showing it.
    pub fingerprint: String,
    /// Whose it is.
    pub source: CredentialSource,
}

/// A credential that exists for the asked tenant and provider and cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The row.
    pub id: String,
    /// Why, for the log.
    pub reason: String,
}

type Slot = Result<Credential, Unusable>;

#[derive(Debug, Default)]
struct Slots {
    platform: Option<Slot>,
    tenants: HashMap<TenantId, Slot>,
}

#[derive(Debug, Default)]
pub(super) struct Credentials {
    by_provider: HashMap<ProviderName, Slots>,
    next_grace_end: Option<DateTime<Utc>>,
    broken: Vec<BrokenRow>,
}

impl Credentials {
    /// Rows come oldest first; of several GRACE rows of one slot the newest serves.
    pub(super) fn compile(
        rows: Vec<CredentialRow>,
        read_at: DateTime<Utc>,
        master: Option<&MasterKey>,
    ) -> Self {
        let mut compiled = Self::default();
        let (active, grace): (Vec<_>, Vec<_>) = rows
            .into_iter()
            .filter(|row| row.status != "GRACE" || row.grace_until > Some(read_at))
            .partition(|row| row.status != "GRACE");
        compiled.next_grace_end = grace.iter().filter_map(|row| row.grace_until).min();
        // Grace first, so that an active row takes its place.
        for row in grace.into_iter().chain(active) {
            compiled.add(row, master);
        }
        compiled
    }

    fn add(&mut self, row: CredentialRow, master: Option<&MasterKey>) {
        let place = match place(&row) {
            Ok(place) => place,
            Err(reason) => {
                self.note(&row.id, reason);
                return;
            }
        };
        let slot = open(&row, master).map_err(|reason| {
            self.note(&row.id, reason.clone());
            Unusable {
                id: row.id.clone(),
                reason,
            }
        });
        let slots = self.by_provider.entry(place.provider).or_default();
        match place.tenant {
            Some(tenant) => {
                slots.tenants.insert(tenant, slot);
            }
            None => slots.platform = Some(slot),
        }
    }

    fn note(&mut self, id: &str, reason: String) {
        self.broken.push(BrokenRow {
            table: credentials::TABLE,
            id: id.to_owned(),
            reason,
        });
    }

    pub(super) fn find(
        &self,
        tenant: Option<&TenantId>,
        provider: &ProviderName,
    ) -> Option<Result<&Credential, &Unusable>> {
        let slots = self.by_provider.get(provider)?;
        tenant
            .and_then(|tenant| slots.tenants.get(tenant))
            .or(slots.platform.as_ref())
            .map(Result::as_ref)
    }

    pub(super) fn broken(&self) -> &[BrokenRow] {
        &self.broken
    }

    pub(super) fn next_grace_end(&self) -> Option<DateTime<Utc>> {
        self.next_grace_end
    }
}

struct Place {
    provider: ProviderName,
    tenant: Option<TenantId>,
}

/// Which slot a row is for. Without one it is nobody's; with one it keeps others from stepping in, usable or not.
fn place(row: &CredentialRow) -> Result<Place, String> {
    if !matches!(row.status.as_str(), "ACTIVE" | "GRACE") {
        return Err(format!("the status `{}` is unknown", row.status));
    }
    let tenant = row.tenant_id.as_deref().map(TenantId::parse).transpose();
    Ok(Place {
        provider: ProviderName::parse(&row.provider).map_err(|error| error.to_string())?,
        tenant: tenant.map_err(|error| error.to_string())?,
    })
}

fn open(row: &CredentialRow, master: Option<&MasterKey>) -> Result<Credential, String> {
    match row.mode.as_str() {
        "ENCRYPTED" => {}
        "REFERENCE" => return Err("credentials in a vault are not built yet".to_owned()),
        other => return Err(format!("the mode `{other}` is unknown")),
    }
    let sealed = row.sealed.as_deref().ok_or("it has no sealed secret")?;
    let master = master
        .ok_or("no encryption password is set to open it with: DVARA_ENCRYPTION_MASTER_PASSWORD")?;
    let context = Context {
        purpose: Purpose::PROVIDER_CREDENTIAL,
        tenant: row.tenant_id.as_deref().unwrap_or_default(),
        provider: &row.provider,
        row: &row.id,
    };
    let secret = envelope::open(master, &context, sealed).map_err(|error| error.to_string())?;
    Ok(Credential {
        id: Some(CredentialId::parse(&row.id).map_err(|error| error.to_string())?),
        fingerprint: api_key::fingerprint(secret.expose()),
        secret,
        source: match row.tenant_id {
            Some(_) => CredentialSource::Tenant,
            None => CredentialSource::Platform,
        },
    })
}
