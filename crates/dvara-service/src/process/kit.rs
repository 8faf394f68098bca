//! What every service is fitted with, and the service that comes of it.

use std::pin::Pin;
use std::sync::Arc;

use prometheus_client::registry::Registry;
use serde_json::{Value, json};

use super::Foundation;
use super::feed::FeedMetrics;
use super::pulse::LatePulse;
use crate::actuator::{Actuator, ActuatorView, Component, HealthView, Status};
use crate::boot::BootError;
use crate::cores::{CoreId, LoadMetrics, Plane, PlaneId, Planes};
use crate::listener::Listener;
use crate::metrics::Metrics;
use crate::readiness::{Guard, Readiness};
use crate::tls::{ListenerTls, TlsMetrics};

/// A service while it is put together.
pub struct Kit<'a> {
    foundation: &'a Foundation,
    readiness: Readiness,
    starting: Guard,
    registry: Registry,
    load: LoadMetrics,
}

/// What the actuator of a service shows of the service itself.
pub struct ServiceView {
    /// Its components of health. Called for each probe: they must know already, nobody is asked here.
    pub components: Box<dyn Fn() -> Vec<Component> + Send + Sync>,
    /// `/actuator/gateway-status`; a service without one answers 404.
    pub status: Option<Arc<dyn Fn() -> Value + Send + Sync>>,
}

/// A service that has its actuator and lacks only what answers its requests.
pub struct Fitted {
    readiness: Readiness,
    starting: Guard,
    load: LoadMetrics,
    pulse: LatePulse,
}

/// A service that waits for its cores.
pub struct Service {
    add: AddPlane,
    waiting: Waiting,
}

/// Adds a service's plane to those of the process.
type AddPlane = Box<dyn FnOnce(&mut Planes) -> PlaneId>;

/// What a service does when the cores have ended.
pub(super) type LastWork = Pin<Box<dyn Future<Output = Result<(), BootError>> + Send>>;

/// The part of a service that the cores know nothing of.
pub(super) struct Waiting {
    pub(super) name: &'static str,
    pub(super) listener: Listener,
    pub(super) readiness: Readiness,
    pub(super) starting: Guard,
    pub(super) load: LoadMetrics,
    pub(super) pulse: LatePulse,
    pub(super) last: LastWork,
}

impl Service {
    pub(super) fn split(self) -> (AddPlane, Waiting) {
        (self.add, self.waiting)
    }
}

impl<'a> Kit<'a> {
    /// A service that is not ready until it is served, nor while its configuration is too old.
    pub fn new(foundation: &'a Foundation) -> Self {
        let readiness = Readiness::new();
        let starting = readiness.block("start");
        foundation.watch_configuration(readiness.clone());
        let mut registry = Registry::default();
        let load = LoadMetrics::default();
        registry.register_collector(Box::new(FeedMetrics(foundation.feed.clone())));
        registry.register_collector(Box::new(load.clone()));
        if let Some(tls) = &foundation.config.common.listening.tls {
            registry.register_collector(Box::new(TlsMetrics(tls.clone())));
        }
        Self {
            foundation,
            readiness,
            starting,
            registry,
            load,
        }
    }

    /// The conditions that keep the service from getting traffic.
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// For the families of the service's own.
    pub fn registry(&mut self) -> &mut Registry {
        &mut self.registry
    }

    /// Ends the fitting with the actuator, which answers for everything so far.
    pub fn actuator(self, view: ServiceView) -> (Arc<Actuator>, Fitted) {
        let Self {
            foundation,
            readiness,
            starting,
            registry,
            load,
        } = self;
        let pulse = LatePulse::default();
        let (common, alive) = (&foundation.config.common, pulse.clone());
        let (tls, own) = (common.listening.tls.clone(), view.components);
        let components = move || {
            let mut components = own();
            components.extend(tls.as_deref().map(certificate));
            components
        };
        let view = ActuatorView {
            health: HealthView {
                readiness: readiness.clone(),
                alive: Arc::new(move || alive.is_alive()),
                components: Arc::new(components),
            },
            info: json!({"build": {"name": "dvara", "version": env!("CARGO_PKG_VERSION")}}),
            status: view.status,
            metrics: Metrics::new(registry, foundation.background.clone()),
        };
        let actuator = Actuator::new(common.actuator.clone(), common.show_details, view);
        let fitted = Fitted {
            readiness,
            starting,
            load,
            pulse,
        };
        (Arc::new(actuator), fitted)
    }
}

impl Fitted {
    /// Gives the service its port, what answers there on each core, and what it does when those have ended.
    pub fn serve<P: Plane>(
        self,
        name: &'static str,
        listener: Listener,
        make: impl Fn(CoreId) -> P + Send + Sync + 'static,
        last: impl Future<Output = Result<(), BootError>> + Send + 'static,
    ) -> Service {
        Service {
            add: Box::new(move |planes| planes.add(make)),
            waiting: Waiting {
                name,
                listener,
                readiness: self.readiness,
                starting: self.starting,
                load: self.load,
                pulse: self.pulse,
                last: Box::pin(last),
            },
        }
    }
}

/// Whether the listener shows the certificate that is in its files.
fn certificate(tls: &ListenerTls) -> Component {
    match tls.problem() {
        None => Component::new("tls", Status::Up),
        Some(problem) => Component::new("tls", Status::Unknown).detail("problem", problem),
    }
    .aside()
}
