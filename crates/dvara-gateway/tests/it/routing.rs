//! Where calls go: prefixes, routes with patterns and pins, files over rows, and rows that are broken.

use dvara_store::Admin;
use dvara_store::admin::{RouteDraft, RouteTargetDraft};
use dvara_testkit::eventually;
use dvara_testkit::vendor::{FakeVendor, Script, Turn};

use crate::harness::{Setup, TestGateway, chats, hello};

fn draft(id: &str, pattern: &str, provider: &str, pin: Option<&str>) -> RouteDraft {
    RouteDraft {
        id: Some(id.to_owned()),
        model_pattern: pattern.to_owned(),
        providers: vec![RouteTargetDraft::named(provider)],
        pinned_model_version: pin.map(str::to_owned),
        ..RouteDraft::default()
    }
}

async fn answer(gateway: &TestGateway, model: &str) -> String {
    let response = gateway.chat(hello(model)).await;
    if response.status() != 200 {
        return crate::harness::error_code(response).await.1;
    }
    let body: serde_json::Value = response.json().await.unwrap();
    body["choices"][0]["message"]["content"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_route_holds_on_two_gateways_within_a_second() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("from the vendor"))).await;
    let first = TestGateway::before(&vendor).await;
    let second = Setup::new().vendor(&vendor).beside(&first).start().await;
    assert_eq!(answer(&first, "team-x").await, "no_provider");
    let store = first.database.store().await;
    let admin = Admin::new(&store);
    for (provider, expected) in [
        ("openai", "from the vendor"),
        ("mock", "This is a mock response"),
    ] {
        admin
            .put_route(draft("team", "team-*", provider, Some("gpt-4o")))
            .await
            .unwrap();
        let changed = std::time::Instant::now();
        for gateway in [&first, &second] {
            eventually("the route holds", async || {
                (answer(gateway, "team-x").await == expected).then_some(())
            })
            .await;
        }
        assert!(
            changed.elapsed() < std::time::Duration::from_secs(1),
            "{:?}",
            changed.elapsed()
        );
    }
    assert!(
        chats(&vendor)
            .iter()
            .all(|request| request.json()["model"] == "gpt-4o"),
        "the pin is what is sent"
    );
    let row = &first.settled(1).await.pop().unwrap();
    assert_eq!(row["requested_model"], "team-x");
    first.finish().await;
    second.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_row_is_named_and_the_rest_stays_in_force() {
    let gateway = TestGateway::start().await;
    let store = gateway.database.store().await;
    let admin = Admin::new(&store);
    admin
        .put_route(draft("good", "good-*", "mock", None))
        .await
        .unwrap();
    admin
        .put_route(draft("bad", "bad-*", "mock", None))
        .await
        .unwrap();
    gateway
        .database
        .execute("UPDATE dvara_main.routes SET strategy = 'by-moonlight' WHERE id = 'bad'")
        .await;
    admin
        .put_route(draft("other", "other-*", "mock", None))
        .await
        .unwrap();
    eventually("the good routes hold", async || {
        (answer(&gateway, "other-x").await == "This is a mock response").then_some(())
    })
    .await;
    assert_eq!(answer(&gateway, "good-x").await, "This is a mock response");
    assert_eq!(answer(&gateway, "bad-x").await, "no_provider");
    let page = gateway.status_page().await;
    assert_eq!(page["brokenRows"][0]["table"], "routes", "{page}");
    assert_eq!(page["brokenRows"][0]["id"], "bad", "{page}");
    assert!(
        page["brokenRows"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("by-moonlight"),
        "{page}"
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_lies_over_the_rows_and_seeds_what_is_absent() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("from the file's vendor"))).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.yaml");
    let key = "gw_00112233445566778899aabbccddeeff00112233";
    let hash = dvara_crypto::api_key::hash(key).to_hex();
    let text = format!(
        "providers:\n  - {{name: local, type: openai, base_url: \"{}\"}}\nroutes:\n  - {{id: llama, model: \"llama-*\", provider: local}}\n\
         tenants:\n  - {{id: filed, name: Filed}}\napi_keys:\n  - {{name: ci, tenant: filed, key_hash: \"sha256:{hash}\"}}\n",
        vendor.url()
    );
    std::fs::write(&file, text).unwrap();
    for _start in 0..2 {
        let gateway = Setup::new()
            .env("DVARA_CONFIG_FILE", file.to_str().unwrap())
            .start()
            .await;
        let call = gateway
            .http
            .post(format!("{}/v1/chat/completions", gateway.url))
            .bearer_auth(key)
            .json(&hello("llama-3"))
            .send()
            .await
            .unwrap();
        assert_eq!(call.status(), 200);
        let page = gateway.status_page().await;
        assert_eq!(
            (
                page["routes"][0]["id"].as_str(),
                page["routes"][0]["source"].as_str()
            ),
            (Some("llama"), Some("file"))
        );
        gateway.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_that_only_addresses_the_provider_is_cut() {
    let vendor = FakeVendor::start(Script::default()).await;
    let gateway = Setup::new()
        .env("OLLAMA_ENABLED", "true")
        .env("OLLAMA_BASE_URL", vendor.url())
        .start()
        .await;
    assert_eq!(gateway.chat(hello("ollama/llama3:8b")).await.status(), 200);
    assert_eq!(chats(&vendor)[0].json()["model"], "llama3:8b");
    assert_eq!(chats(&vendor)[0].header("authorization"), None);
    gateway.finish().await;
}
