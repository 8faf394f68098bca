//! Policies on calls: denied, warned, in shadow, and again for each target.

use dvara_governance::policy::PolicyStatus;
use dvara_store::Admin;
use dvara_store::admin::NewPolicy;
use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::{Value, json};

use crate::harness::{ACTUATOR_KEY, TestGateway, chats, error_code, hello, streamed};

async fn add(gateway: &TestGateway, name: &str, status: PolicyStatus, dsl: &str) {
    let store = gateway.database.store().await;
    let admin = Admin::new(&store);
    let policy = NewPolicy {
        name: name.to_owned(),
        dsl: dsl.to_owned(),
        ..NewPolicy::default()
    };
    let policy = admin.create_policy(policy).await.unwrap();
    admin.set_policy_status(&policy.id, status).await.unwrap();
}

/// Asks until the answer is as wanted: the change has arrived.
async fn until(gateway: &TestGateway, call: &Value, wanted: u16) -> reqwest::Response {
    for _ in 0..200 {
        let answer = gateway.chat(call.clone()).await;
        if answer.status() == wanted {
            return answer;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("never {wanted}");
}

const NO_BIG_MODELS: &str = r#"
version: "1"
rules:
  - id: small-only
    conditions: {model: {denylist: [gpt-4o]}}
    deny_message: Use gpt-4o-mini.
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_call_is_refused_with_the_rules_words_and_goes_nowhere() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = TestGateway::before(&vendor).await;
    add(&gateway, "models", PolicyStatus::Active, NO_BIG_MODELS).await;
    let refused = until(&gateway, &hello("gpt-4o"), 403).await;
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["message"], "Use gpt-4o-mini.");
    assert_eq!(body["error"]["type"], "policy_violation");
    assert_eq!(body["error"]["code"], "policy_denied");
    let streaming = gateway.chat(streamed("gpt-4o")).await;
    assert_eq!(
        error_code(streaming).await,
        (403, "policy_denied".to_owned())
    );
    let before = chats(&vendor).len();
    assert_eq!(gateway.chat(hello("gpt-4o")).await.status(), 403);
    assert_eq!(chats(&vendor).len(), before);
    assert_eq!(gateway.chat(hello("gpt-4o-mini")).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_in_shadow_is_counted_and_never_enforced() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = TestGateway::before(&vendor).await;
    add(&gateway, "models", PolicyStatus::Shadow, NO_BIG_MODELS).await;
    let scrape = || async {
        let scrape = gateway
            .get("/actuator/prometheus")
            .bearer_auth(crate::harness::METRICS_KEY);
        scrape.send().await.unwrap().text().await.unwrap()
    };
    for _ in 0..200 {
        assert_eq!(gateway.chat(hello("gpt-4o")).await.status(), 200);
        let counted = scrape().await;
        if counted.contains("gateway_policy_shadow_divergence_total{") {
            assert!(
                counted.contains("divergence_type=\"would_deny\""),
                "{counted}"
            );
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the shadow was never asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_is_said_in_the_head_of_the_answer() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = TestGateway::before(&vendor).await;
    let dsl = r#"
version: "1"
rules:
  - id: shells
    action: WARN_AGENT
    conditions: {tools: {denylist: [shell]}}
    warn_message: Commands are watched.
"#;
    add(&gateway, "tools", PolicyStatus::Active, dsl).await;
    let mut call = hello("gpt-4o");
    call["tools"] = json!([{"type": "function", "function": {"name": "shell", "parameters": {}}}]);
    for _ in 0..200 {
        let answer = gateway.chat(call.clone()).await;
        assert_eq!(answer.status(), 200);
        if let Some(warned) = answer.headers().get("x-budget-warning") {
            assert_eq!(warned, "true");
            assert_eq!(
                answer.headers()["x-gateway-policy-warning"],
                "Commands are watched."
            );
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("no warning");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_policy_is_named_and_the_others_are_in_force() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = TestGateway::before(&vendor).await;
    add(
        &gateway,
        "spoilt",
        PolicyStatus::Active,
        "version: \"1\"\nrules: []\n",
    )
    .await;
    let spoil = "UPDATE dvara_main.policies SET dsl = 'rules: [{id: x, condition: {}}]', updated_at = now() WHERE name = 'spoilt'";
    gateway.database.execute(spoil).await;
    add(&gateway, "models", PolicyStatus::Active, NO_BIG_MODELS).await;
    until(&gateway, &hello("gpt-4o"), 403).await;
    let status = gateway.status_page().await.to_string();
    assert!(status.contains("policies"), "{status}");
    let readiness = gateway
        .get("/actuator/health/readiness")
        .bearer_auth(ACTUATOR_KEY);
    let readiness = readiness.send().await.unwrap();
    assert_eq!(readiness.status(), 200);
    let readiness: Value = readiness.json().await.unwrap();
    let left_out = &readiness["components"]["rules"]["details"]["leftOut"][0];
    let left_out = left_out.as_str().unwrap();
    assert!(left_out.starts_with("policies pol_"), "{readiness}");
    let counted = r#"gateway_configuration_left_out{table="policies"}"#;
    assert_eq!(gateway.metric(counted).await, 1);
}
