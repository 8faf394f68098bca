//! The end of a gateway: what was accepted is answered.

use std::time::Duration;

use dvara_service::drain::DrainTiming;
use dvara_testkit::vendor::{FakeVendor, Script, Turn};

use crate::harness::{Setup, chats, hello, streamed};

fn patient() -> DrainTiming {
    DrainTiming {
        settle: Duration::from_millis(50),
        linger: Duration::from_millis(300),
        cut: Duration::from_millis(2_000),
        end: Duration::from_millis(2_500),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_under_way_are_answered_and_new_connections_are_not_taken() {
    let vendor = FakeVendor::start(Script::new(
        Turn::chat("late").head_after(Duration::from_millis(600)),
    ))
    .await;
    let mut gateway = Setup::new().vendor(&vendor).drain(patient()).start().await;
    let call = tokio::spawn(gateway.raw_chat(hello("gpt-4o").to_string()).send());
    dvara_testkit::eventually("the vendor has the call", async || {
        (chats(&vendor).len() == 1).then_some(())
    })
    .await;
    let ending = gateway.take();
    let finished = tokio::spawn(ending.finish());
    let address = gateway.address;
    dvara_testkit::eventually("the door is closed", async || {
        std::net::TcpStream::connect(address).is_err().then_some(())
    })
    .await;
    let response = call.await.unwrap().unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["connection"], "close");
    assert!(response.text().await.unwrap().contains("late"));
    finished.await.unwrap().unwrap();
    assert_eq!(
        gateway
            .database
            .usage()
            .await
            .iter()
            .filter(|row| row["endpoint"] == "chat_completions")
            .count(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_outlives_the_drain_ends_with_an_error_event() {
    let vendor = FakeVendor::start(Script::new(Turn::endless("word "))).await;
    let mut gateway = Setup::new().vendor(&vendor).drain(patient()).start().await;
    let mut response = gateway.chat(streamed("gpt-4o")).await;
    assert!(response.chunk().await.unwrap().is_some());
    let finished = tokio::spawn(gateway.take().finish());
    let text = response.text().await.unwrap();
    assert!(
        text.contains("gateway_shutting_down") && !text.contains("[DONE]"),
        "{}",
        &text[text.len() - 300..]
    );
    finished.await.unwrap().unwrap();
    let row = gateway.settled(1).await.pop().unwrap();
    assert_eq!(
        (row["outcome"].as_str(), row["error_code"].as_str()),
        (Some("failed"), Some("gateway_shutting_down"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_outlives_the_drain_is_told_to_try_again() {
    let vendor = FakeVendor::start(Script::new(Turn::silence())).await;
    let mut gateway = Setup::new().vendor(&vendor).drain(patient()).start().await;
    let call = tokio::spawn(gateway.raw_chat(hello("gpt-4o").to_string()).send());
    dvara_testkit::eventually("the vendor has the call", async || {
        (chats(&vendor).len() == 1).then_some(())
    })
    .await;
    let finished = tokio::spawn(gateway.take().finish());
    let response = call.await.unwrap().unwrap();
    assert_eq!(response.headers()["retry-after"], "1");
    let refused = crate::harness::error_code(response).await;
    assert_eq!(refused, (503, "gateway_shutting_down".to_owned()));
    finished.await.unwrap().unwrap();
}
