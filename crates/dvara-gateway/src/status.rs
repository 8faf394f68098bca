//! `/actuator/gateway-status` (operations sheet B4): what this process is, has and lacks.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use chrono::{DateTime, Utc};
use dvara_cloud::IdentityState;
use dvara_cluster::{Cluster, Member};
use dvara_crypto::licence::Verified;
use dvara_dialects::target::ProviderCapabilities;
use dvara_service::process::Foundation;
use dvara_upstream::targets::{BreakerState, Target};
use serde_json::{Value, json};

use crate::app::GatewayConfig;
use crate::core::Shared;
use crate::settings::Mode;

/// What the page is made from.
pub(crate) struct StatusPage {
    started: Instant,
    mode: Mode,
    region_id: Option<String>,
    region_name: Option<String>,
    licence: Verified,
    not_built: Vec<String>,
    shared: Arc<Shared>,
    fleet: Cluster,
}

impl StatusPage {
    pub(crate) fn new(
        config: &GatewayConfig,
        foundation: &Foundation,
        shared: Arc<Shared>,
        fleet: Cluster,
    ) -> Self {
        let region = &foundation.config.common.region;
        let mut not_built = foundation.not_built.clone();
        not_built.extend(config.file.not_built.iter().cloned());
        Self {
            started: Instant::now(),
            mode: config.gateway.mode,
            region_id: region.id.clone(),
            region_name: region.name.clone(),
            licence: foundation.licence.clone(),
            not_built,
            shared,
            fleet,
        }
    }

    /// The details of the component `gatewayReadiness`.
    pub(crate) fn readiness_details(&self) -> Vec<(&'static str, Value)> {
        let count = self.shared.providers.all().len();
        let mode = if count == 0 { "byok" } else { "mixed" };
        vec![
            ("providerCount", json!(count)),
            ("mode", json!(mode)),
            ("region", json!(self.region_id)),
        ]
    }

    /// The page.
    pub(crate) fn render(&self) -> Value {
        json!({
            "status": "running",
            "mode": self.mode.as_str(),
            "version": env!("CARGO_PKG_VERSION"),
            "uptimeSeconds": self.started.elapsed().as_secs(),
            "region": {"id": self.region_id, "name": self.region_name, "regionAware": self.region_id.is_some()},
            "providers": self.providers(),
            "routes": self.routes(),
            "routing": {"defaultStrategy": self.shared.settings.default_strategy.as_str()},
            "rateLimits": self.shared.rates.status(&self.shared.feed.current()),
            "cluster": self.cluster(),
            "license": self.licence.status_at(Utc::now()),
            "notBuilt": self.not_built,
            "brokenRows": self.broken(),
            "warnings": self.warnings(),
        })
    }

    fn cluster(&self) -> Value {
        let members = self.fleet.members();
        let describe = |member: &Member| json!({"id": member.id, "address": member.address});
        json!({
            "enabled": self.fleet.is_on(),
            "nodeId": self.fleet.me().id,
            "members": members.iter().map(describe).collect::<Vec<_>>(),
            "size": members.len(),
        })
    }

    fn providers(&self) -> Vec<Value> {
        let now = Instant::now();
        let targets = self.shared.targets.all();
        let describe = |provider: &Arc<crate::providers::Provider>| {
            let can = ProviderCapabilities::of(provider.kind);
            let own = targets
                .iter()
                .filter(|target| *target.provider == *provider.name.as_str());
            let own: Vec<&Arc<Target>> = own.collect();
            json!({
                "name": provider.name.as_str(),
                "type": provider.kind.as_str(),
                "health": health(own.iter().map(|target| target.breaker.state(now))),
                "targets": own.iter().map(|one| target(one, now)).collect::<Vec<_>>(),
                "underWay": own.first().map_or(0, |target| target.lane.in_use()),
                "waiting": own.first().map_or(0, |target| target.lane.waiting()),
                "credentials": provider.identity.as_ref().map(|identity| credentials(&identity.state())),
                "capabilities": {
                    "streaming": can.streaming,
                    "vision": can.vision,
                    "toolCalls": can.tool_calls,
                    "structuredOutputs": can.structured_outputs,
                    "jsonMode": can.json_mode,
                    "maxContextTokens": can.max_context_tokens,
                },
            })
        };
        self.shared.providers.all().iter().map(describe).collect()
    }

    fn routes(&self) -> Vec<Value> {
        let snapshot = self.shared.feed.current();
        let describe = |route: &dvara_store::snapshot::Route| {
            let providers = route.record.providers.iter();
            let providers: Vec<&str> = providers.map(|target| target.provider.as_str()).collect();
            let options = &route.record.options;
            json!({
                "id": route.record.id.as_str(),
                "modelPattern": route.record.model_pattern.as_str(),
                "strategy": route.record.strategy.as_str(),
                "tenant": options.tenant,
                "canaryConfig": options.canary_config,
                "shadowConfig": options.shadow_config,
                "providers": providers,
                "pinnedModelVersion": route.record.pinned_model_version,
                "version": route.record.version,
                "source": route.source.as_str(),
            })
        };
        snapshot.routes().iter().map(describe).collect()
    }

    fn broken(&self) -> Vec<Value> {
        let snapshot = self.shared.feed.current();
        snapshot
            .broken()
            .iter()
            .map(|row| json!({"table": row.table, "id": row.id, "reason": row.reason}))
            .collect()
    }

    fn warnings(&self) -> Vec<String> {
        let snapshot = self.shared.feed.current();
        let mut warnings = Vec::new();
        if snapshot.routes().is_empty() {
            warnings.push("No routes configured (using default model-prefix routing)".to_owned());
        }
        if self.shared.providers.all().is_empty() {
            warnings.push("No providers configured".to_owned());
        }
        warnings.extend(self.shared.outside.warnings());
        let broken = snapshot.broken().iter();
        warnings.extend(
            broken.map(|row| format!("{} `{}` is left out: {}", row.table, row.id, row.reason)),
        );
        warnings
    }
}

/// The word for a provider whose breakers are in these states (data-plane sheet §17); one without calls is taken for healthy.
fn health(states: impl Iterator<Item = BreakerState>) -> &'static str {
    let mut word = "HEALTHY";
    for state in states {
        match state {
            BreakerState::Open => return "UNHEALTHY",
            BreakerState::HalfOpen => word = "DEGRADED",
            BreakerState::Closed => {}
        }
    }
    word
}

/// One model of a provider.
fn target(target: &Target, now: Instant) -> Value {
    json!({
        "model": &*target.model,
        "circuitBreaker": target.breaker.state(now).as_str(),
        "latencyMs": target.answers.estimate(now).millis(),
        "firstEventMs": target.first_events.estimate(now).millis(),
    })
}

/// What an operator may know of an identity.
fn credentials(state: &IdentityState) -> Value {
    let time = |time: SystemTime| DateTime::<Utc>::from(time).to_rfc3339();
    json!({
        "from": state.from,
        "usable": state.is_usable(SystemTime::now()),
        "expiresAt": state.expires.map(time),
        "failure": state.failure.as_ref().map(|failure| json!({
            "since": time(failure.since),
            "attempts": failure.attempts,
            "reason": &*failure.reason,
        })),
    })
}
