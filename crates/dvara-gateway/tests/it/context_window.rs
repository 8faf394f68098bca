//! Conversations that are long for the models that may get them.

use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::{Value, json};

use crate::harness::{TestGateway, chats, error_code, hello};

/// The window of the provider, in tokens; four characters are one.
const WINDOW: usize = 128_000;

/// A conversation of instructions, and three questions with two answers between them, of so many percent of the window.
fn conversation(percent: usize) -> Value {
    let tokens = WINDOW * percent / 100;
    let part = |letter: &str| letter.repeat(tokens / 5 * 4);
    json!({"model": "gpt-4o", "messages": [
        {"role": "system", "content": "S"},
        {"role": "user", "content": part("a")},
        {"role": "assistant", "content": part("b")},
        {"role": "user", "content": part("c")},
        {"role": "assistant", "content": part("d")},
        {"role": "user", "content": part("e")},
    ]})
}

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
