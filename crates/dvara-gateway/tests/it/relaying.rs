//! Same dialect in and out: bytes go through as they came.

use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::{Value, json};

use crate::harness::{TestGateway, chats, hello, streamed};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_and_its_answer_go_through_byte_for_byte() {
    let answer = r#"{ "id":"x","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"hi","reasoning_content":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4},"vendor_extra":{"a":[1,2.50]} }"#;
    let vendor = FakeVendor::start(Script::new(Turn::status(200, answer))).await;
    let gateway = TestGateway::before(&vendor).await;
    let body = "{\"model\" : \"gpt-4o\",\n \"messages\":[{\"role\":\"user\",\"content\":\"h\\u00e9\"}],\"temperature\":0.70,\"vendor_option\":{\"k\":1e3},\"n\":1,\"logprobs\":true}";
    let response = gateway.raw_chat(body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.text().await.unwrap(), answer);
    let sent = chats(&vendor);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body, body);
    assert_eq!(sent[0].header("authorization"), Some("Bearer sk-test"));
    assert_eq!(sent[0].path, "/v1/chat/completions");
    for ours in ["x-api-key", "x-trace-id", "x-forwarded-for"] {
        assert_eq!(
            sent[0].header(ours),
            None,
            "{ours} is between us and the caller"
        );
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_cannot_say_which_tenant_it_is() {
    let vendor = FakeVendor::start(Script::default()).await;
    let gateway = TestGateway::before(&vendor).await;
    let mut call = hello("gpt-4o");
    call["metadata"] = json!({"tenant_id": "other", "purpose": "test", "workspace_id": "other"});
    assert_eq!(gateway.chat(call).await.status(), 200);
    assert_eq!(
        chats(&vendor)[0].json()["metadata"],
        json!({"purpose": "test"})
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trace_and_session_ids_are_taken_over_and_kept() {
    let gateway = TestGateway::start().await;
    let call = gateway
        .raw_chat(hello("mock/x").to_string())
        .header("x-trace-id", "my-trace:1")
        .header("x-session-id", "s.1");
    let response = call.send().await.unwrap();
    assert_eq!(response.headers()["x-trace-id"], "my-trace:1");
    let row = &gateway.settled(1).await[0];
    assert_eq!(
        (row["trace_id"].as_str(), row["session_id"].as_str()),
        (Some("my-trace:1"), Some("s.1"))
    );
    let replaced = gateway
        .raw_chat(hello("mock/x").to_string())
        .header("x-trace-id", "a b\"c")
        .send()
        .await
        .unwrap();
    assert_eq!(replaced.headers()["x-trace-id"].len(), 32);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_listed_live_and_a_provider_that_fails_is_left_out() {
    let vendor = FakeVendor::start(Script::default()).await;
    let gateway = TestGateway::before(&vendor).await;
    let ids = async || {
        let list: Value = gateway
            .get("/v1/models")
            .bearer_auth(&gateway.key)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(list["object"], "list");
        list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|model| model["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all = ids().await;
    assert!(
        all.contains(&"mock/test-model".to_owned()) && all.len() > 1,
        "{all:?}"
    );
    drop(vendor);
    assert_eq!(ids().await, ["mock/test-model"]);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mock_answers_and_streams_without_any_vendor() {
    let gateway = TestGateway::start().await;
    let answer: Value = gateway
        .chat(hello("mock/anything"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        answer["choices"][0]["message"]["content"],
        "This is a mock response"
    );
    let stream = gateway
        .chat(streamed("mock/anything"))
        .await
        .text()
        .await
        .unwrap();
    assert!(stream.ends_with("data: [DONE]\n\n"), "{stream}");
    let rows = gateway.settled(2).await;
    assert!(
        rows.iter()
            .all(|row| row["outcome"] == "completed" && row["estimated"] == false),
        "{rows:?}"
    );
    gateway.finish().await;
}
