//! What of the rules is not in force, and who does not answer: in metrics and in the details of readiness, which it does not change.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use dvara_service::actuator::{Component, Status};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use serde_json::json;

use crate::core::Shared;

/// The component `rules`: what is in force is, whatever is broken beside it.
pub(super) fn component(shared: &Shared) -> Component {
    let snapshot = shared.feed.current();
    let broken: Vec<String> = snapshot
        .broken()
        .iter()
        .map(|row| format!("{} {}: {}", row.table, row.id, row.reason))
        .collect();
    let silent = shared.outside.warnings();
    let status = if broken.is_empty() && silent.is_empty() {
        Status::Up
    } else {
        Status::Unknown
    };
    let mut component = Component::new("rules", status);
    if !broken.is_empty() {
        component = component.detail("leftOut", json!(broken));
    }
    if !silent.is_empty() {
        component = component.detail("silent", json!(silent));
    }
    component
}

/// Registers how many rows are left out.
pub(super) fn register(registry: &mut Registry, shared: &Arc<Shared>) {
    registry.register_collector(Box::new(LeftOut(shared.clone())));
}

struct LeftOut(Arc<Shared>);

impl fmt::Debug for LeftOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LeftOut")
    }
}

impl Collector for LeftOut {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let snapshot = self.0.feed.current();
        let mut by_table: BTreeMap<&'static str, u64> = BTreeMap::new();
        for row in snapshot.broken() {
            *by_table.entry(row.table).or_default() += 1;
        }
        let mut family = encoder.encode_descriptor(
            "gateway_configuration_left_out",
            "Rows and settings of the configuration that are broken and not in force, by table",
            None,
            ConstGauge::new(0_u64).metric_type(),
        )?;
        for (table, count) in by_table {
            let count = ConstGauge::new(count);
            count.encode(family.encode_family(&[("table", table)])?)?;
        }
        Ok(())
    }
}
