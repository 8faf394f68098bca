//! Bytes that no well-meaning client sends, on a bare socket.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Setup, TestGateway, error_code, hello};

/// Sends bytes and returns what comes back until the other side closes or is silent.
async fn exchange(gateway: &TestGateway, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    // The other side may refuse before it has read everything.
    let _written = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let mut buffer = [0_u8; 4096];
    while let Ok(Ok(length)) =
        tokio::time::timeout(Duration::from_millis(700), stream.read(&mut buffer)).await
    {
        if length == 0 {
            break;
        }
        answer.extend_from_slice(&buffer[..length]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn disguised_paths_are_refused_before_any_key_is_looked_at() {
    let gateway = TestGateway::start().await;
    for path in [
        "/v%31/chat/completions",
        "//v1/models",
        "/./v1/models",
        "/v1/../v1/models",
        "/v1/models;a=b",
        "/v1/models%00",
        "/V%31/models",
    ] {
        let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = exchange(&gateway, head.as_bytes()).await;
        assert_eq!(status(&answer), "400", "{path}: {answer}");
        assert!(answer.contains("invalid_path"), "{path}: {answer}");
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_keys_in_one_call_are_nobodys() {
    let gateway = TestGateway::start().await;
    let key = &gateway.key;
    for headers in [
        format!("authorization: Bearer {key}\r\nauthorization: Bearer gw_other\r\n"),
        format!("x-api-key: {key}\r\nx-api-key: {key}\r\n"),
        format!("authorization: Bearer {key}, Bearer x\r\n"),
        format!("authorization: Basic {key}\r\n"),
    ] {
        let head =
            format!("GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
        let answer = exchange(&gateway, head.as_bytes()).await;
        assert_eq!(status(&answer), "401", "{headers}: {answer}");
        assert!(answer.contains("invalid_api_key"), "{answer}");
        assert!(!answer.contains(key.as_str()), "a key is never echoed");
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_framing_is_refused_and_ends_the_connection() {
    let gateway = TestGateway::start().await;
    let key = &gateway.key;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n"
    );
    for (rest, expected) in [
        ("content-length: 5\r\ncontent-length: 6\r\n\r\nhello", "400"),
        ("content-length: -1\r\n\r\n", "400"),
        ("transfer-encoding: gzip\r\n\r\n", "400"),
        ("transfer-encoding: chunked\r\n\r\nnothex\r\n", "400"),
        ("x: a\r\n b: folded\r\n\r\n", "400"),
        ("x\0y: 1\r\n\r\n", "400"),
        ("x : 1\r\n\r\n", "400"),
    ] {
        let answer = exchange(&gateway, format!("{head}{rest}").as_bytes()).await;
        assert_eq!(status(&answer), expected, "{rest:?}: {answer}");
    }
    let oversize = format!("{head}x: {}\r\n\r\n", "a".repeat(80 * 1024));
    assert_eq!(
        status(&exchange(&gateway, oversize.as_bytes()).await),
        "431"
    );
    let many = format!("{head}{}\r\n", "x: 1\r\n".repeat(200));
    assert_eq!(status(&exchange(&gateway, many.as_bytes()).await), "431");
    assert_eq!(
        gateway.chat(hello("mock/x")).await.status(),
        200,
        "others are served meanwhile"
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_refused_and_the_client_sees_it() {
    let gateway = Setup::new()
        .env("DVARA_LLM_GATEWAY_REQUEST_MAX_BODY_BYTES", "2048")
        .start()
        .await;
    let mut call = hello("mock/x");
    call["messages"][0]["content"] = "a".repeat(600 * 1024).into();
    let announced = gateway.chat(call.clone()).await;
    assert_eq!(
        error_code(announced).await,
        (413, "input_too_large".to_owned())
    );
    let text = call.to_string();
    let chunks: Vec<Result<Vec<u8>, std::io::Error>> = text
        .as_bytes()
        .chunks(1000)
        .map(|chunk| Ok(chunk.to_vec()))
        .collect();
    let chunked = gateway
        .raw_chat(reqwest::Body::wrap_stream(futures_util::stream::iter(
            chunks,
        )))
        .send()
        .await
        .unwrap();
    assert_eq!(
        error_code(chunked).await,
        (413, "input_too_large".to_owned())
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_caller_that_waits_for_continue_sends_no_body() {
    let gateway = TestGateway::start().await;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n";
    let answer = exchange(&gateway, head.as_bytes()).await;
    assert_eq!(status(&answer), "401", "{answer}");
    assert!(!answer.contains("100 Continue"), "{answer}");
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_a_timeout() {
    let gateway = Setup::new()
        .env("DVARA_LLM_GATEWAY_REQUEST_BODY_TIMEOUT_MS", "150")
        .start()
        .await;
    let key = &gateway.key;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
    );
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0_u8; 12];
    tokio::time::timeout(Duration::from_secs(10), stream.read_exact(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(answer, b"HTTP/1.1 408");
    gateway.finish().await;
}
