//! Health: liveness from the cores, readiness from its conditions, and the components that the app reports.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::readiness::Readiness;

/// What a component says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It works.
    Up,
    /// It does not, and the whole is down with it.
    Down,
    /// It does not work or cannot be judged, and the whole goes on without it.
    Unknown,
}

impl Status {
    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "UP",
            Self::Down => "DOWN",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// One part of a service's health, shown to authorised callers only.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// As in `/actuator/health/<name>`: `db`, `cluster`, `gatewayReadiness`.
    pub name: &'static str,
    /// Whether it works.
    pub status: Status,
    /// Whether its being down makes the service unready; otherwise only `/actuator/health` shows it.
    pub readiness: bool,
    /// What an operator wants to know.
    pub details: Map<String, Value>,
}

impl Component {
    /// A component of the readiness group.
    pub fn new(name: &'static str, status: Status) -> Self {
        Self {
            name,
            status,
            readiness: true,
            details: Map::new(),
        }
    }

    /// The database. A service goes on with the last good configuration while it is away, so it is not needed to be ready.
    pub fn database(up: bool) -> Self {
        let status = if up { Status::Up } else { Status::Unknown };
        Self::new("db", status).aside()
    }

    /// Adds a detail.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// Takes it out of the readiness group.
    #[must_use]
    pub fn aside(mut self) -> Self {
        self.readiness = false;
        self
    }

    pub(super) fn to_json(&self) -> Value {
        if self.details.is_empty() {
            json!({"status": self.status.as_str()})
        } else {
            json!({"status": self.status.as_str(), "details": self.details})
        }
    }
}

/// Where health comes from.
#[derive(Clone)]
pub struct HealthView {
    /// The conditions of the start and the standing ones.
    pub readiness: Readiness,
    /// Whether every core still beats. Called for each probe, so it must only look.
    pub alive: Arc<dyn Fn() -> bool + Send + Sync>,
    /// The app's own components. Called for each probe: what they know must be known already, nobody is asked here.
    pub components: Arc<dyn Fn() -> Vec<Component> + Send + Sync>,
}

/// A group of components and what they come to.
pub(super) struct Report {
    pub(super) up: bool,
    pub(super) components: Vec<Component>,
}

impl Report {
    fn of(components: Vec<Component>) -> Self {
        Self {
            up: components
                .iter()
                .all(|component| component.status != Status::Down),
            components,
        }
    }
}

impl HealthView {
    pub(super) fn liveness(&self) -> Report {
        Report::of(vec![self.liveness_state()])
    }

    pub(super) fn readiness(&self) -> Report {
        let mut components = vec![self.readiness_state()];
        components.extend(
            (self.components)()
                .into_iter()
                .filter(|component| component.readiness),
        );
        Report::of(components)
    }

    pub(super) fn overall(&self) -> Report {
        let mut components = vec![self.liveness_state(), self.readiness_state()];
        components.extend((self.components)());
        Report::of(components)
    }

    pub(super) fn indicator(&self, name: &str) -> Option<Component> {
        let components = self.overall().components;
        components
            .into_iter()
            .find(|component| component.name == name)
    }

    fn liveness_state(&self) -> Component {
        Component::new("livenessState", judged((self.alive)()))
    }

    fn readiness_state(&self) -> Component {
        let conditions = self.readiness.list();
        let state = Component::new("readinessState", judged(conditions.is_empty()));
        conditions.into_iter().fold(state, |state, condition| {
            state.detail(condition.name, condition.reason)
        })
    }
}

fn judged(good: bool) -> Status {
    if good { Status::Up } else { Status::Down }
}
