//! How often a key may call: what `enter` asks, and what the status page shows.

use std::num::NonZeroU32;

use dvara_limits::{Counters, Exceeded, RateLimits, WINDOW_SECONDS};
use dvara_store::snapshot::Snapshot;
use dvara_types::TenantId;
use serde_json::{Map, Value, json};

use crate::authenticate::Caller;
use crate::settings::RateLimitSettings;

/// Whom calls without a key are counted as, all together.
const UNAUTHENTICATED: &str = "unauthenticated";

/// The request rates of this process; none are counted where limiting is off.
pub(crate) struct Rates {
    settings: RateLimitSettings,
    limits: Option<RateLimits>,
}

impl Rates {
    pub(crate) fn new(settings: RateLimitSettings, limits: Option<RateLimits>) -> Self {
        Self { settings, limits }
    }

    /// Counts a call of this caller: its tenant's limit holds, else the gateway's.
    pub(crate) fn check(&self, caller: &Caller) -> Result<(), Exceeded> {
        let Some(limits) = &self.limits else {
            return Ok(());
        };
        let key = caller.key();
        let of_tenant = key.and_then(|key| key.requests_per_minute);
        let Some(limit) = of_tenant.or(self.settings.requests_per_minute) else {
            return Ok(());
        };
        let id = key.map_or(UNAUTHENTICATED, |key| key.record.id.as_str());
        limits.check(id, limit)
    }

    /// How often a key of this tenant may call, and what the window holds of a key's calls; nothing is counted for asking.
    pub(crate) fn explain(
        &self,
        snapshot: &Snapshot,
        tenant: Option<&TenantId>,
        key: Option<&str>,
    ) -> Value {
        let Some(limits) = &self.limits else {
            return Value::Null;
        };
        let of_tenant = tenant.and_then(|tenant| snapshot.request_rates().get(tenant).copied());
        let limit = of_tenant.or(self.settings.requests_per_minute);
        let counted = key.map(|key| limits.counted(key));
        let used_up = limit
            .zip(counted)
            .map(|(limit, counted)| counted >= u64::from(limit.get()));
        json!({"requestsPerMinute": limit, "counted": counted, "usedUp": used_up})
    }

    /// What was counted; nothing where limiting is off.
    pub(crate) fn counters(&self) -> Counters {
        let limits = self.limits.as_ref();
        limits.map_or_else(Counters::default, RateLimits::counters)
    }

    /// The section `rateLimits` of the status page.
    pub(crate) fn status(&self, snapshot: &Snapshot) -> Value {
        let tenants: Map<String, Value> = snapshot
            .request_rates()
            .iter()
            .map(|(tenant, rate)| (tenant.to_string(), json!(rate)))
            .collect();
        let mut status = json!({
            "enabled": self.limits.is_some(),
            "perKeyRequestsPerMinute": self.settings.requests_per_minute.map_or(0, NonZeroU32::get),
            "perKeyTokensPerMinute": null,
            "tenantRequestsPerMinute": tenants,
            "windowSeconds": WINDOW_SECONDS,
        });
        if let Some(limits) = &self.limits {
            status["engine"] = json!("postgresql");
            status["shared"] = json!(limits.shared());
            status["liveMembers"] = json!(limits.members());
            status["activeKeys"] = json!(limits.keys());
        }
        status
    }
}
