//! The actuator: what operators, probes and scrapers may ask every service, implemented once (operations sheet B4).
//!
//! | path | who |
//! |---|---|
//! | `/actuator/health`, `…/health/liveness`, `…/health/readiness`, `/actuator/info` | anybody; the API key adds details |
//! | `/actuator/health/<indicator>`, `/actuator/gateway-status` | the API key |
//! | `/actuator/prometheus` | the metrics key, and no other |
//! | everything else under `/actuator`, that path included | 401 without the API key, 404 with it |
//!
//! An unset key opens nothing: its paths answer 401. Plain functions of method, path and headers; the app calls them from
//! its own routing, on whatever runtime it serves from.

mod guard;
mod health;
mod reply;

use std::sync::Arc;

use bytes::Bytes;
use guard::Refused;
pub use guard::{ActuatorKeys, ShowDetails, shows};
pub use health::{Component, HealthView, Status};
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::Full;
use serde_json::Value;

use crate::metrics::Metrics;

/// What the actuator shows, given by the app.
pub struct ActuatorView {
    /// Liveness, readiness and components.
    pub health: HealthView,
    /// `/actuator/info`: the version, for anybody to read.
    pub info: Value,
    /// `/actuator/gateway-status`; a service without one answers 404.
    pub status: Option<Arc<dyn Fn() -> Value + Send + Sync>>,
    /// `/actuator/prometheus`.
    pub metrics: Metrics,
}

/// The actuator of one service. One value serves all cores.
pub struct Actuator {
    keys: ActuatorKeys,
    details: ShowDetails,
    view: ActuatorView,
}

/// Who may ask.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Anybody,
    ApiKey,
    MetricsKey,
}

/// What a path asks for.
enum Asked<'a> {
    Health,
    Liveness,
    Readiness,
    Indicator(&'a str),
    Info,
    Status,
    Prometheus,
    Unlisted,
}

impl Actuator {
    /// Puts keys and view together.
    pub fn new(keys: ActuatorKeys, details: ShowDetails, view: ActuatorView) -> Self {
        Self {
            keys,
            details,
            view,
        }
    }

    /// Whether a path is the actuator's.
    pub fn owns(path: &str) -> bool {
        path.strip_prefix("/actuator")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Answers a request; `None` for a path that is not the actuator's. The query plays no part, the body is not read.
    pub async fn answer(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Option<Response<Full<Bytes>>> {
        if !Self::owns(path) {
            return None;
        }
        let response = match self.admit(method, path, headers) {
            Ok((asked, details)) => self.show(&asked, details, headers).await,
            Err(refused) => reply::refused(refused),
        };
        Some(if method == Method::HEAD {
            reply::without_body(response)
        } else {
            response
        })
    }

    /// Everything that can be refused, in order: the key, the path, the method. Also says whether details may be shown.
    fn admit<'a>(
        &self,
        method: &Method,
        path: &'a str,
        headers: &HeaderMap,
    ) -> Result<(Asked<'a>, bool), Refused> {
        let asked = Asked::read(path);
        match asked.access() {
            Access::Anybody => {}
            Access::ApiKey => guard::check(self.keys.api.as_ref(), headers)?,
            Access::MetricsKey => guard::check(self.keys.metrics.as_ref(), headers)?,
        }
        let absent = match asked {
            Asked::Unlisted => true,
            Asked::Status => self.view.status.is_none(),
            _ => false,
        };
        if absent {
            return Err(Refused::Absent);
        }
        if !matches!(*method, Method::GET | Method::HEAD) {
            return Err(Refused::Method);
        }
        // A wrong key on an open path is no error there; it just shows no details.
        let details = self.details == ShowDetails::WhenAuthorized
            && guard::check(self.keys.api.as_ref(), headers).is_ok();
        Ok((asked, details))
    }

    async fn show(
        &self,
        asked: &Asked<'_>,
        details: bool,
        headers: &HeaderMap,
    ) -> Response<Full<Bytes>> {
        let health = &self.view.health;
        match asked {
            Asked::Health => reply::health(&health.overall(), details),
            Asked::Liveness => reply::health(&health.liveness(), details),
            Asked::Readiness => reply::health(&health.readiness(), details),
            Asked::Indicator(name) => match health.indicator(name) {
                Some(component) => reply::indicator(&component, details),
                None => reply::refused(Refused::Absent),
            },
            Asked::Info => reply::json(StatusCode::OK, &self.view.info),
            Asked::Status => match &self.view.status {
                Some(status) => reply::json(StatusCode::OK, &status()),
                None => reply::refused(Refused::Absent),
            },
            Asked::Prometheus => match self.view.metrics.scrape(headers).await {
                Ok(scrape) => reply::text(scrape.content_type, scrape.text),
                Err(error) => reply::failed(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
            },
            Asked::Unlisted => reply::refused(Refused::Absent),
        }
    }
}

impl<'a> Asked<'a> {
    /// Paths are compared as they stand: a trailing slash, another case or an escape make another, unlisted path.
    fn read(path: &'a str) -> Self {
        match path.strip_prefix("/actuator/").unwrap_or_default() {
            "health" => Self::Health,
            "health/liveness" => Self::Liveness,
            "health/readiness" => Self::Readiness,
            "info" => Self::Info,
            "gateway-status" => Self::Status,
            "prometheus" => Self::Prometheus,
            other => match other.strip_prefix("health/") {
                Some(name) if !name.is_empty() && !name.contains('/') => Self::Indicator(name),
                Some(_) | None => Self::Unlisted,
            },
        }
    }

    fn access(&self) -> Access {
        match self {
            Self::Health | Self::Liveness | Self::Readiness | Self::Info => Access::Anybody,
            Self::Indicator(_) | Self::Status | Self::Unlisted => Access::ApiKey,
            Self::Prometheus => Access::MetricsKey,
        }
    }
}

#[cfg(test)]
mod tests;
