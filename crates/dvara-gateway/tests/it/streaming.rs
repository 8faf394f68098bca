//! Streams: what the client sees, and what it must never see.

use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::Value;

use crate::harness::{TestGateway, chats, streamed};

fn events(text: &str) -> Vec<Value> {
    text.split("\n\n")
        .filter_map(|event| event.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_usage_chunk_reaches_only_who_asked_for_it() {
    let vendor = FakeVendor::start(Script::default()).await;
    let gateway = TestGateway::before(&vendor).await;
    let without = gateway.chat(streamed("gpt-4o")).await;
    assert_eq!(without.headers()["content-type"], "text/event-stream");
    let without = without.text().await.unwrap();
    assert!(without.ends_with("data: [DONE]\n\n"));
    assert!(
        events(&without)
            .iter()
            .all(|event| !event["choices"].as_array().unwrap().is_empty()),
        "{without}"
    );
    let mut asking = streamed("gpt-4o");
    asking["stream_options"] = serde_json::json!({"include_usage": true});
    let with = gateway.chat(asking).await.text().await.unwrap();
    let last = events(&with).pop().unwrap();
    assert!(
        last["choices"].as_array().unwrap().is_empty() && last["usage"]["total_tokens"].is_u64(),
        "{with}"
    );
    for request in chats(&vendor) {
        assert_eq!(request.json()["stream_options"]["include_usage"], true);
    }
    let rows = gateway.settled(2).await;
    assert!(
        rows.iter()
            .all(|row| row["estimated"] == false && row["outcome"] == "completed"),
        "{rows:?}"
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_the_vendor_cuts_ends_with_an_error_event_and_without_done() {
    let vendor = FakeVendor::start(Script::new(
        Turn::chat("one two three four five").cut_after(3),
    ))
    .await;
    let gateway = TestGateway::before(&vendor).await;
    let response = gateway.chat(streamed("gpt-4o")).await;
    assert_eq!(response.status(), 200);
    let text = response.text().await.unwrap();
    assert!(!text.contains("[DONE]"), "{text}");
    let last = events(&text).pop().unwrap();
    assert_eq!(last["error"]["code"], "provider_error", "{text}");
    let row = &gateway.settled(1).await[0];
    assert_eq!(
        (row["outcome"].as_str(), row["status"].as_i64()),
        (Some("failed"), Some(200)),
        "{row}"
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_ends_without_a_finish_reason_is_never_a_clean_end() {
    let chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
    for pieces in [
        vec![chunk],
        vec![chunk, "data: [DONE]\n\n"],
        vec![chunk, "data: {\"error\":{\"message\":\"x\"}}\n\n"],
    ] {
        let vendor = FakeVendor::start(Script::new(Turn::pieces(pieces))).await;
        let gateway = TestGateway::before(&vendor).await;
        let text = gateway.chat(streamed("gpt-4o")).await.text().await.unwrap();
        assert!(!text.contains("[DONE]"), "{text}");
        assert!(
            events(&text).pop().unwrap()["error"]["trace_id"].is_string(),
            "{text}"
        );
        gateway.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_answers_a_streamed_call_whole_is_a_fault_before_the_first_byte() {
    let vendor = FakeVendor::start(Script::new(Turn::status(200, "{\"error\":\"no\"}"))).await;
    let gateway = TestGateway::before(&vendor).await;
    let refused = crate::harness::error_code(gateway.chat(streamed("gpt-4o")).await).await;
    assert_eq!(refused, (502, "provider_error".to_owned()));
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_falls_silent_is_cut_off() {
    let chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
    let vendor = FakeVendor::start(Script::new(
        Turn::pieces([chunk, chunk]).pieces_every(std::time::Duration::from_secs(30)),
    ))
    .await;
    let gateway = crate::harness::Setup::new()
        .vendor(&vendor)
        .env(
            "DVARA_LLM_GATEWAY_RESILIENCE_TIMEOUT_IDLE_TIMEOUT_MS",
            "200",
        )
        .start()
        .await;
    let text = gateway.chat(streamed("gpt-4o")).await.text().await.unwrap();
    assert_eq!(
        events(&text).pop().unwrap()["error"]["code"],
        "provider_error",
        "{text}"
    );
    gateway.finish().await;
}
