//! What the actuator of a gateway shows.

use std::sync::Arc;

use dvara_cluster::Cluster;
use dvara_ledger::Writer;
use dvara_service::actuator::{Component, Status};
use dvara_service::process::ServiceView;
use serde_json::json;

use super::rules;
use crate::core::Shared;
use crate::status::StatusPage;

/// Its components of health, and its status page.
pub(super) fn view(
    writer: &Writer,
    fleet: &Cluster,
    shared: Arc<Shared>,
    status: StatusPage,
) -> ServiceView {
    let (writer, fleet) = (writer.clone(), fleet.clone());
    let summary = status.readiness_details();
    let components = move || {
        let database = Component::database(writer.counters().database_up);
        let mut gateway = Component::new("gatewayReadiness", Status::Up);
        for (name, value) in &summary {
            gateway = gateway.detail(name, value.clone());
        }
        let members = fleet.members().len();
        let cluster = Component::new("cluster", Status::Up).detail("members", json!(members));
        vec![
            gateway,
            database,
            cluster.aside(),
            rules::component(&shared),
        ]
    };
    ServiceView {
        components: Box::new(components),
        status: Some(Arc::new(move || status.render())),
    }
}
