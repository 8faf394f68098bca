//! One member of a fleet, as a test has it.

use std::net::UdpSocket;
use std::time::Duration;

use dvara_cluster::{Cluster, ClusterError, ClusterMetrics, JoinOptions};
use dvara_crypto::cluster::ClusterKey;
use dvara_service::settings::cluster::{Cluster as Settings, Seed};
use dvara_service::tasks::Tasks;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::runtime::Handle;
use tokio::time::Instant;

/// Generous: a busy machine must not fail a test.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) struct Node {
    pub(crate) cluster: Cluster,
    tasks: Tasks,
    registry: Registry,
}

impl Node {
    /// Joins with a key of this byte and these seeds. A node without any needs one that never answers, to be in a fleet at all.
    pub(crate) async fn join(key: u8, seeds: &[String]) -> Self {
        let nobody = ["127.0.0.1:9".to_owned()];
        let seeds = if seeds.is_empty() { &nobody } else { seeds };
        Self::join_by(key, settings(seeds, None)).await
    }

    pub(crate) async fn join_by(key: u8, settings: Settings) -> Self {
        Self::try_join(key, settings).await.unwrap()
    }

    pub(crate) async fn try_join(key: u8, settings: Settings) -> Result<Self, ClusterError> {
        let tasks = Tasks::new(Handle::current());
        let cluster = Cluster::join(JoinOptions {
            settings: &settings,
            key: ClusterKey::new([key; 32]),
            host: "node",
            tasks: &tasks,
        })
        .await?;
        let mut registry = Registry::default();
        registry.register_collector(Box::new(ClusterMetrics(cluster.clone())));
        Ok(Self {
            cluster,
            tasks,
            registry,
        })
    }

    pub(crate) fn address(&self) -> String {
        self.cluster.me().address.unwrap().to_string()
    }

    /// Waits until it sees this many members, itself among them.
    pub(crate) async fn sees(&self, count: usize) {
        eventually(&format!("{count} members"), || {
            self.cluster.members().len() == count && *self.cluster.live().borrow() == count
        })
        .await;
        assert_eq!(
            self.metric("gateway_hazelcast_cluster_members"),
            u64::try_from(count).unwrap()
        );
    }

    /// The value of a metric without labels.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let mut text = String::new();
        encode(&mut text, &self.registry).unwrap();
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("no {name} in {text}"))
            .rsplit(' ')
            .next()
            .and_then(|value| value.parse().ok())
            .unwrap()
    }

    /// Falls silent without a word.
    pub(crate) async fn die(self) {
        self.cluster.abort();
        self.tasks.stop(Duration::from_secs(1)).await;
    }
}

pub(crate) fn settings(seeds: &[String], multicast: Option<&str>) -> Settings {
    let seed = |text: &String| {
        let (host, port) = text.rsplit_once(':').unwrap();
        Seed {
            host: host.to_owned(),
            port: port.parse().unwrap(),
        }
    };
    Settings {
        seeds: seeds.iter().map(seed).collect(),
        multicast: multicast.map(|group| group.parse().unwrap()),
        ..Settings::default()
    }
}

/// A port that nobody has right now. Only for a multicast group, which several may share.
pub(crate) fn free_port() -> u16 {
    UdpSocket::bind("0.0.0.0:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
