//! The fleet: joined at the start, left at the beginning of the end.

use dvara_cluster::{Cluster, ClusterError, ClusterMetrics, JoinOptions};
use dvara_crypto::cluster::ClusterKey;
use dvara_service::boot::BootError;
use dvara_service::process::{Foundation, boot_failure, database_failure};
use dvara_service::{error_chain, random};
use dvara_store::cluster_key::{self, Chance, ClusterKeyError};
use prometheus_client::registry::Registry;

/// Joins the gateways of this database. A gateway that is told no way to find others stays alone.
pub(super) async fn join(foundation: &Foundation, key: ClusterKey) -> Result<Cluster, BootError> {
    let (settings, host) = (&foundation.config.common.cluster, &foundation.config.host);
    if !settings.is_on() {
        return Ok(Cluster::alone(host));
    }
    let joined = Cluster::join(JoinOptions {
        settings,
        key,
        host,
        tasks: &foundation.tasks,
    });
    let cluster = joined.await.map_err(|error| match error {
        ClusterError::Bind { .. } | ClusterError::Multicast { .. } => {
            BootError::configuration([error_chain(&error)])
        }
        ClusterError::Gossip(_) => boot_failure(error),
    })?;
    say_goodbye(foundation, cluster.clone());
    Ok(cluster)
}

/// Has the others know at once that this gateway is going, and not when they miss it.
fn say_goodbye(foundation: &Foundation, cluster: Cluster) {
    let (drain, stop) = (foundation.drain.clone(), foundation.tasks.cancel_token());
    foundation.tasks.spawn_once("fleet goodbye", async move {
        let goodbye = async {
            drain.begun().await;
            cluster.leave().await;
        };
        tokio::select! {
            () = goodbye => {}
            () = stop.cancelled() => {}
        }
    });
}

/// The key that all gateways of this database share; made by the first of them.
pub(super) async fn key(foundation: &Foundation) -> Result<ClusterKey, BootError> {
    let chance = Chance {
        key: random::bytes(),
        nonce: random::bytes(),
    };
    let key = cluster_key::ensure(&foundation.store, foundation.master.as_deref(), chance).await;
    key.map_err(|error| match error {
        ClusterKeyError::Store(error) => database_failure(error),
        ClusterKeyError::PasswordMissing | ClusterKeyError::OtherPassword(_) => {
            BootError::configuration([error.to_string()])
        }
        ClusterKeyError::Damaged => BootError::database(error),
    })
}

/// Registers what a scraper sees of it.
pub(super) fn register(registry: &mut Registry, cluster: &Cluster) {
    registry.register_collector(Box::new(ClusterMetrics(cluster.clone())));
}
