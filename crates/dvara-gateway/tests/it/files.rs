//! Files that a gateway is given: the bootstrap file, and the mock's scenarios.

use serde_json::Value;

use crate::harness::{Setup, TestGateway, hello};

async fn mock_says(gateway: &TestGateway) -> String {
    let answer: Value = gateway.chat(hello("mock/x")).await.json().await.unwrap();
    answer["choices"][0]["message"]["content"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bootstrap_file_is_seeded_once_and_generates_its_key_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bootstrap.yaml");
    std::fs::write(
        &file,
        "tenants:\n  - {id: booted, name: Booted}\napi_keys:\n  - {generate: true, tenant: booted, name: first}\n\
         routes:\n  - {id: any, model: \"any-*\", provider: mock, pinned_model_version: mock/any}\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let first = Setup::new().env("DVARA_BOOTSTRAP_FILE", file).start().await;
    let seeded = first.seeded();
    assert_eq!(seeded.api_keys.len(), 1);
    let key = seeded.api_keys[0]
        .generated
        .as_ref()
        .unwrap()
        .expose()
        .clone();
    assert_eq!(
        first
            .get("/v1/models")
            .bearer_auth(&key)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(first.chat(hello("any-x")).await.status(), 200);
    let second = Setup::new()
        .env("DVARA_BOOTSTRAP_FILE", file)
        .beside(&first)
        .start()
        .await;
    assert!(second.seeded().is_empty(), "{:?}", second.seeded());
    first.finish().await;
    second.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_bootstrap_file_is_a_warning_and_the_gateway_starts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bootstrap.yaml");
    std::fs::write(&file, "tenants: [{id: x, nmae: y}]\n").unwrap();
    for path in [file.to_str().unwrap(), "/nonexistent/bootstrap.yaml"] {
        let gateway = Setup::new().env("DVARA_BOOTSTRAP_FILE", path).start().await;
        assert!(gateway.seeded().is_empty());
        gateway.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mocks_scenarios_are_read_from_files_and_read_again_when_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hello.json");
    std::fs::write(
        &file,
        r#"{"name": "hello", "when": "last contains \"Hello\"", "response": "first"}"#,
    )
    .unwrap();
    let gateway = Setup::new()
        .env(
            "DVARA_LLM_GATEWAY_PROVIDERS_MOCK_SCENARIOS_DIR",
            folder.path().to_str().unwrap(),
        )
        .start()
        .await;
    assert_eq!(mock_says(&gateway).await, "first");
    for (content, expected) in [
        (
            r#"{"name": "hello", "response": "the second"}"#,
            "the second",
        ),
        ("{ broken", "the second"),
        (r#"{"name": "hello", "response": "the third"}"#, "the third"),
    ] {
        std::fs::write(&file, content).unwrap();
        dvara_testkit::eventually("the change is taken up", async || {
            (mock_says(&gateway).await == expected).then_some(())
        })
        .await;
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_and_not_built_yet_is_listed_in_the_status() {
    let gateway = Setup::new()
        .env(
            "DVARA_LLM_GATEWAY_RATE_LIMIT_PER_KEY_TOKENS_PER_MINUTE",
            "1000",
        )
        .start()
        .await;
    let page = gateway.status_page().await;
    assert_eq!(
        page["notBuilt"],
        serde_json::json!(["dvara.llm-gateway.rate-limit.per-key.tokens-per-minute"]),
        "{page}"
    );
    assert_eq!(
        (page["mode"].as_str(), page["license"]["plan"].as_str()),
        (Some("full"), Some("evaluation"))
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mocks_matchers_of_the_settings_answer_in_their_order() {
    let rules = r#"[{"name": "no", "when": "last contains \"Goodbye\"", "response": "wrong"}, {"name": "yes", "when": "last contains \"Hello\"", "response": "right"}]"#;
    let gateway = Setup::new()
        .env("DVARA_LLM_GATEWAY_PROVIDERS_MOCK_MATCHERS", rules)
        .start()
        .await;
    assert_eq!(mock_says(&gateway).await, "right");
    gateway.finish().await;
}
