use super::*;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use std::time::Duration;

type Sender = hyper::client::conn::http1::SendRequest<Full<Bytes>>;

async fn connect(vendor: &FakeVendor) -> Sender {
    let address = vendor
        .url()
        .strip_prefix("http://")
        .unwrap()
        .strip_suffix("/v1")
        .unwrap();
    let socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
        .await
        .unwrap();
    tokio::spawn(connection);
    sender
}

async fn post(sender: &mut Sender, body: Value) -> http::Response<hyper::body::Incoming> {
    let request = Request::post("/v1/chat/completions")
        .header("host", "vendor.test")
        .header("authorization", "Bearer sk-test")
        .body(Full::new(Bytes::from(body.to_string())))
        .unwrap();
    sender.send_request(request).await.unwrap()
}

async fn text(response: http::Response<hyper::body::Incoming>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn call(extra: Value) -> Value {
    let mut call =
        serde_json::json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]});
    for (key, value) in extra.as_object().unwrap() {
        call[key] = value.clone();
    }
    call
}

async fn eventually(mut holds: impl FnMut() -> bool) -> bool {
    for _ in 0..200 {
        if holds() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn a_call_is_answered_in_the_form_it_asks_for() {
    let vendor = FakeVendor::start(Script::default().require_key("sk-test")).await;
    let mut sender = connect(&vendor).await;
    let whole = post(&mut sender, call(serde_json::json!({}))).await;
    assert!(whole.headers().contains_key("content-length"));
    let whole: Value = serde_json::from_str(&text(whole).await).unwrap();
    assert_eq!(
        whole["choices"][0]["message"]["content"],
        "Hello from the fake vendor."
    );

    let stream = post(
        &mut sender,
        call(serde_json::json!({"stream": true, "stream_options": {"include_usage": true}})),
    )
    .await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let stream = text(stream).await;
    assert!(stream.ends_with("data: [DONE]\n\n"));
    assert!(
        stream.contains("\"choices\":[],\"usage\":{") || stream.contains("\"total_tokens\":19")
    );

    let tools = serde_json::json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}}]);
    let called: Value = serde_json::from_str(
        &text(post(&mut sender, call(serde_json::json!({"tools": tools}))).await).await,
    )
    .unwrap();
    assert_eq!(
        called["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"],
        "{\"n\":1}"
    );

    let refused = post(&mut sender, serde_json::json!({"model": "gpt-4o"})).await;
    assert_eq!(refused.status(), 400);
    drop(refused);

    assert_eq!(vendor.connections(), 1);
    assert_eq!(vendor.closed_early(), 0);
    assert_eq!(vendor.requests().len(), 4);
    assert_eq!(
        vendor.requests()[0].header("authorization"),
        Some("Bearer sk-test")
    );
    assert_eq!(vendor.requests()[0].json()["model"], "gpt-4o");
}

#[tokio::test]
async fn turns_are_taken_in_order() {
    let script = Script::new(Turn::chat("then"))
        .first(Turn::error(429, "slow down", "rate_limit_exceeded").header("retry-after", "2"))
        .first(Turn::html(502, "<html>"));
    let vendor = FakeVendor::start(script).await;
    let mut sender = connect(&vendor).await;
    let first = post(&mut sender, call(serde_json::json!({}))).await;
    assert_eq!(
        (
            first.status().as_u16(),
            first.headers()["retry-after"].to_str().unwrap()
        ),
        (429, "2")
    );
    text(first).await;
    let second = post(&mut sender, call(serde_json::json!({}))).await;
    assert_eq!(second.status(), 502);
    text(second).await;
    for _ in 0..2 {
        assert_eq!(
            post(&mut sender, call(serde_json::json!({})))
                .await
                .status(),
            200
        );
        sender = connect(&vendor).await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_an_endless_stream_is_noticed() {
    let vendor = FakeVendor::start(Script::new(Turn::endless("word "))).await;
    let mut sender = connect(&vendor).await;
    let mut response = post(&mut sender, call(serde_json::json!({"stream": true}))).await;
    let first = response.body_mut().frame().await.unwrap().unwrap();
    assert!(first.into_data().unwrap().starts_with(b"data: "));
    assert_eq!(vendor.closed_early(), 0);
    drop(response);
    drop(sender);
    assert!(eventually(|| vendor.closed_early() == 1).await);
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_while_nothing_is_written() {
    let script = Script::new(Turn::endless("word ").pieces_every(Duration::from_secs(3_600)));
    let vendor = FakeVendor::start(script).await;
    let mut sender = connect(&vendor).await;
    let mut response = post(&mut sender, call(serde_json::json!({"stream": true}))).await;
    response.body_mut().frame().await.unwrap().unwrap();
    drop(response);
    drop(sender);
    assert!(eventually(|| vendor.closed_early() == 1).await);
}

#[tokio::test]
async fn a_client_that_leaves_before_the_head_is_noticed() {
    let vendor = FakeVendor::start(Script::new(Turn::silence())).await;
    let mut sender = connect(&vendor).await;
    let waiting = tokio::spawn(async move { post(&mut sender, call(serde_json::json!({}))).await });
    assert!(eventually(|| vendor.requests().len() == 1).await);
    waiting.abort();
    assert!(eventually(|| vendor.closed_early() == 1).await);
}

#[tokio::test]
async fn a_cut_stream_breaks_the_connection_and_is_not_the_clients_doing() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("a b c").cut_after(2))).await;
    let mut sender = connect(&vendor).await;
    let response = post(&mut sender, call(serde_json::json!({"stream": true}))).await;
    assert!(response.into_body().collect().await.is_err());
    assert_eq!(vendor.closed_early(), 0);
}

#[tokio::test]
async fn a_key_can_be_required() {
    let vendor = FakeVendor::start(Script::default().require_key("sk-other")).await;
    let mut sender = connect(&vendor).await;
    assert_eq!(
        post(&mut sender, call(serde_json::json!({})))
            .await
            .status(),
        401
    );
}
