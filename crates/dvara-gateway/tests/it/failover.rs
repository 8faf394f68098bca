//! Retries at one provider, and other targets in its place (data-plane sheet §17).

use std::time::Duration;

use dvara_store::Admin;
use dvara_store::admin::{RouteDraft, RouteTargetDraft};
use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::{Value, json};

use crate::harness::{METRICS_KEY, Setup, TestGateway, chats, error_code, hello, streamed};

fn boom() -> Turn {
    Turn::error(500, "boom", "x")
}

async fn vendor(turn: Turn) -> FakeVendor {
    FakeVendor::start(Script::new(turn)).await
}

/// A route for `gpt-*` to `openai` with these fallbacks.
async fn route(gateway: &TestGateway, fallbacks: &[(&str, Option<&str>)]) {
    let store = gateway.database.store().await;
    let draft = RouteDraft {
        id: Some("chained".to_owned()),
        model_pattern: "gpt-*".to_owned(),
        providers: vec![RouteTargetDraft::named("openai")],
        fallbacks: fallbacks
            .iter()
            .map(|(provider, model)| ((*provider).to_owned(), model.map(str::to_owned)))
            .collect(),
        ..RouteDraft::default()
    };
    Admin::new(&store)
        .acting_as("test")
        .put_route(draft)
        .await
        .unwrap();
    dvara_testkit::eventually("the gateway knows the route", async || {
        let page = gateway.status_page().await;
        page.to_string().contains("chained").then_some(())
    })
    .await;
}

