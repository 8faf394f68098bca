//! Who may call, and who may not.

use chrono::{Duration, Utc};
use dvara_store::Admin;
use dvara_store::admin::NewKey;
use dvara_types::{Scopes, TenantId};

use crate::harness::{Setup, TENANT, TestGateway, error_code, hello};

async fn key(
    gateway: &TestGateway,
    name: &str,
    scopes: &[&str],
    lives: Option<Duration>,
) -> (dvara_types::ApiKeyId, String) {
    let store = gateway.database.store().await;
    let made = Admin::new(&store)
        .create_key(NewKey {
            tenant: TenantId::parse(TENANT).unwrap(),
            name: name.to_owned(),
            scopes: Scopes(scopes.iter().map(|scope| (*scope).to_owned()).collect()),
            expires_at: lives.map(|lives| Utc::now() + lives),
        })
        .await
        .unwrap();
    (made.record.id, made.key.expose().clone())
}

async fn code_for(gateway: &TestGateway, key: &str) -> (u16, String) {
    error_code(
        gateway
            .get("/v1/models")
            .bearer_auth(key)
            .send()
            .await
            .unwrap(),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_usable_key_is_refused_and_says_why() {
    let gateway = TestGateway::start().await;
    let none = error_code(gateway.get("/v1/models").send().await.unwrap()).await;
    assert_eq!(none, (401, "api_key_required".to_owned()));
    for unknown in [
        "gw_0000000000000000000000000000000000000000",
        "sk-something",
        "' OR 1=1 --",
        "gw_",
    ] {
        assert_eq!(
            code_for(&gateway, unknown).await,
            (401, "invalid_api_key".to_owned()),
            "{unknown}"
        );
    }
    let (_, short_lived) = key(&gateway, "short", &[], Some(Duration::milliseconds(400))).await;
    dvara_testkit::eventually("the key expires", async || {
        (code_or_ok(&gateway, &short_lived).await == (401, "api_key_expired".to_owned()))
            .then_some(())
    })
    .await;
    let missing_path = error_code(gateway.get("/v1/nothing").send().await.unwrap()).await;
    assert_eq!(
        missing_path.0, 401,
        "a stranger does not learn which paths exist"
    );
    gateway.finish().await;
}

async fn code_or_ok(gateway: &TestGateway, key: &str) -> (u16, String) {
    let response = gateway
        .get("/v1/models")
        .bearer_auth(key)
        .send()
        .await
        .unwrap();
    if response.status() == 200 {
        (200, String::new())
    } else {
        error_code(response).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_what_its_scopes_say_and_no_more() {
    let gateway = TestGateway::start().await;
    let (_, reader) = key(&gateway, "reader", &["models:read"], None).await;
    gateway.knows_key(&reader).await;
    assert_eq!(
        gateway
            .get("/v1/models")
            .bearer_auth(&reader)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let chat = gateway
        .raw_chat(hello("mock/x").to_string())
        .header("authorization", "x")
        .build()
        .unwrap();
    drop(chat);
    let refused = gateway
        .http
        .post(format!("{}/v1/chat/completions", gateway.url))
        .bearer_auth(&reader)
        .json(&hello("mock/x"))
        .send()
        .await
        .unwrap();
    assert_eq!(error_code(refused).await, (403, "api_key_scope".to_owned()));
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_and_a_suspended_tenant_hold_on_two_gateways_within_a_second() {
    let first = TestGateway::start().await;
    let second = Setup::new().beside(&first).start().await;
    let (id, shared) = key(&first, "shared", &[], None).await;
    first.knows_key(&shared).await;
    second.knows_key(&shared).await;
    let store = first.database.store().await;
    let admin = Admin::new(&store);
    admin.revoke_key(&id).await.unwrap();
    let revoked = std::time::Instant::now();
    for gateway in [&first, &second] {
        dvara_testkit::eventually("the key is refused", async || {
            (code_or_ok(gateway, &shared).await.1 == "api_key_revoked").then_some(())
        })
        .await;
    }
    assert!(
        revoked.elapsed() < std::time::Duration::from_secs(1),
        "{:?}",
        revoked.elapsed()
    );
    let tenant = TenantId::parse(TENANT).unwrap();
    admin.suspend_tenant(&tenant, Some("unpaid")).await.unwrap();
    let suspended = std::time::Instant::now();
    for gateway in [&first, &second] {
        dvara_testkit::eventually("the tenant is refused", async || {
            (code_or_ok(gateway, &gateway.key).await == (403, "tenant_suspended".to_owned()))
                .then_some(())
        })
        .await;
    }
    assert!(
        suspended.elapsed() < std::time::Duration::from_secs(1),
        "{:?}",
        suspended.elapsed()
    );
    first.finish().await;
    second.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_allows_it_serves_calls_without_a_key_as_nobodys() {
    let gateway = Setup::new()
        .env("DVARA_LLM_GATEWAY_REQUIRE_API_KEY", "false")
        .start()
        .await;
    let answered = gateway
        .http
        .post(format!("{}/v1/chat/completions", gateway.url))
        .json(&hello("mock/x"))
        .send()
        .await
        .unwrap();
    assert_eq!(answered.status(), 200);
    assert_eq!(code_for(&gateway, "gw_wrong").await.1, "invalid_api_key");
    let rows = gateway.settled(1).await;
    assert!(
        rows[0]["tenant"].is_null() && rows[0]["key"].is_null(),
        "{}",
        rows[0]
    );
    gateway.finish().await;
}
