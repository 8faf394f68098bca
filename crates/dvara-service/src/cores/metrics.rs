//! What a scraper sees of the cores' load.

use std::fmt;
use std::sync::{Arc, OnceLock};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::gauge::ConstGauge;

use super::{CoreLoad, Cores};

/// The open work of all cores. Registered before there are any, and told of them when they run.
#[derive(Debug, Clone, Default)]
pub struct LoadMetrics(Arc<OnceLock<Vec<Arc<CoreLoad>>>>);

impl LoadMetrics {
    /// From here on these cores are shown.
    pub fn show(&self, cores: &Cores) {
        // Set once, by the start.
        let _first = self.0.set(cores.loads());
    }
}

impl Collector for LoadMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let loads = self.0.get().map(Vec::as_slice).unwrap_or_default();
        let connections: usize = loads.iter().map(|load| load.connections()).sum();
        let requests: usize = loads.iter().map(|load| load.requests()).sum();
        let tasks: usize = loads.iter().map(|load| load.tasks()).sum();
        for (name, help, value) in [
            (
                "server_connections_open",
                "Connections of clients, busy or idle",
                connections,
            ),
            (
                "server_requests_open",
                "Requests whose answer is not complete",
                requests,
            ),
            (
                "server_core_tasks",
                "Tasks on the cores: connections of both sides and what they started",
                tasks,
            ),
        ] {
            let gauge = ConstGauge::new(u64::try_from(value).unwrap_or(u64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}
