//! Conversations that are long for the models that may get them.

use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::{Value, json};

use crate::harness::{Setup, TestGateway, chats, error_code, hello};

/// The window of the provider, in tokens; by the estimate four characters are one.
const WINDOW: usize = 128_000;

/// A conversation of instructions, and three questions with two answers between them, of so many percent of the window by the estimate.
/// Its texts are made of the word, between their first letters and their ends.
fn conversation_of(word: &str, percent: usize) -> Value {
    let characters = WINDOW * percent / 100 / 5 * 4;
    let part = |letter: &str| format!("{letter}{}", word.repeat(characters / word.len()));
    json!({"model": "gpt-4o", "messages": [
        {"role": "system", "content": "S"},
        {"role": "user", "content": part("a")},
        {"role": "assistant", "content": part("b")},
        {"role": "user", "content": part("c")},
        {"role": "assistant", "content": part("d")},
        {"role": "user", "content": part("e")},
    ]})
}

/// One whose tokens are what they are estimated to be.
fn conversation(percent: usize) -> Value {
    conversation_of(" the", percent)
}

/// Of tokens of five characters: a call is shorter than its estimate, by a fifth.
const SHORTER: &str = " test";
/// Of tokens of three characters: a call is longer than its estimate, by a third.
const LONGER: &str = "123";