async fn metrics(gateway: &TestGateway, line: &str) {
    dvara_testkit::eventually(line, async || {
        let text = gateway
            .get("/actuator/prometheus")
            .bearer_auth(METRICS_KEY)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        text.lines().any(|found| found == line).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_fails_is_retried_and_then_stood_in_for() {
    for call in [hello("gpt-4o"), streamed("gpt-4o")] {
        let (first, second) = (
            vendor(boom()).await,
            vendor(Turn::chat("from the second")).await,
        );
        let gateway = Setup::new()
            .vendor(&first)
            .second_vendor(&second)
            .start()
            .await;
        route(&gateway, &[("second", Some("gpt-4.1"))]).await;
        let response = gateway.chat(call).await;
        assert_eq!(response.status(), 200);
        let text = response.text().await.unwrap();
        assert!(text.contains("gpt-4.1"), "the model that served: {text}");
        assert_eq!((chats(&first).len(), chats(&second).len()), (3, 1));
        let sent: Value = serde_json::from_slice(&chats(&second)[0].body).unwrap();
        assert_eq!(sent["model"], "gpt-4.1");
        let row = &gateway.settled(1).await[0];
        assert_eq!(row["provider"], "second");
        assert_eq!(row["model"], "gpt-4.1");
        assert_eq!(row["requested_model"], "gpt-4o");
        assert_eq!(row["attempts"], 4);
        assert_eq!(row["status"], 200);
        metrics(&gateway, r#"gateway_retries_total{provider="openai"} 2"#).await;
        metrics(
            &gateway,
            r#"gateway_fallbacks_total{from_provider="openai",to_provider="second"} 1"#,
        )
        .await;
        metrics(
            &gateway,
            r#"gateway_provider_errors_total{provider="openai",error_code="provider_error"} 3"#,
        )
        .await;
        gateway.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_says_itself_who_may_be_asked_next() {
    let event_error = "data: {\"error\":{\"message\":\"overloaded\"}}\n\n";
    let cut = || Turn::chat("x").cut_after(0);
    // What the first vendor does, how often it is asked, and whether the second is.
    let table: Vec<(&str, Turn, usize, bool)> = vec![
        ("500", boom(), 3, true),
        ("529", Turn::error(529, "overloaded", "x"), 3, true),
        ("408", Turn::error(408, "slow", "x"), 3, true),
        ("429", Turn::error(429, "slow down", "x"), 3, true),
        (
            "429, in 1 s",
            Turn::error(429, "x", "x").header("retry-after-ms", "5"),
            3,
            true,
        ),
        (
            "429, in an hour",
            Turn::error(429, "x", "x").header("retry-after", "3600"),
            1,
            true,
        ),
        ("page", Turn::html(200, "<html></html>"), 3, true),
        ("garbage", Turn::status(200, "{\"choices\":"), 3, true),
        (
            "an error for a first event",
            Turn::pieces([event_error]),
            3,
            true,
        ),
        ("a cut before anything", cut(), 3, true),
        ("401", Turn::error(401, "who?", "x"), 1, true),
        ("403", Turn::error(403, "no", "x"), 1, true),
        ("400", Turn::error(400, "wrong", "x"), 1, false),
        ("404", Turn::error(404, "what?", "x"), 1, false),
        ("413", Turn::error(413, "long", "x"), 1, false),
        ("422", Turn::error(422, "odd", "x"), 1, false),
    ];
    for (name, turn, asked, moves_on) in table {
        let (first, second) = (vendor(turn).await, vendor(Turn::chat("fine")).await);
        let gateway = Setup::new()
            .vendor(&first)
            .second_vendor(&second)
            .start()
            .await;
        let response = gateway.chat(streamed("gpt-4o")).await;
        assert_eq!(response.status() == 200, moves_on, "{name}");
        assert_eq!(chats(&first).len(), asked, "{name}");
        assert_eq!(!chats(&second).is_empty(), moves_on, "{name}");
        gateway.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_passes_costs_the_caller_only_time() {
    let script = Script::new(Turn::chat("at last"))
        .first(boom())
        .first(Turn::error(429, "x", "x"));
    let first = FakeVendor::start(script).await;
    let gateway = TestGateway::before(&first).await;
    assert_eq!(gateway.chat(hello("gpt-4o")).await.status(), 200);
    assert_eq!(chats(&first).len(), 3);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_tried_again_once_a_byte_was_relayed() {
    let begun = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";
    let (first, second) = (
        vendor(Turn::pieces([begun])).await,
        vendor(Turn::chat("never")).await,
    );
    let gateway = Setup::new()
        .vendor(&first)
        .second_vendor(&second)
        .start()
        .await;
    let text = gateway.chat(streamed("gpt-4o")).await.text().await.unwrap();
    assert!(text.starts_with(begun), "{text}");
    assert!(
        text.contains("provider_error") && !text.contains("[DONE]"),
        "{text}"
    );
    assert_eq!((chats(&first).len(), chats(&second).len()), (1, 0));
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_provider_is_left_when_its_time_is_over() {
    let (first, second) = (
        vendor(Turn::silence()).await,
        vendor(Turn::chat("fine")).await,
    );
    let gateway = Setup::new()
        .vendor(&first)
        .second_vendor(&second)
        .env(
            "DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_TIMEOUT_CHAT_TIMEOUT_MS",
            "100",
        )
        .env(
            "DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_TIMEOUT_FIRST_BYTE_TIMEOUT_MS",
            "100",
        )
        .start()
        .await;
    for (count, call) in [(1, hello("gpt-4o")), (2, streamed("gpt-4o"))] {
        assert_eq!(gateway.chat(call).await.status(), 200);
        assert_eq!((chats(&first).len(), chats(&second).len()), (count, count));
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_ends_where_its_settings_say_with_the_first_fault() {
    for (name, value, asked) in [
        ("FALLBACK_MAX_ATTEMPTS", "1", 3),
        ("FALLBACK_ENABLED", "false", 0),
        ("FALLBACK_DEADLINE", "0", 0),
    ] {
        let first = vendor(Turn::error(429, "slow down", "x").header("retry-after", "77")).await;
        let second = vendor(boom()).await;
        let gateway = Setup::new()
            .vendor(&first)
            .second_vendor(&second)
            .env(&format!("DVARA_LLM_GATEWAY_RESILIENCE_{name}"), value)
            .start()
            .await;
        route(&gateway, &[("second", None), ("second", Some("gpt-other"))]).await;
        let response = gateway.chat(hello("gpt-4o")).await;
        assert_eq!(response.headers()["retry-after"], "77");
        assert_eq!(
            error_code(response).await,
            (429, "provider_rate_limited".to_owned())
        );
        assert_eq!(
            (chats(&first).len(), chats(&second).len()),
            (1, asked),
            "{name}"
        );
        gateway.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn switched_off_a_call_is_sent_once() {
    let (first, second) = (vendor(boom()).await, vendor(Turn::chat("never")).await);
    let gateway = Setup::new()
        .vendor(&first)
        .second_vendor(&second)
        .env("DVARA_LLM_GATEWAY_RESILIENCE_ENABLED", "false")
        .start()
        .await;
    assert_eq!(gateway.chat(hello("gpt-4o")).await.status(), 502);
    assert_eq!((chats(&first).len(), chats(&second).len()), (1, 0));
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fallbacks_that_cannot_do_what_is_asked_are_named_as_the_reason() {
    let first = vendor(boom()).await;
    let gateway = TestGateway::before(&first).await;
    route(&gateway, &[("mock", Some("mock/test-model"))]).await;
    let mut call = hello("gpt-4o");
    call["n"] = json!(2);
    let response = gateway.chat(call).await;
    assert_eq!(
        response.headers()["x-gateway-failover-blocked"],
        "capability_mismatch"
    );
    assert_eq!(
        error_code(response).await,
        (503, "failover_capability_mismatch".to_owned())
    );
    assert_eq!(gateway.chat(hello("gpt-4o")).await.status(), 200);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_without_a_model_must_serve_the_one_asked_for() {
    let first = vendor(boom()).await;
    let gateway = TestGateway::before(&first).await;
    // `gpt-…` is no model of the mock's.
    route(&gateway, &[("mock", None)]).await;
    let response = gateway.chat(hello("gpt-4o")).await;
    assert_eq!(
        error_code(response).await,
        (502, "provider_error".to_owned())
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_leaves_during_a_pause_ends_the_attempts() {
    let first = vendor(boom()).await;
    let gateway = Setup::new()
        .vendor(&first)
        .env(
            "DVARA_LLM_GATEWAY_RESILIENCE_RETRY_INITIAL_BACKOFF_MS",
            "10000",
        )
        .start()
        .await;
    let call = gateway
        .raw_chat(hello("gpt-4o").to_string())
        .timeout(Duration::from_millis(300));
    assert!(call.send().await.is_err());
    let row = &gateway.settled(1).await[0];
    assert_eq!(
        (&row["outcome"], &row["attempts"]),
        (&json!("abandoned"), &json!(1))
    );
    assert_eq!(chats(&first).len(), 1);
    gateway.finish().await;
}
