//! What a scraper sees of a fleet.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use dvara_service::metrics::{encode_counters, encode_gauges};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

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
        let members = u64::try_from(self.0.members().len()).unwrap_or(u64::MAX);
        let help = "Members of the fleet that this gateway sees, itself among them";
        encode_gauges(
            &mut encoder,
            &[("gateway_hazelcast_cluster_members", help, members)],
        )?;
        let counters = self.0.counters();
        encode_counters(
            &mut encoder,
            &[
                (
                    "gateway_cluster_datagrams_sent",
                    "Datagrams sent to members of the fleet",
                    counters.sent.load(Relaxed),
                ),
                (
                    "gateway_cluster_datagrams_received",
                    "Datagrams received from members of the fleet",
                    counters.received.load(Relaxed),
                ),
                (
                    "gateway_cluster_datagrams_rejected",
                    "Datagrams that do not open with the fleet's key: somebody else's, or damaged",
                    counters.foreign.load(Relaxed),
                ),
                (
                    "gateway_cluster_datagrams_unusable",
                    "Datagrams of the fleet that could not be sent or read",
                    counters.unusable.load(Relaxed),
                ),
            ],
        )?;
        Ok(())
    }
}
