//! What a scraper sees of a fleet.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::Cluster;

/// Datagrams, counted where they pass.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) sent: AtomicU64,
    pub(crate) received: AtomicU64,
    /// Sealed with another key, or damaged.
    pub(crate) foreign: AtomicU64,
    /// Of this fleet, and too long to send or of a protocol that this version does not know.
    pub(crate) unusable: AtomicU64,
}

impl Counters {
    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Relaxed);
    }
}

/// Members and datagrams. Dashboards know the members by the name that their first implementation gave them.
#[derive(Debug)]
pub struct ClusterMetrics(pub Cluster);

impl Collector for ClusterMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let members = ConstGauge::new(u64::try_from(self.0.members().len()).unwrap_or(u64::MAX));
        members.encode(encoder.encode_descriptor(
            "gateway_hazelcast_cluster_members",
            "Members of the fleet that this gateway sees, itself among them",
            None,
            members.metric_type(),
        )?)?;
        let counters = self.0.counters();
        for (name, help, counter) in [
            (
                "gateway_cluster_datagrams_sent",
                "Datagrams sent to members of the fleet",
                &counters.sent,
            ),
            (
                "gateway_cluster_datagrams_received",
                "Datagrams received from members of the fleet",
                &counters.received,
            ),
            (
                "gateway_cluster_datagrams_rejected",
                "Datagrams that do not open with the fleet's key: somebody else's, or damaged",
                &counters.foreign,
            ),
            (
                "gateway_cluster_datagrams_unusable",
                "Datagrams of the fleet that could not be sent or read",
                &counters.unusable,
            ),
        ] {
            let counter = ConstCounter::new(counter.load(Relaxed));
            counter.encode(encoder.encode_descriptor(
                name,
                help,
                None,
                counter.metric_type(),
            )?)?;
        }
        Ok(())
    }
}
