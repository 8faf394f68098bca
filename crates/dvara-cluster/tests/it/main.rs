//! Fleets of real sockets on loopback, on ports of their own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod node;

use std::net::UdpSocket;
use std::time::Duration;

use dvara_cluster::ClusterError;
use node::{Node, eventually, settings};

const KEY: u8 = 7;

/// A fleet of `count`, each of which knows the first.
async fn fleet(count: usize) -> Vec<Node> {
    let first = Node::join(KEY, &[]).await;
    let mut nodes = vec![first];
    while nodes.len() < count {
        let seed = nodes[0].address();
        nodes.push(Node::join(KEY, &[seed]).await);
    }
    for node in &nodes {
        node.sees(count).await;
    }
    nodes
}

#[tokio::test(flavor = "multi_thread")]
async fn two_to_five_gateways_that_know_one_of_them_know_all() {
    for count in 2..=5 {
        let nodes = fleet(count).await;
        let everybody = nodes[0].cluster.members();
        for node in &nodes {
            assert_eq!(node.cluster.members(), everybody);
            assert!(everybody.contains(node.cluster.me()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_dies_is_gone_after_a_few_seconds() {
    let mut nodes = fleet(3).await;
    nodes.pop().unwrap().die().await;
    for node in &nodes {
        node.sees(2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_leaves_is_gone_before_the_others_could_find_out() {
    let mut nodes = fleet(3).await;
    let leaving = nodes.pop().unwrap();
    let gone = tokio::time::Instant::now();
    let goodbye = leaving.cluster.clone();
    let saying = tokio::spawn(async move { goodbye.leave().await });
    for node in &nodes {
        node.sees(2).await;
    }
    // The failure detector alone takes several seconds.
    assert!(
        gone.elapsed() < Duration::from_secs(3),
        "{:?}",
        gone.elapsed()
    );
    saying.await.unwrap();
    // It is silent now, and stays away.
    tokio::time::sleep(Duration::from_secs(1)).await;
    nodes[0].sees(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_comes_back_is_a_new_member() {
    let mut nodes = fleet(2).await;
    let seed = nodes[0].address();
    let before = nodes.pop().unwrap();
    let id = before.cluster.me().id.clone();
    before.die().await;
    let after = Node::join(KEY, &[seed]).await;
    let new = after.cluster.me().clone();
    assert_ne!(new.id, id);
    nodes[0].sees(2).await;
    eventually("the new one is a member, the old one is not", || {
        let members = nodes[0].cluster.members();
        members.contains(&new) && members.iter().all(|member| member.id != id)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_with_another_key_is_never_a_member() {
    let nodes = fleet(2).await;
    let stranger = Node::join(KEY + 1, &[nodes[0].address(), nodes[1].address()]).await;
    eventually("the stranger's datagrams are turned away", || {
        nodes
            .iter()
            .all(|node| node.metric("gateway_cluster_datagrams_rejected_total") > 3)
    })
    .await;
    for node in &nodes {
        assert_eq!(node.cluster.members().len(), 2);
    }
    assert_eq!(stranger.cluster.members(), [stranger.cluster.me().clone()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_and_repeated_datagrams_change_nothing() {
    let nodes = fleet(2).await;
    let target = nodes[0].address();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    for length in [0, 1, 13, 29, 30, 500, 65_507] {
        socket.send_to(&vec![1_u8; length], &target).unwrap();
    }
    eventually("the noise is counted", || {
        nodes[0].metric("gateway_cluster_datagrams_rejected_total") >= 7
    })
    .await;
    nodes[0].sees(2).await;
    nodes[1].sees(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gateways_of_one_network_find_each_other_by_calling() {
    // A group that no other test has; strangers' calls do not open.
    let group = format!("239.255.57.2:{}", node::free_port());
    let one = Node::join_by(KEY, settings(&[], Some(&group))).await;
    let two = Node::join_by(KEY, settings(&[], Some(&group))).await;
    let stranger = Node::join_by(KEY + 1, settings(&[], Some(&group))).await;
    one.sees(2).await;
    two.sees(2).await;
    assert_eq!(stranger.cluster.members().len(), 1);
}

#[tokio::test]
async fn a_port_in_use_is_refused_by_the_name_of_its_setting() {
    let taken = UdpSocket::bind("0.0.0.0:0").unwrap();
    let mut settings = settings(&["127.0.0.1:9".to_owned()], None);
    settings.port = taken.local_addr().unwrap().port();
    let refused = Node::try_join(KEY, settings).await.err().unwrap();
    assert!(matches!(refused, ClusterError::Bind { .. }), "{refused:?}");
    assert!(
        refused.to_string().contains("DVARA_CLUSTER_PORT"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_gateway_without_a_way_to_find_others_is_alone_and_binds_nothing() {
    let alone = Node::join_by(KEY, settings(&[], None)).await;
    assert!(!alone.cluster.is_on());
    assert_eq!(alone.cluster.members(), [alone.cluster.me().clone()]);
    assert_eq!(*alone.cluster.live().borrow(), 1);
    assert_eq!(alone.metric("gateway_hazelcast_cluster_members"), 1);
    alone.cluster.leave().await;
}
