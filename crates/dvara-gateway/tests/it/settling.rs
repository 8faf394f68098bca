//! Every call settles exactly once, and its row says what it came to.

use dvara_dialects::tokens::Table;
use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::{Value, json};

use crate::harness::{Setup, TestGateway, hello, streamed};

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
    gateway.chat(streamed("gpt-4o")).await.text().await.unwrap();
    for row in gateway.settled(2).await {
        assert_eq!(row["estimated"], true, "{row}");
        assert!(
            row["input_tokens"].as_i64().unwrap() > 0 && row["output_tokens"].as_i64().unwrap() > 0,
            "{row}"
        );
    }
    gateway.finish().await;
}

/// A text whose estimate is far from its tokens, in a language that is answered in itself.
const ASKED: &str = "敏捷的棕色狐狸跳过了懒狗。今天天气很好，我们去公园散步吧！你觉得怎么样？";

/// Calls until a row's tokens were counted, and returns it. A machine that is busy may not have counted in time, and then the estimate
/// stands.
async fn counted(gateway: &TestGateway, call: Value, is_counted: impl Fn(&Value) -> bool) -> Value {
    for calls in 1.. {
        gateway.chat(call.clone()).await.text().await.unwrap();
        let rows = gateway.settled(calls).await;
        if let Some(row) = rows.into_iter().find(&is_counted) {
            return row;
        }
        assert!(calls < 100, "nothing is ever counted");
    }
    unreachable!("a call is counted, or the test fails")
}

fn asking(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": ASKED.repeat(3)}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_a_vendor_does_not_report_are_counted_where_its_model_can_be() {
    let vendor = FakeVendor::start(Script::new(Turn::chat(ASKED).without_usage())).await;
    let gateway = TestGateway::before(&vendor).await;
    let input = Table::O200k.count(&ASKED.repeat(3)) + 4 + 3;
    let output = Table::O200k.count(ASKED);
    assert!(output > 2 * (ASKED.chars().count() as u64).div_ceil(4));
    let is_counted = |row: &Value| row["input_tokens"] == json!(input);
    let row = counted(&gateway, asking("gpt-4o"), is_counted).await;
    assert_eq!(row["output_tokens"], json!(output), "{row}");
    assert_eq!(
        row["estimated"], true,
        "it is our count and not the vendor's: {row}"
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_whose_usage_never_comes_is_counted_and_its_answer_guessed_by_its_call() {
    let vendor = FakeVendor::start(Script::new(Turn::chat(ASKED).without_usage())).await;
    let gateway = TestGateway::before(&vendor).await;
    let mut call = asking("gpt-4o");
    call["stream"] = true.into();
    let input = Table::O200k.count(&ASKED.repeat(3)) + 4 + 3;
    let output = Table::O200k.count(ASKED);
    let is_counted = |row: &Value| row["input_tokens"] == json!(input);
    let row = counted(&gateway, call, is_counted).await;
    let guess = row["output_tokens"].as_u64().unwrap();
    assert!(
        guess.abs_diff(output) * 4 < output,
        "{guess} of {output}: {row}"
    );
    assert_eq!(row["estimated"], true, "{row}");
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_client_leaves_its_stream_is_counted() {
    let vendor = FakeVendor::start(Script::new(Turn::endless("word "))).await;
    let gateway = TestGateway::before(&vendor).await;
    let input = Table::O200k.count("Hello!") + 4 + 3;
    let mut row = None;
    for calls in 1..100 {
        let mut answer = gateway.chat(streamed("gpt-4o")).await;
        assert!(answer.chunk().await.unwrap().is_some());
        drop(answer);
        let rows = gateway.settled(calls).await;
        row = rows
            .into_iter()
            .find(|row| row["input_tokens"] == json!(input));
        if row.is_some() {
            break;
        }
    }
    let row = row.expect("one of a hundred is counted in time");
    assert_eq!(row["outcome"], "abandoned", "{row}");
    assert_eq!(row["estimated"], true, "{row}");
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn models_of_other_makers_keep_their_estimate() {
    let vendor = FakeVendor::start(Script::new(Turn::chat(ASKED).without_usage())).await;
    let gateway = TestGateway::before(&vendor).await;
    // Of the provider whose models have tables, and none of them.
    let model = "gpt-unheard-of";
    gateway.chat(asking(model)).await.text().await.unwrap();
    let row = &gateway.settled(1).await[0];
    let estimate = (ASKED.len() as u64 * 3).div_ceil(4);
    assert_eq!(row["input_tokens"], json!(estimate), "{row}");
    assert_eq!(row["estimated"], true, "{row}");
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
            1 => streamed("mock/x"),
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
