//! `POST /v1/embeddings`: relayed, split, refused and accounted.

use dvara_store::Admin;
use dvara_store::admin::NewKey;
use dvara_testkit::vendor::{FakeVendor, Received, Script, Turn};
use dvara_types::{Scopes, TenantId};
use reqwest::Response;
use serde_json::{Value, json};

use crate::harness::{Setup, TENANT, TestGateway, error_code};

async fn embed(gateway: &TestGateway, body: Value) -> Response {
    let call = gateway.http.post(format!("{}/v1/embeddings", gateway.url));
    let call = call.bearer_auth(&gateway.key).json(&body);
    call.send().await.unwrap()
}

/// With a provider `qwen`, which takes ten texts at once.
async fn before(vendor: &FakeVendor) -> TestGateway {
    Setup::new()
        .vendor(vendor)
        .env("QWEN_API_KEY", "sk-qwen")
        .env("QWEN_BASE_URL", vendor.url())
        .start()
        .await
}

/// The calls for embeddings that the vendor got.
fn asked(vendor: &FakeVendor) -> Vec<Received> {
    let mut requests = vendor.requests();
    requests.retain(|request| request.path == "/v1/embeddings");
    requests
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|number| "x".repeat(number + 1)).collect()
}

fn route(pattern: &str, provider: &str) -> dvara_store::admin::RouteDraft {
    dvara_store::admin::RouteDraft {
        id: Some("embeddings".to_owned()),
        model_pattern: pattern.to_owned(),
        providers: vec![dvara_store::admin::RouteTargetDraft::named(provider)],
        pinned_model_version: Some("text-embedding-v4".to_owned()),
        ..dvara_store::admin::RouteDraft::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendors_vectors_are_relayed_and_its_tokens_accounted() {
    let vendor = FakeVendor::start(Script::new(Turn::chat(""))).await;
    let gateway = before(&vendor).await;
    let call = json!({"model": "text-embedding-3-small", "input": ["a", "bb"], "x": [0.10]});
    let answer = embed(&gateway, call.clone()).await;
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["data"][0]["embedding"], json!([1, 0.5]));
    assert_eq!(body["data"][1]["embedding"], json!([2, 0.5]));
    let received = asked(&vendor);
    let sent = received.last().unwrap();
    assert_eq!(sent.json(), call);
    assert_eq!(sent.header("authorization"), Some("Bearer sk-test"));
    let row = gateway.settled(1).await.pop().unwrap();
    assert_eq!(row["endpoint"], "embeddings");
    assert_eq!(row["input_tokens"], 2);
    assert_eq!(row["output_tokens"], 0);
    assert_eq!(row["estimated"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_call_is_split_to_the_vendors_limit_and_answered_in_order() {
    let vendor = FakeVendor::start(Script::new(Turn::chat(""))).await;
    let gateway = before(&vendor).await;
    let admin = gateway.database.store().await;
    Admin::new(&admin)
        .put_route(route("own-*", "qwen"))
        .await
        .unwrap();
    let call = json!({"model": "own-embedder", "input": texts(23), "encoding_format": "base64"});
    let answer = dvara_testkit::eventually("the route holds", async || {
        let answer = embed(&gateway, call.clone()).await;
        (answer.status() == 200).then_some(answer)
    })
    .await;
    let body: Value = answer.json().await.unwrap();
    let data = body["data"].as_array().unwrap();
    assert_eq!(data.len(), 23);
    for (index, item) in data.iter().enumerate() {
        assert_eq!(item["index"], index);
        let vector: Vec<u8> = base64(item["embedding"].as_str().unwrap());
        let length = f32::from_le_bytes(vector[..4].try_into().unwrap());
        assert_eq!(length as usize, index + 1);
    }
    assert_eq!(body["usage"]["prompt_tokens"], 23);
    let sizes: Vec<_> = asked(&vendor)
        .iter()
        .map(|request| request.json()["input"].as_array().unwrap().len())
        .collect();
    let mut sorted = sizes.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [3, 10, 10], "{sizes:?}");
    // Calls from before the route held are recorded too.
    let row = dvara_testkit::eventually("the call is recorded", async || {
        let rows = gateway.settled(1).await;
        rows.into_iter().find(|row| row["status"] == 200)
    })
    .await;
    assert_eq!(row["input_tokens"], 23);
    assert_eq!(row["provider"], "qwen");
}

fn base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_halfway_is_a_fault_and_what_it_cost_is_kept() {
    let script = Script::cycle([
        Turn::chat(""),
        Turn::error(400, "too long", "context_length_exceeded"),
    ]);
    let vendor = FakeVendor::start(script).await;
    let gateway = before(&vendor).await;
    let call = json!({"model": "qwen-embedding", "input": texts(11)});
    let answer = embed(&gateway, call).await;
    assert_eq!(
        error_code(answer).await,
        (400, "provider_rejected_request".to_owned())
    );
    let row = gateway.settled(1).await.pop().unwrap();
    assert_eq!(row["error_code"], "provider_rejected_request");
    assert_eq!(row["estimated"], true);
    let spent = row["input_tokens"].as_i64().unwrap();
    assert!(spent == 10 || spent == 1, "{spent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_cannot_be_is_refused_and_goes_nowhere() {
    let vendor = FakeVendor::start(Script::new(Turn::chat(""))).await;
    let gateway = before(&vendor).await;
    for (call, code, param) in [
        (json!({"input": "a"}), "validation_error", "model"),
        (
            json!({"model": "text-embedding-3-small"}),
            "validation_error",
            "input",
        ),
        (
            json!({"model": "text-embedding-3-small", "input": []}),
            "validation_error",
            "input",
        ),
        (
            json!({"model": "claude-x", "input": "a"}),
            "unsupported_capability",
            "model",
        ),
        (
            json!({"model": "mock/x", "input": "a"}),
            "unsupported_capability",
            "model",
        ),
        (
            json!({"model": "qwen-embedding", "input": [1, 2]}),
            "unsupported_capability",
            "input",
        ),
    ] {
        let answer = embed(&gateway, call.clone()).await;
        assert_eq!(answer.status(), 400, "{call}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"]["code"], code, "{call}");
        assert_eq!(body["error"]["param"], param, "{call}");
    }
    let strict = gateway.http.post(format!("{}/v1/embeddings", gateway.url));
    let call = json!({"model": "qwen-embedding", "input": "a", "user": "u"});
    let strict = strict.bearer_auth(&gateway.key).json(&call);
    let strict = strict
        .header("x-dvara-strict", "true")
        .send()
        .await
        .unwrap();
    let body: Value = strict.json().await.unwrap();
    assert_eq!(body["error"]["param"], "user");
    assert!(asked(&vendor).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_chats_alone_embeds_nothing() {
    let vendor = FakeVendor::start(Script::new(Turn::chat(""))).await;
    let gateway = before(&vendor).await;
    let store = gateway.database.store().await;
    let new = NewKey {
        scopes: Scopes(vec!["completions:write".to_owned()]),
        ..NewKey::new(TenantId::parse(TENANT).unwrap(), "chats")
    };
    let made = Admin::new(&store).create_key(new).await.unwrap();
    let key = made.key.expose().clone();
    gateway.knows_key(&key).await;
    let call = gateway.http.post(format!("{}/v1/embeddings", gateway.url));
    let call = call.bearer_auth(&key);
    let call = call.json(&json!({"model": "text-embedding-3-small", "input": "a"}));
    let answer = call.send().await.unwrap();
    assert_eq!(error_code(answer).await, (403, "api_key_scope".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_is_away_for_a_while_is_asked_again() {
    let script = Script::new(Turn::chat("")).first(Turn::error(503, "later", "overloaded"));
    let vendor = FakeVendor::start(script).await;
    let gateway = before(&vendor).await;
    let call =
        json!({"model": "text-embedding-3-small", "input": "a", "encoding_format": "base64"});
    let answer = embed(&gateway, call).await;
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["data"][0]["embedding"], "AACAPwAAAD8=");
    assert_eq!(asked(&vendor).len(), 2);
}
