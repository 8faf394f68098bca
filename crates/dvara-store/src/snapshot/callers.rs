//! Keys with their tenants, found by the hash of what a caller shows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use dvara_governance::tenant::{RuleSettings, TenantRules};
use dvara_types::{ApiKeyRecord, KeyHash, TenantId, TenantRecord};
use serde_json::Value;

use super::BrokenRow;
use crate::rows::api_keys::{self, ApiKeyRow};
use crate::rows::tenants::{self, TenantRow};

/// The entry of a tenant's metadata that sets the calls per minute of each of its keys.
const REQUESTS_PER_MINUTE: &str = "rate-limit.requests-per-minute";

/// The entry that has calls refused which a vendor could only get without some of their fields.
const STRICT: &str = "translation.strict";

/// A key and the tenant it belongs to.
#[derive(Debug, Clone)]
pub struct KnownKey {
    /// The key's record.
    pub record: ApiKeyRecord,
    /// Its tenant's; one allocation for all keys of a tenant.
    pub tenant: Arc<TenantRecord>,
    /// Calls per minute, where the tenant has a limit of its own.
    pub requests_per_minute: Option<NonZeroU32>,
    /// The tenant's calls go to vendors whole or not at all.
    pub strict: bool,
}

#[derive(Debug)]
pub(super) struct Callers {
    keys: HashMap<KeyHash, Arc<KnownKey>>,
    /// Calls per minute of each key, for tenants with a limit of their own.
    request_rates: BTreeMap<TenantId, NonZeroU32>,
    platform_rules: Arc<TenantRules>,
    /// Those of each tenant.
    rules: HashMap<TenantId, Arc<TenantRules>>,
    broken: Vec<BrokenRow>,
}

impl Callers {
    pub(super) fn compile(
        tenant_rows: Vec<TenantRow>,
        key_rows: Vec<ApiKeyRow>,
        settings: &RuleSettings,
    ) -> Self {
        let mut broken = Vec::new();
        let mut tenants: HashMap<TenantId, Arc<TenantRecord>> = HashMap::new();
        let mut request_rates = BTreeMap::new();
        let mut strict = HashSet::new();
        let platform_rules = Arc::new(TenantRules::of_platform(settings));
        let mut rules = HashMap::new();
        for row in tenant_rows {
            let id = row.id.clone();
            match row.record() {
                Ok(record) => {
                    match request_rate(&record) {
                        Ok(None) => {}
                        Ok(Some(rate)) => drop(request_rates.insert(record.id.clone(), rate)),
                        Err(reason) => broken.push(BrokenRow {
                            table: tenants::TABLE,
                            id: format!("{id}: {REQUESTS_PER_MINUTE}"),
                            reason,
                        }),
                    }
                    match is_strict(&record) {
                        Ok(false) => {}
                        Ok(true) => drop(strict.insert(record.id.clone())),
                        Err(reason) => broken.push(BrokenRow {
                            table: tenants::TABLE,
                            id: format!("{id}: {STRICT}"),
                            reason,
                        }),
                    }
                    let (of_tenant, problems) = TenantRules::of_tenant(settings, &record.metadata);
                    broken.extend(problems.into_iter().map(|problem| BrokenRow {
                        table: tenants::TABLE,
                        id: format!("{id}: {}", problem.key),
                        reason: problem.message,
                    }));
                    rules.insert(record.id.clone(), Arc::new(of_tenant));
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
            match known(row, &tenants, &request_rates, &strict) {
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
        Self {
            keys,
            request_rates,
            platform_rules,
            rules,
            broken,
        }
    }

    /// A tenant's rules; those of the platform for who has no tenant, or one that nobody knows.
    pub(super) fn rules(&self, tenant: Option<&TenantId>) -> &Arc<TenantRules> {
        let of_tenant = tenant.and_then(|tenant| self.rules.get(tenant));
        of_tenant.unwrap_or(&self.platform_rules)
    }

    pub(super) fn key(&self, hash: &KeyHash) -> Option<&Arc<KnownKey>> {
        self.keys.get(hash)
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn request_rates(&self) -> &BTreeMap<TenantId, NonZeroU32> {
        &self.request_rates
    }

    pub(super) fn broken(&self) -> &[BrokenRow] {
        &self.broken
    }
}

fn known(
    row: ApiKeyRow,
    tenants: &HashMap<TenantId, Arc<TenantRecord>>,
    request_rates: &BTreeMap<TenantId, NonZeroU32>,
    strict: &HashSet<TenantId>,
) -> Result<KnownKey, String> {
    let record = row.record()?;
    let tenant = tenants
        .get(&record.tenant)
        .cloned()
        .ok_or_else(|| format!("its tenant `{}` is missing or broken", record.tenant))?;
    Ok(KnownKey {
        requests_per_minute: request_rates.get(&record.tenant).copied(),
        strict: strict.contains(&record.tenant),
        record,
        tenant,
    })
}

/// The tenant's own limit. One that is wrong leaves the gateway's in force, and not the tenant out.
fn request_rate(tenant: &TenantRecord) -> Result<Option<NonZeroU32>, String> {
    let rate = match tenant.metadata.get(REQUESTS_PER_MINUTE) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_u64().and_then(|rate| u32::try_from(rate).ok()),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    let rate = rate.and_then(NonZeroU32::new);
    rate.map(Some).ok_or_else(|| {
        "it is no whole number from 1 on; the gateway's own limit holds for the tenant".to_owned()
    })
}

/// Whether the tenant's calls are strict. A value that is wrong is reported and leaves them as they are by default.
fn is_strict(tenant: &TenantRecord) -> Result<bool, String> {
    match tenant.metadata.get(STRICT) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(strict)) => Ok(*strict),
        Some(Value::String(text)) if text.trim() == "true" => Ok(true),
        Some(Value::String(text)) if text.trim() == "false" => Ok(false),
        Some(_) => Err("it is neither true nor false; dropped fields are reported only".to_owned()),
    }
}
