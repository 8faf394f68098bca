//! What the actuator of a gateway shows.

use std::sync::{Arc, OnceLock};

use dvara_ledger::Writer;
use dvara_service::actuator::{Actuator, ActuatorView, Component, HealthView, Status};
use dvara_service::cores::Pulse;
use dvara_service::metrics::Metrics as Registered;
use dvara_service::readiness::Readiness;
use dvara_service::tls::ListenerTls;
use prometheus_client::registry::Registry;
use tokio::runtime::Handle;

use super::GatewayConfig;
use crate::status::StatusPage;

/// A pulse that is known once the cores run; before that nothing is dead yet.
#[derive(Clone, Default)]
pub(super) struct LatePulse(Arc<OnceLock<Pulse>>);

impl LatePulse {
    pub(super) fn set(&self, pulse: Pulse) {
        // Set once, by the start.
        let _first = self.0.set(pulse);
    }

    fn is_alive(&self) -> bool {
        self.0.get().is_none_or(Pulse::is_alive)
    }
}

/// The actuator, and the pulse that it waits for.
pub(super) fn actuator(
    config: &GatewayConfig,
    readiness: &Readiness,
    writer: &Writer,
    status: StatusPage,
    registry: Registry,
    background: &Handle,
) -> (Arc<Actuator>, LatePulse) {
    let pulse = LatePulse::default();
    let alive = pulse.clone();
    let tls = config.common.listening.tls.clone();
    let (writer, summary) = (writer.clone(), status.readiness_details());
    let components = move || {
        let database = if writer.counters().database_up {
            Status::Up
        } else {
            Status::Unknown
        };
        let mut gateway = Component::new("gatewayReadiness", Status::Up);
        for (name, value) in &summary {
            gateway = gateway.detail(name, value.clone());
        }
        let mut components = vec![gateway, Component::new("db", database).aside()];
        components.extend(tls.as_deref().map(certificate));
        components
    };
    let view = ActuatorView {
        health: HealthView {
            readiness: readiness.clone(),
            alive: Arc::new(move || alive.is_alive()),
            components: Arc::new(components),
        },
        info: serde_json::json!({"build": {"name": "dvara", "version": env!("CARGO_PKG_VERSION")}}),
        status: Some(Arc::new(move || status.render())),
        metrics: Registered::new(registry, background.clone()),
    };
    (
        Arc::new(Actuator::new(
            config.common.actuator.clone(),
            config.common.show_details,
            view,
        )),
        pulse,
    )
}

/// Whether the listener shows the certificate that is in its files.
fn certificate(tls: &ListenerTls) -> Component {
    match tls.problem() {
        None => Component::new("tls", Status::Up),
        Some(problem) => Component::new("tls", Status::Unknown).detail("problem", problem),
    }
    .aside()
}
