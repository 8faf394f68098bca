//! Every call settles exactly once, and its row says what it came to.

use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::json;

use crate::harness::{Setup, TestGateway, hello};

#[tokio::test(flavor = "multi_thread")]
async fn a_row_has_who_what_where_and_how_much_in_disjoint_classes() {
    let usage = json!({"prompt_tokens": 100, "completion_tokens": 30, "total_tokens": 130,
        "prompt_tokens_details": {"cached_tokens": 60}, "completion_tokens_details": {"reasoning_tokens": 10}});
    let answer = json!({"id": "x", "object": "chat.completion", "model": "gpt-4o-2024", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}], "usage": usage});
    let vendor = FakeVendor::start(Script::new(Turn::status(200, &answer.to_string()))).await;
    let gateway = TestGateway::before(&vendor).await;
    gateway.chat(hello("gpt-4o")).await;
    let row = &gateway.settled(1).await[0];
    for (column, expected) in [
        ("tenant", json!("acme")),
        ("key", json!(gateway.key_id.as_str())),
        ("requested_model", json!("gpt-4o")),
        ("model", json!("gpt-4o")),
        ("provider", json!("openai")),
        ("status", json!(200)),
        ("outcome", json!("completed")),
        ("stream", json!(false)),
        ("estimated", json!(false)),
        ("input_tokens", json!(40)),
        ("cache_read_tokens", json!(60)),
        ("output_tokens", json!(20)),
        ("reasoning_tokens", json!(10)),
        ("attempts", json!(1)),
    ] {
        assert_eq!(row[column], expected, "{column} of {row}");
    }
    assert!(
        !row.to_string().contains("sk-test"),
        "the credential is only fingerprinted"
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_a_vendor_does_not_report_are_estimated_and_marked() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("twelve chars").without_usage())).await;
    let gateway = TestGateway::before(&vendor).await;
    gateway.chat(hello("gpt-4o")).await;
    gateway
        .chat(crate::harness::streamed("gpt-4o"))
        .await
        .text()
        .await
        .unwrap();
    for row in gateway.settled(2).await {
        assert_eq!(row["estimated"], true, "{row}");
        assert!(
            row["input_tokens"].as_i64().unwrap() > 0 && row["output_tokens"].as_i64().unwrap() > 0,
            "{row}"
        );
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_of_every_kind_leave_a_thousand_rows() {
    let vendor = FakeVendor::start(Script::default()).await;
    let gateway = Setup::new()
        .vendor(&vendor)
        .env("DVARA_CORES", "2")
        .start()
        .await;
    let mut calls = Vec::new();
    for index in 0..1_000 {
        let body = match index % 4 {
            0 => hello("gpt-4o"),
            1 => crate::harness::streamed("mock/x"),
            2 => hello("nobody-serves-this"),
            _ => json!({"model": ""}),
        };
        let call = gateway.raw_chat(body.to_string());
        calls.push(async move { call.send().await.unwrap().bytes().await.unwrap().len() });
    }
    let mut calls = calls.into_iter();
    loop {
        let some: Vec<_> = calls.by_ref().take(50).collect();
        if some.is_empty() {
            break;
        }
        futures_util::future::join_all(some).await;
    }
    let database = gateway.finish().await;
    let rows = database.usage().await;
    let chats: Vec<_> = rows
        .iter()
        .filter(|row| row["endpoint"] == "chat_completions")
        .collect();
    assert_eq!(chats.len(), 1_000, "a clean stop loses none");
    for (outcome, count) in [("completed", 500), ("refused", 500)] {
        assert_eq!(
            chats.iter().filter(|row| row["outcome"] == outcome).count(),
            count,
            "{outcome}"
        );
    }
}
