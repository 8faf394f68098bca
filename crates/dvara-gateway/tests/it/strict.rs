//! Strict calls: whole or not at all.

use dvara_store::Admin;
use dvara_store::admin::{NewKey, NewTenant};
use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use dvara_types::TenantId;
use serde_json::{Value, json};

use crate::harness::{TestGateway, chats, hello};

/// A call of which every vendor gets all but the claim.
fn claiming() -> Value {
    let mut call = hello("gpt-4o");
    call["metadata"] = json!({"tenant_id": "somebody-else", "kept": "yes"});
    call
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_call_is_refused_by_the_field_that_would_be_dropped() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = TestGateway::before(&vendor).await;
    let answer = gateway.chat(claiming()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.headers()["x-gateway-dropped-fields"],
        "metadata.tenant_id"
    );
    let strictly = |body: Value| {
        let call = gateway.raw_chat(body.to_string());
        call.header("x-dvara-strict", "true").send()
    };
    let refused = strictly(claiming()).await.unwrap();
    assert_eq!(refused.status(), 400);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "unsupported_capability");
    assert_eq!(body["error"]["param"], "metadata.tenant_id");
    assert_eq!(chats(&vendor).len(), 1, "a refused call goes nowhere");
    let whole = strictly(hello("gpt-4o")).await.unwrap();
    assert_eq!(whole.status(), 200);
    let odd = gateway.raw_chat(hello("gpt-4o").to_string());
    let odd = odd.header("x-dvara-strict", "maybe").send().await.unwrap();
    assert_eq!(odd.status(), 400);
    let body: Value = odd.json().await.unwrap();
    assert_eq!(body["error"]["param"], "X-Dvara-Strict");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_tenants_calls_are_strict_whatever_they_say() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = TestGateway::before(&vendor).await;
    let store = gateway.database.store().await;
    let admin = Admin::new(&store);
    let mut tenant = NewTenant {
        id: Some(TenantId::parse("exact").unwrap()),
        name: "Exact".to_owned(),
        ..NewTenant::default()
    };
    let setting = ("translation.strict".to_owned(), json!(true));
    tenant.metadata.extend([setting]);
    admin.create_tenant(tenant).await.unwrap();
    let key = NewKey::new(TenantId::parse("exact").unwrap(), "exact");
    let key = admin.create_key(key).await.unwrap().key.expose().clone();
    gateway.knows_key(&key).await;
    let call = gateway.raw_chat(claiming().to_string());
    let call = call.header("x-dvara-strict", "false");
    // The harness's own key has gone into the request before.
    let mut call = call.build().unwrap();
    let shown = format!("Bearer {key}").parse().unwrap();
    call.headers_mut().insert("authorization", shown);
    let answer = reqwest::Client::new().execute(call).await.unwrap();
    assert_eq!(answer.status(), 400);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["param"], "metadata.tenant_id");
}
