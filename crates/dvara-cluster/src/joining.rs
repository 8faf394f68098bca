//! What joining a fleet takes: a name, a port, and how gossip goes.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::time::Duration;

use chitchat::{ChitchatConfig, ChitchatId, FailureDetectorConfig, ProtocolVersion};
use dvara_service::random;

/// How often a member greets a few others.
pub(crate) const ROUND: Duration = Duration::from_millis(200);

/// How long a dead member is remembered, so that it is not taken for a new one by hearsay.
const REMEMBERED: Duration = Duration::from_secs(60);

/// What a member says of itself when it leaves.
pub(crate) const LEAVING: &str = "leaving";

/// Why a process cannot join.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The port is somebody else's.
    #[error(
        "cannot meet the fleet on UDP port {port}; set DVARA_CLUSTER_PORT to a free one, or to 0 for any"
    )]
    Bind {
        /// The port.
        port: u16,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The group cannot be joined.
    #[error(
        "cannot listen to the multicast group {group}; set DVARA_CLUSTER_MULTICAST to another, or to off"
    )]
    Multicast {
        /// Group and port.
        group: std::net::SocketAddrV4,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Gossip could not be started.
    #[error("cannot join the fleet: {0}")]
    Gossip(String),
}

/// A name that no other start has.
pub(crate) fn name(host: &str) -> String {
    format!("{host}-{:08x}", u32::from_be_bytes(random::bytes()))
}

/// The fleet's port on all addresses of the family that this process is reached by.
pub(crate) fn bind(ip: IpAddr, port: u16) -> Result<UdpSocket, ClusterError> {
    let any: IpAddr = match ip {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    UdpSocket::bind((any, port)).map_err(|source| ClusterError::Bind { port, source })
}

/// The port that was bound: `port`, unless that was 0.
pub(crate) fn local_port(socket: &UdpSocket, port: u16) -> Result<u16, ClusterError> {
    let bound = socket.local_addr();
    bound
        .map(|address| address.port())
        .map_err(|source| ClusterError::Bind { port, source })
}

/// How gossip goes. A member that has said goodbye is not alive, however well it still answers.
pub(crate) fn config(id: ChitchatId) -> ChitchatConfig {
    ChitchatConfig {
        listen_addr: id.gossip_advertise_addr,
        chitchat_id: id,
        // The key tells fleets apart; nobody else's datagrams come this far.
        cluster_id: "dvara".to_owned(),
        gossip_interval: ROUND,
        seed_nodes: Vec::new(),
        failure_detector_config: FailureDetectorConfig {
            phi_threshold: 8.0,
            sampling_window_size: 200,
            max_interval: Duration::from_secs(2),
            initial_interval: Duration::from_secs(1),
            dead_node_grace_period: REMEMBERED,
        },
        marked_for_deletion_grace_period: REMEMBERED,
        catchup_callback: None,
        extra_liveness_predicate: Some(Box::new(|node| node.get(LEAVING).is_none())),
        protocol_version: ProtocolVersion::V0,
    }
}