/// The first letters of the messages that the vendor was sent last.
fn told(vendor: &FakeVendor) -> String {
    let body: Value = serde_json::from_slice(&chats(vendor).last().unwrap().body).unwrap();
    let messages = body["messages"].as_array().unwrap().iter();
    messages
        .map(|message| message["content"].as_str().unwrap().chars().next().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_conversation_goes_on_with_a_warning() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = TestGateway::before(&vendor).await;
    let quiet = gateway.chat(conversation(60)).await;
    assert_eq!(quiet.status(), 200);
    assert!(!quiet.headers().contains_key("x-context-window-warning"));
    for (percent, said) in [(80, "80%"), (150, "150%")] {
        let warned = gateway.chat(conversation(percent)).await;
        assert_eq!(warned.status(), 200);
        assert_eq!(warned.headers()["x-context-window-warning"], "true");
        assert_eq!(warned.headers()["x-context-window-utilization"], said);
    }
    assert_eq!(told(&vendor), "Sabcde");
    let counted = r#"gateway_context_window_warnings_total{tenant="acme",model="gpt-4o"}"#;
    assert_eq!(gateway.metric(counted).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_a_bound_get_the_one_that_their_tenant_has_set() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = TestGateway::before(&vendor).await;
    let bound = json!({"guardrail.default-max-response-tokens": 1000});
    let key = gateway.tenant_key("thrifty", bound).await;
    let bound_of_last = |field: &str| {
        let sent: Value = serde_json::from_slice(&chats(&vendor).last().unwrap().body).unwrap();
        sent[field].clone()
    };
    gateway.chat_as(&key, hello("gpt-4o")).await;
    assert_eq!(bound_of_last("max_completion_tokens"), 1000);
    let mut own = hello("gpt-4o");
    own["max_tokens"] = 5.into();
    gateway.chat_as(&key, own).await;
    assert_eq!(bound_of_last("max_completion_tokens"), Value::Null);
    assert_eq!(bound_of_last("max_tokens"), 5);
    gateway.chat(hello("gpt-4o")).await;
    assert_eq!(bound_of_last("max_completion_tokens"), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_may_refuse_what_is_too_long() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = TestGateway::before(&vendor).await;
    let key = gateway
        .tenant_key(
            "strict",
            json!({"guardrail.context.hard-threshold-pct": "90"}),
        )
        .await;
    assert_eq!(gateway.chat_as(&key, conversation(85)).await.status(), 200);
    let refused = gateway.chat_as(&key, conversation(95)).await;
    let expected = (400, "context_window_exceeded".to_owned());
    assert_eq!(error_code(refused).await, expected);
    let mut streamed = conversation(95);
    streamed["stream"] = true.into();
    let refused = gateway.chat_as(&key, streamed).await;
    assert_eq!(error_code(refused).await, expected);
    assert_eq!(chats(&vendor).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_may_have_the_oldest_messages_left_out() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = TestGateway::before(&vendor).await;
    for (tenant, strategy, left) in [
        ("oldest", "TRUNCATE_OLDEST", "Scde"),
        ("middle", "TRUNCATE_MIDDLE", "Sade"),
    ] {
        let settings = json!({"guardrail.context.pruning-strategy": strategy});
        let key = gateway.tenant_key(tenant, settings).await;
        let answer = gateway.chat_as(&key, conversation(120)).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(told(&vendor), left);
        let counted = format!(
            r#"gateway_context_window_pruned_total{{tenant="{tenant}",model="gpt-4o",strategy="{strategy}"}}"#
        );
        assert_eq!(gateway.metric(&counted).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_by_an_estimate_alone_goes_on() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = TestGateway::before(&vendor).await;
    let settings = json!({"guardrail.context.hard-threshold-pct": "90"});
    let key = gateway.tenant_key("strict", settings).await;
    let passed = gateway.chat_as(&key, conversation_of(SHORTER, 95)).await;
    assert_eq!(passed.status(), 200);
    assert_eq!(passed.headers()["x-context-window-utilization"], "76%");
    assert_eq!(told(&vendor), "Sabcde");
    // A model without a table is refused by its estimate.
    let mut uncounted = conversation_of(SHORTER, 95);
    uncounted["model"] = "gpt-unheard-of".into();
    let refused = gateway.chat_as(&key, uncounted).await;
    let expected = (400, "context_window_exceeded".to_owned());
    assert_eq!(error_code(refused).await, expected);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_though_its_estimate_is_not_is_refused() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = TestGateway::before(&vendor).await;
    let settings = json!({"guardrail.context.hard-threshold-pct": "90"});
    let key = gateway.tenant_key("strict", settings).await;
    let refused = gateway.chat_as(&key, conversation_of(LONGER, 85)).await;
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "context_window_exceeded", "{body}");
    let message = body["error"]["message"].as_str().unwrap();
    assert!(!message.contains("about"), "{message}");
    // Far from every bound the estimate stands.
    let passed = gateway.chat_as(&key, conversation_of(LONGER, 60)).await;
    assert_eq!(passed.status(), 200);
    assert!(!passed.headers().contains_key("x-context-window-warning"));
    assert_eq!(chats(&vendor).len(), 1);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_messages_are_left_out_than_a_count_asks_for() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = TestGateway::before(&vendor).await;
    let settings = json!({"guardrail.context.pruning-strategy": "TRUNCATE_OLDEST"});
    let key = gateway.tenant_key("oldest", settings).await;
    // 130 % by the estimate, of which two of five messages would have to go; counted, it is 104 %.
    for (word, left) in [(SHORTER, "Sbcde"), (" the", "Scde")] {
        let answer = gateway.chat_as(&key, conversation_of(word, 130)).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(told(&vendor), left);
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_says_whether_its_tokens_were_counted() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let setup = Setup::new()
        .vendor(&vendor)
        .env("DVARA_INTERNAL_SECRET", "the-secret");
    let gateway = setup.start().await;
    let explain = async |request: Value| {
        let call = gateway
            .http
            .post(format!("{}/internal/routes/explain", gateway.url));
        let call = call.bearer_auth("the-secret");
        let answer = call.json(&json!({"request": request})).send();
        let explained: Value = answer.await.unwrap().json().await.unwrap();
        explained["rules"]["contextWindow"].clone()
    };
    let estimated = explain(hello("gpt-4o")).await;
    assert_eq!(
        (&estimated["exact"], &estimated["tokens"]),
        (&json!(false), &json!(2))
    );
    let near = explain(conversation_of(SHORTER, 72)).await;
    assert_eq!(
        (&near["exact"], &near["verdict"]),
        (&json!(true), &json!("fits"))
    );
    let tokens = near["tokens"].as_u64().unwrap() as usize;
    assert!(tokens.abs_diff(WINDOW * 72 / 100 * 4 / 5) < 50, "{near}");
    gateway.finish().await;
}
