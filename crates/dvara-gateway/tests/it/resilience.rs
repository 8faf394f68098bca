//! Targets that fail, slow down or have had enough: breakers, retry budgets, vendors' limits, places.

use std::time::Duration;

use dvara_testkit::eventually;
use dvara_testkit::vendor::{FakeVendor, Received, Script, Turn};
use serde_json::json;

use crate::harness::{Setup, TestGateway, chats, error_code, hello, streamed};
use crate::strategies::{Trio, metric};

fn boom() -> Turn {
    Turn::error(500, "boom", "x")
}

fn once(setup: Setup) -> Setup {
    setup.env("DVARA_LLM_GATEWAY_RESILIENCE_RETRY_MAX_ATTEMPTS", "1")
}

fn breaker(setup: Setup, wait_ms: &str) -> Setup {
    setup.env(
        "DVARA_LLM_GATEWAY_RESILIENCE_CIRCUIT_BREAKER_WAIT_DURATION_IN_OPEN_STATE_MS",
        wait_ms,
    )
}

async fn code(gateway: &TestGateway) -> (u16, String) {
    let answer = gateway.chat(hello("gpt-4o")).await;
    if answer.status() == 200 {
        return (200, String::new());
    }
    error_code(answer).await
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_keeps_failing_is_left_alone_and_tried_again_later() {
    let failing = (0..5).fold(Script::new(Turn::chat("well again")), |script, _| {
        script.first(boom())
    });
    let vendor = FakeVendor::start(failing).await;
    let gateway = breaker(once(Setup::new().vendor(&vendor)), "1000")
        .start()
        .await;
    for _ in 0..5 {
        assert_eq!(code(&gateway).await, refused(502, "provider_error"));
    }
    let answer = gateway.chat(hello("gpt-4o")).await;
    let wait = answer.headers()["retry-after"].to_str().unwrap().to_owned();
    assert_eq!(wait, "1");
    assert_eq!(
        error_code(answer).await,
        refused(503, "provider_circuit_open")
    );
    assert_eq!(chats(&vendor).len(), 5, "nothing more was sent");
    let page = gateway.status_page().await;
    let openai = page["providers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "openai");
    assert_eq!(openai.unwrap()["health"], "UNHEALTHY", "{page}");
    eventually("it is tried again", async || {
        (code(&gateway).await.0 == 200).then_some(())
    })
    .await;
    assert_eq!(chats(&vendor).len(), 6, "one call was enough to see it");
    assert_eq!(code(&gateway).await.0, 200);
    // The model's neighbour was never in doubt.
    let mut skipped = 0.0;
    eventually("it is counted", async || {
        let labels = ["provider=\"openai\"", "reason=\"circuit_open\""];
        skipped = metric(&gateway, "gateway_targets_skipped_total", &labels).await;
        (skipped >= 1.0).then_some(())
    })
    .await;
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_probed_no_caller_has_to_try_it() {
    let failing = (0..5).fold(Script::new(Turn::chat("well again")), |script, _| {
        script.first(boom())
    });
    let vendor = FakeVendor::start(failing).await;
    let setup = once(Setup::new().vendor(&vendor)).env(
        "DVARA_LLM_GATEWAY_RESILIENCE_HEALTH_CHECK_INTERVAL_MS",
        "20",
    );
    let gateway = breaker(setup, "200").start().await;
    for _ in 0..5 {
        assert_eq!(code(&gateway).await, refused(502, "provider_error"));
    }
    eventually("its health is seen without a call", async || {
        let page = gateway.status_page().await;
        let mut providers = page["providers"].as_array().unwrap().iter();
        let openai = providers.find(|one| one["name"] == "openai").unwrap();
        (openai["health"] == "HEALTHY").then_some(())
    })
    .await;
    assert_eq!(chats(&vendor).len(), 5);
    assert_eq!(code(&gateway).await.0, 200);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_model_s_failures_are_not_another_s() {
    let vendor = FakeVendor::start(Script::new(boom())).await;
    let gateway = once(Setup::new().vendor(&vendor)).start().await;
    for _ in 0..6 {
        code(&gateway).await;
    }
    let answer = gateway.chat(hello("gpt-4.1")).await;
    assert_eq!(error_code(answer).await, refused(502, "provider_error"));
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_limits_open_no_breaker() {
    for turn in [
        Turn::error(400, "no", "x"),
        Turn::error(404, "no", "x"),
        Turn::error(401, "no", "x"),
        Turn::error(429, "slow down", "x"),
    ] {
        let vendor = FakeVendor::start(Script::new(turn)).await;
        let gateway = once(Setup::new().vendor(&vendor)).start().await;
        for _ in 0..8 {
            assert_ne!(code(&gateway).await.1, "provider_circuit_open");
        }
        assert_eq!(chats(&vendor).len(), 8);
        gateway.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_break_in_their_middle_open_the_breaker_too() {
    let broken = Turn::chat("one two three").cut_after(2);
    let vendor = FakeVendor::start(Script::new(broken)).await;
    let gateway = once(Setup::new().vendor(&vendor)).start().await;
    for _ in 0..10 {
        let answer = gateway.chat(streamed("gpt-4o")).await;
        drop(answer.text().await);
    }
    assert_eq!(code(&gateway).await, refused(503, "provider_circuit_open"));
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_total_failure_retries_stay_within_their_budget() {
    // Limits open no breaker, so only the budget stands between callers and a storm.
    let vendor = FakeVendor::start(Script::new(Turn::error(429, "slow down", "x"))).await;
    let gateway = Setup::new().vendor(&vendor).start().await;
    for _ in 0..300 {
        assert_eq!(code(&gateway).await, refused(429, "provider_rate_limited"));
    }
    let sent = chats(&vendor).len();
    assert!(sent <= 300 + 60 + 10, "{sent} calls for 300");
    assert!(sent >= 300 + 30, "{sent}: the budget is there to be used");
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_total_failure_breakers_keep_calls_from_being_sent() {
    let routes = "  - {id: r, model: \"gpt*\", strategy: round-robin, providers: [{provider: a}, {provider: b}, {provider: c}]}\n";
    let trio = Trio::start([boom(), boom(), boom()], routes).await;
    for _ in 0..100 {
        code(&trio.gateway).await;
    }
    let sent: usize = trio.asked().iter().sum();
    assert!(sent <= 120, "{sent} calls for 100");
    trio.gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_out_is_not_shown_until_it_is_back() {
    let out = Turn::error(429, "slow down", "x").header("retry-after", "60");
    let vendor = FakeVendor::start(Script::new(out)).await;
    let gateway = Setup::new().vendor(&vendor).start().await;
    assert_eq!(code(&gateway).await, refused(429, "provider_rate_limited"));
    let answer = gateway.chat(hello("gpt-4o")).await;
    let wait: u64 = answer.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((55..=60).contains(&wait), "{wait}");
    assert_eq!(
        error_code(answer).await,
        refused(429, "provider_rate_limited")
    );
    assert_eq!(chats(&vendor).len(), 1, "the second was not sent");
    // Another model has limits of its own.
    gateway.chat(hello("gpt-4.1")).await;
    assert_eq!(chats(&vendor).len(), 2);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_of_which_nothing_is_left_goes_behind_others_and_is_not_refused() {
    let last = || {
        Turn::chat("the last")
            .header("x-ratelimit-remaining-requests", "0")
            .header("x-ratelimit-reset-requests", "1m0s")
    };
    let vendor = FakeVendor::start(Script::new(Turn::chat("more")).first(last())).await;
    let setup = Setup::new().vendor(&vendor);
    let gateway = setup.env("OPENAI_API_KEY", "sk-one,sk-two").start().await;
    for _ in 0..4 {
        assert_eq!(code(&gateway).await.0, 200);
    }
    let shown = keys(&vendor);
    assert!(shown[1..].iter().all(|key| *key != shown[0]), "{shown:?}");
    gateway.finish().await;
    // A limit is whole again at its reset; something of it is there before.
    let vendor = FakeVendor::start(Script::new(last())).await;
    let gateway = Setup::new().vendor(&vendor).start().await;
    for _ in 0..3 {
        assert_eq!(code(&gateway).await.0, 200);
    }
    gateway.finish().await;
}

/// The credentials that a vendor was shown, in their order.
fn keys(vendor: &FakeVendor) -> Vec<String> {
    let key = |chat: &Received| chat.header("authorization").unwrap().to_owned();
    chats(vendor).iter().map(key).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_credentials_take_turns_and_stand_in_for_one_that_is_out() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("fine"))).await;
    let setup = Setup::new()
        .vendor(&vendor)
        .env("OPENAI_API_KEY", "sk-one, sk-two");
    let gateway = setup.start().await;
    for _ in 0..4 {
        assert_eq!(code(&gateway).await.0, 200);
    }
    let shown = keys(&vendor);
    let of = |key: &str| {
        shown
            .iter()
            .filter(|one| **one == format!("Bearer {key}"))
            .count()
    };
    assert_eq!((of("sk-one"), of("sk-two")), (2, 2));
    gateway.finish().await;

    let out = Turn::error(429, "slow down", "x").header("retry-after", "60");
    let vendor = FakeVendor::start(Script::new(Turn::chat("fine")).first(out)).await;
    let setup = Setup::new()
        .vendor(&vendor)
        .env("OPENAI_API_KEY", "sk-one,sk-two");
    let gateway = setup.start().await;
    for _ in 0..4 {
        assert_eq!(code(&gateway).await.0, 200);
    }
    let shown = keys(&vendor);
    assert_eq!(shown.len(), 5);
    assert!(shown[1..].iter().all(|key| *key != shown[0]), "{shown:?}");
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn places_at_a_provider_are_bounded_and_so_is_the_queue_for_them() {
    let vendor = FakeVendor::start(Script::new(
        Turn::endless("word ").pieces_every(Duration::from_millis(20)),
    ))
    .await;
    let gateway = Setup::new()
        .vendor(&vendor)
        .env(
            "DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_CONCURRENCY_MAX_CALLS",
            "1",
        )
        .env(
            "DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_CONCURRENCY_MAX_WAITING",
            "1",
        )
        .env(
            "DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_CONCURRENCY_MAX_WAIT_MS",
            "60000",
        )
        .start()
        .await;
    let first = gateway.chat(streamed("gpt-4o")).await;
    assert_eq!(first.status(), 200);
    let second = gateway.raw_chat(streamed("gpt-4o").to_string());
    let second = tokio::spawn(async move { second.send().await.unwrap() });
    eventually("the second waits", async || {
        let labels = ["provider=\"openai\""];
        (metric(&gateway, "gateway_provider_waiting", &labels).await == 1.0).then_some(())
    })
    .await;
    let third = gateway.chat(streamed("gpt-4o")).await;
    assert_eq!(error_code(third).await, refused(503, "provider_busy"));
    assert_eq!(chats(&vendor).len(), 1);
    // A stream that its client leaves gives its place back.
    drop(first);
    assert_eq!(second.await.unwrap().status(), 200);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_call_would_go_is_explained_and_nothing_is_sent() {
    let routes = "  - {id: r, model: \"m*\", strategy: round-robin, providers: [{provider: a}, {provider: b}, {provider: gone}]}\n";
    let setup = once(Setup::new())
        .env("DVARA_INTERNAL_SECRET", "the-secret")
        .env("DVARA_LLM_GATEWAY_RATE_LIMIT_ENABLED", "true");
    let scripts = [boom(), Turn::chat("b"), Turn::chat("c")].map(Script::new);
    let trio = Trio::with(setup, scripts, routes).await;
    trio.call(12, &hello("m")).await;
    let asked = trio.asked();
    let explain = async |body: serde_json::Value| {
        let gateway = &trio.gateway;
        let call = gateway
            .http
            .post(format!("{}/internal/routes/explain", gateway.url));
        let answer = call
            .bearer_auth("the-secret")
            .json(&body)
            .send()
            .await
            .unwrap();
        answer.json::<serde_json::Value>().await.unwrap()
    };
    let explained = explain(json!({"request": hello("m"), "tenant": "acme"})).await;
    assert_eq!(explained["route"]["id"], "r");
    assert_eq!(explained["strategy"], "round-robin");
    let targets = explained["targets"].as_array().unwrap();
    assert_eq!(targets.len(), 1);
    assert_eq!(
        (&targets[0]["provider"], &targets[0]["state"]),
        (&json!("b"), &json!("CLOSED"))
    );
    let skipped = explained["skipped"].as_array().unwrap();
    let why =
        |name: &str| skipped.iter().find(|one| one["provider"] == name).unwrap()["reason"].clone();
    assert_eq!(
        (why("a"), why("gone")),
        (json!("circuit_open"), json!("not_configured"))
    );
    assert_eq!(explained["refused"], json!(null));
    assert_eq!(explained["rules"]["contextWindow"]["verdict"], "fits");
    assert_eq!(explained["limits"]["counted"], json!(null));
    let key = trio.gateway.key_id.as_str();
    let of_key = explain(json!({"request": hello("m"), "tenant": "acme", "key": key})).await;
    let limits = &of_key["limits"];
    assert!(limits["counted"].as_u64().unwrap() >= 12, "{limits}");
    assert_eq!(limits["usedUp"], false);
    let nobody = explain(json!({"request": hello("unheard-of")})).await;
    assert_eq!(nobody["refused"]["code"], "no_provider");
    let wrong = explain(json!({"reqest": {}})).await;
    assert_eq!(wrong["error"]["code"], "invalid_request", "{wrong}");
    assert_eq!(trio.asked(), asked);
    trio.gateway.finish().await;
}
