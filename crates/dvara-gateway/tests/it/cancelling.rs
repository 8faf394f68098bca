//! Clients that leave: the vendor is told by its connection, and the call is accounted.

use std::time::Duration;

use dvara_testkit::eventually;
use dvara_testkit::vendor::{FakeVendor, Script, Turn};

use crate::harness::{TestGateway, hello, streamed};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_a_stream_closes_the_vendors_connection_and_is_accounted() {
    let vendor = FakeVendor::start(Script::new(Turn::endless("word "))).await;
    let gateway = TestGateway::before(&vendor).await;
    let mut response = gateway.chat(streamed("gpt-4o")).await;
    for _ in 0..3 {
        assert!(response.chunk().await.unwrap().is_some());
    }
    drop(response);
    eventually("the vendor sees its connection close", async || {
        (vendor.closed_early() == 1).then_some(())
    })
    .await;
    let row = &gateway.settled(1).await[0];
    assert_eq!(
        (row["outcome"].as_str(), row["estimated"].as_bool()),
        (Some("abandoned"), Some(true)),
        "{row}"
    );
    assert!(row["output_tokens"].as_i64().unwrap() > 0, "{row}");
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_while_the_vendor_thinks_closes_the_vendors_connection() {
    let vendor = FakeVendor::start(Script::new(Turn::silence())).await;
    let gateway = TestGateway::before(&vendor).await;
    let call = gateway
        .raw_chat(hello("gpt-4o").to_string())
        .timeout(Duration::from_millis(300))
        .send()
        .await;
    assert!(call.unwrap_err().is_timeout());
    eventually("the vendor sees its connection close", async || {
        (vendor.closed_early() == 1).then_some(())
    })
    .await;
    let row = &gateway.settled(1).await[0];
    assert_eq!(
        (row["outcome"].as_str(), row["status"].as_i64()),
        (Some("abandoned"), Some(499)),
        "{row}"
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_does_not_answer_in_time_is_a_fault_of_its_own() {
    let vendor = FakeVendor::start(Script::new(Turn::silence())).await;
    let gateway = crate::harness::Setup::new()
        .vendor(&vendor)
        .env(
            "DVARA_LLM_GATEWAY_RESILIENCE_TIMEOUT_CHAT_TIMEOUT_MS",
            "200",
        )
        .env(
            "DVARA_LLM_GATEWAY_RESILIENCE_TIMEOUT_FIRST_BYTE_TIMEOUT_MS",
            "200",
        )
        .start()
        .await;
    for call in [hello("gpt-4o"), streamed("gpt-4o")] {
        let refused = crate::harness::error_code(gateway.chat(call).await).await;
        assert_eq!(refused, (502, "provider_error".to_owned()));
    }
    gateway.finish().await;
}
