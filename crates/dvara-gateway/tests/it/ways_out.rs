//! How calls leave for vendors: through the proxy of the environment, and around it.

use std::net::TcpListener;

use dvara_testkit::vendor::{FakeVendor, Script};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Setup, TestGateway, chats, hello};

/// `operator:hunter2`, as RFC 7617 has it.
const SHOWN_TO_THE_PROXY: &str = "Basic b3BlcmF0b3I6aHVudGVyMg==";

/// A proxy's URL, with credentials.
fn proxy(url: &str) -> String {
    let address = url.trim_start_matches("http://");
    format!(
        "http://operator:hunter2@{}",
        address.split('/').next().unwrap()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_to_vendors_go_through_the_proxy_of_the_environment() {
    // For an `http://` vendor a proxy is a server that is asked for absolute targets: the fake vendor plays it.
    let playing_proxy = FakeVendor::start(Script::default()).await;
    let gateway = Setup::new()
        .env("OPENAI_API_KEY", "sk-test")
        .env(
            "DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_BASE_URL",
            "http://vendor.invalid/v1",
        )
        .env("http_proxy", &proxy(playing_proxy.url()))
        .env("NO_PROXY", "localhost,127.0.0.1")
        .start()
        .await;
    assert_eq!(gateway.chat(hello("gpt-4o")).await.status(), 200);
    let sent = &chats(&playing_proxy)[0];
    assert_eq!(sent.header("host"), Some("vendor.invalid"));
    assert_eq!(sent.header("proxy-authorization"), Some(SHOWN_TO_THE_PROXY));
    assert_eq!(sent.header("authorization"), Some("Bearer sk-test"));
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_proxy_names_is_called_directly() {
    let vendor = FakeVendor::start(Script::default()).await;
    let gateway = Setup::new()
        .vendor(&vendor)
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("NO_PROXY", "127.0.0.0/8")
        .start()
        .await;
    assert_eq!(gateway.chat(hello("gpt-4o")).await.status(), 200);
    assert_eq!(chats(&vendor)[0].header("proxy-authorization"), None);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_gone_is_no_business_of_the_caller() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let gone = gone.unwrap().to_string();
    let gateway = Setup::new()
        .env("OPENAI_API_KEY", "sk-test")
        .env("DVARA_OUTBOUND_PROXY_URL", &proxy(&gone))
        .start()
        .await;
    let response = gateway.chat(hello("gpt-4o")).await;
    assert_eq!(response.status(), 502);
    let text = response.text().await.unwrap();
    for secret in ["hunter2", "operator", &gone] {
        assert!(!text.contains(secret), "{text}");
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn framing_towards_vendors_is_our_own() {
    let vendor = FakeVendor::start(Script::default()).await;
    let gateway = TestGateway::before(&vendor).await;
    let body = hello("gpt-4o").to_string();
    let (first, second) = body.split_at(10);
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\nconnection: close, x-secret\r\nx-secret: 1\r\n\
         keep-alive: timeout=1\r\nte: trailers\r\ntrailer: x-late\r\nproxy-connection: close\r\n\
         proxy-authorization: Basic x\r\ntransfer-encoding: chunked\r\n\r\n\
         {:x};extension=1\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\nx-late: 1\r\n\r\n",
        gateway.key,
        first.len(),
        second.len(),
    );
    let address = gateway.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let sent = &chats(&vendor)[0];
    assert_eq!(sent.body, body);
    let lengths: Vec<_> = sent.headers.get_all("content-length").iter().collect();
    assert_eq!(lengths, [&*body.len().to_string()]);
    for theirs in [
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "proxy-connection",
        "proxy-authorization",
        "x-secret",
        "x-late",
    ] {
        assert_eq!(sent.header(theirs), None, "{theirs}");
    }
    gateway.finish().await;
}
