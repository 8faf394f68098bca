//! What the actuator of a gateway shows.

use std::sync::Arc;

use dvara_ledger::Writer;
use dvara_service::actuator::{Component, Status};
use dvara_service::process::ServiceView;

use crate::status::StatusPage;

/// Its components of health, and its status page.
pub(super) fn view(writer: &Writer, status: StatusPage) -> ServiceView {
    let (writer, summary) = (writer.clone(), status.readiness_details());
    let components = move || {
        let database = Component::database(writer.counters().database_up);
        let mut gateway = Component::new("gatewayReadiness", Status::Up);
        for (name, value) in &summary {
            gateway = gateway.detail(name, value.clone());
        }
        vec![gateway, database]
    };
    ServiceView {
        components: Box::new(components),
        status: Some(Arc::new(move || status.render())),
    }
}
