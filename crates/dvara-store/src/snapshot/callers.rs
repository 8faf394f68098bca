//! Keys with their tenants, found by the hash of what a caller shows.

use std::collections::HashMap;
use std::sync::Arc;

use dvara_types::{ApiKeyRecord, KeyHash, TenantId, TenantRecord};

use super::BrokenRow;
use crate::rows::api_keys::{self, ApiKeyRow};
use crate::rows::tenants::{self, TenantRow};

/// A key and the tenant it belongs to.
#[derive(Debug, Clone)]
pub struct KnownKey {
    /// The key's record.
    pub record: ApiKeyRecord,
    /// Its tenant's; one allocation for all keys of a tenant.
    pub tenant: Arc<TenantRecord>,
}

#[derive(Debug, Default)]
pub(super) struct Callers {
    keys: HashMap<KeyHash, Arc<KnownKey>>,
    broken: Vec<BrokenRow>,
}

impl Callers {
    pub(super) fn compile(tenant_rows: Vec<TenantRow>, key_rows: Vec<ApiKeyRow>) -> Self {
        let mut broken = Vec::new();
        let mut tenants: HashMap<TenantId, Arc<TenantRecord>> = HashMap::new();
        for row in tenant_rows {
            let id = row.id.clone();
            match row.record() {
                Ok(record) => {
                    tenants.insert(record.id.clone(), Arc::new(record));
                }
                Err(reason) => broken.push(BrokenRow {
                    table: tenants::TABLE,
                    id,
                    reason,
                }),
            }
        }
        let mut keys = HashMap::with_capacity(key_rows.len());
        for row in key_rows {
            let id = row.id.clone();
            match known(row, &tenants) {
                Ok(key) => {
                    keys.insert(key.record.hash, Arc::new(key));
                }
                Err(reason) => broken.push(BrokenRow {
                    table: api_keys::TABLE,
                    id,
                    reason,
                }),
            }
        }
        Self { keys, broken }
    }

    pub(super) fn key(&self, hash: &KeyHash) -> Option<&Arc<KnownKey>> {
        self.keys.get(hash)
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn broken(&self) -> &[BrokenRow] {
        &self.broken
    }
}

fn known(
    row: ApiKeyRow,
    tenants: &HashMap<TenantId, Arc<TenantRecord>>,
) -> Result<KnownKey, String> {
    let record = row.record()?;
    let tenant = tenants
        .get(&record.tenant)
        .cloned()
        .ok_or_else(|| format!("its tenant `{}` is missing or broken", record.tenant))?;
    Ok(KnownKey { record, tenant })
}
