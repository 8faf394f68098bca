//! Several gateways of one database: who they see, and how fast a change reaches all of them.

use std::time::{Duration, Instant};

use dvara_store::Admin;
use dvara_store::admin::{NewKey, RouteDraft, RouteTargetDraft};
use dvara_testkit::eventually;
use dvara_types::TenantId;
use serde_json::Value;

use crate::harness::{ACTUATOR_KEY, Setup, TENANT, TestGateway, error_code};

/// A change holds on every replica within this time (design §7).
const SOON: Duration = Duration::from_secs(1);

/// A gateway that can be met on loopback, on any free port.
fn member(seed: &str) -> Setup {
    Setup::new()
        .env("DVARA_CLUSTER_PORT", "0")
        .env("DVARA_CLUSTER_SEEDS", seed)
}

async fn cluster(gateway: &TestGateway) -> Value {
    gateway.status_page().await["cluster"].clone()
}

async fn sees(gateway: &TestGateway, size: u64) -> Value {
    eventually("the size of the fleet", async || {
        let cluster = cluster(gateway).await;
        (cluster["size"] == size).then_some(cluster)
    })
    .await
}

/// Where a gateway is met.
async fn address(gateway: &TestGateway) -> String {
    let cluster = cluster(gateway).await;
    let members = cluster["members"].as_array().unwrap();
    let me = members
        .iter()
        .find(|member| member["id"] == cluster["nodeId"]);
    me.unwrap()["address"].as_str().unwrap().to_owned()
}

/// Three gateways on one database that see each other.
async fn three() -> [TestGateway; 3] {
    // Somebody has to be first; whom it looks for is never there.
    let one = member("127.0.0.1:9").start().await;
    let seed = address(&one).await;
    let two = member(&seed).beside(&one).start().await;
    let three = member(&seed).beside(&one).start().await;
    for gateway in [&one, &two, &three] {
        sees(gateway, 3).await;
    }
    [one, two, three]
}

/// Makes a change and waits until all gateways show it, each within a second.
async fn shows<T>(
    gateways: &[TestGateway],
    change: impl Future<Output = T>,
    shown: impl AsyncFn(&TestGateway) -> bool,
) {
    change.await;
    let made = Instant::now();
    for gateway in gateways {
        eventually("the change on every gateway", async || {
            shown(gateway).await.then_some(())
        })
        .await;
        assert!(made.elapsed() < SOON, "{:?}", made.elapsed());
    }
}

/// Whether a call with this key is refused with this code.
async fn refuses(gateway: &TestGateway, key: &str, code: &str) -> bool {
    let answer = gateway.get("/v1/models").bearer_auth(key).send();
    let answer = answer.await.unwrap();
    answer.status() != 200 && error_code(answer).await.1 == code
}

#[tokio::test(flavor = "multi_thread")]
async fn gateways_of_one_database_see_each_other_and_say_goodbye() {
    let [one, two, three] = three().await;
    assert_eq!(one.metric("gateway_hazelcast_cluster_members").await, 3);
    let (mine, theirs) = (cluster(&one).await, cluster(&two).await);
    assert_eq!(mine["members"], theirs["members"]);
    assert_ne!(mine["nodeId"], theirs["nodeId"]);
    let health = one.get("/actuator/health").bearer_auth(ACTUATOR_KEY).send();
    let health: Value = health.await.unwrap().json().await.unwrap();
    assert_eq!(
        health["components"]["cluster"]["details"]["members"], 3,
        "{health}"
    );
    three.finish().await;
    sees(&one, 2).await;
    sees(&two, 2).await;
    two.finish().await;
    sees(&one, 1).await;
    one.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_of_another_database_is_a_stranger() {
    let one = member("127.0.0.1:9").start().await;
    let stranger = member(&address(&one).await).start().await;
    eventually("the stranger is turned away", async || {
        let rejected = one.metric("gateway_cluster_datagrams_rejected_total").await;
        (rejected > 2).then_some(())
    })
    .await;
    assert_eq!(cluster(&one).await["size"], 1);
    assert_eq!(cluster(&stranger).await["size"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_without_neighbours_is_a_fleet_of_one() {
    let gateway = TestGateway::start().await;
    let cluster = cluster(&gateway).await;
    assert_eq!(cluster["enabled"], false, "{cluster}");
    assert_eq!(cluster["size"], 1);
    assert_eq!(gateway.metric("gateway_hazelcast_cluster_members").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_refused_by_every_gateway_within_a_second() {
    let gateways = three().await;
    let store = gateways[0].database.store().await;
    let admin = Admin::new(&store);
    let new = NewKey::new(TenantId::parse(TENANT).unwrap(), "leaked");
    let made = admin.create_key(new).await.unwrap();
    let key = made.key.expose().clone();
    for gateway in &gateways {
        gateway.knows_key(&key).await;
    }
    shows(
        &gateways,
        admin.revoke_key(&made.record.id),
        async |gateway| refuses(gateway, &key, "api_key_revoked").await,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_tenant_is_refused_by_every_gateway_within_a_second() {
    let gateways = three().await;
    let store = gateways[0].database.store().await;
    let (admin, tenant) = (Admin::new(&store), TenantId::parse(TENANT).unwrap());
    let key = gateways[0].key.clone();
    for gateway in &gateways {
        gateway.knows_key(&key).await;
    }
    shows(
        &gateways,
        admin.suspend_tenant(&tenant, None),
        async |gateway| refuses(gateway, &key, "tenant_suspended").await,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_route_is_served_by_every_gateway_within_a_second() {
    let gateways = three().await;
    let store = gateways[0].database.store().await;
    let draft = RouteDraft {
        id: Some("changed".to_owned()),
        model_pattern: "new-*".to_owned(),
        providers: vec![RouteTargetDraft::named("mock")],
        ..RouteDraft::default()
    };
    let admin = Admin::new(&store);
    shows(&gateways, admin.put_route(draft), async |gateway| {
        let body = crate::harness::hello("new-model");
        gateway.chat(body).await.status() == 200
    })
    .await;
}
