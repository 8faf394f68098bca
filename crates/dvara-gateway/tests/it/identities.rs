//! Clouds without credentials: their calls are told so, or served by somebody else.

use dvara_store::Admin;
use dvara_store::admin::{RouteDraft, RouteTargetDraft};
use dvara_testkit::eventually;
use dvara_testkit::vendor::{FakeVendor, Script, Turn};

use crate::harness::{Setup, TestGateway, error_code, hello};

/// With a Bedrock whose token is nowhere.
async fn before(vendor: &FakeVendor) -> TestGateway {
    Setup::new()
        .vendor(vendor)
        .env("BEDROCK_ENABLED", "true")
        .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r")
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token")
        .env("BEDROCK_BASE_URL", vendor.url())
        .start()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_cannot_be_signed_is_our_fault_and_goes_nowhere() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = before(&vendor).await;
    let answer = gateway.chat(hello("bedrock/amazon.nova-pro-v1:0")).await;
    let (status, code) = error_code(answer).await;
    assert_eq!((status, &*code), (503, "provider_credential_unavailable"));
    let sent = vendor.requests();
    assert!(!sent.iter().any(|request| request.path.contains("converse")));
    let page = gateway.status_page().await;
    let providers = page["providers"].as_array().unwrap();
    let bedrock = providers
        .iter()
        .find(|provider| provider["name"] == "bedrock")
        .unwrap();
    assert_eq!(bedrock["credentials"]["usable"], false);
    let reason = &bedrock["credentials"]["failure"]["reason"];
    assert!(reason.as_str().unwrap().contains("/nowhere/token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_target_serves_what_cannot_be_signed() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("from elsewhere"))).await;
    let gateway = before(&vendor).await;
    let store = gateway.database.store().await;
    let route = RouteDraft {
        id: Some("clouds".to_owned()),
        model_pattern: "cloudy".to_owned(),
        providers: vec![RouteTargetDraft::named("bedrock")],
        pinned_model_version: Some("amazon.nova-pro-v1:0".to_owned()),
        fallbacks: vec![("openai".to_owned(), Some("gpt-4o".to_owned()))],
        ..RouteDraft::default()
    };
    Admin::new(&store).put_route(route).await.unwrap();
    let answer = eventually("the route holds", async || {
        let answer = gateway.chat(hello("cloudy")).await;
        (answer.status() == 200).then_some(answer)
    })
    .await;
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(body["choices"][0]["message"]["content"], "from elsewhere");
    // Calls from before the route held are recorded too.
    let row = eventually("the call is recorded", async || {
        let rows = gateway.settled(1).await;
        rows.into_iter().find(|row| row["status"] == 200)
    })
    .await;
    assert_eq!(row["provider"], "openai");
}
