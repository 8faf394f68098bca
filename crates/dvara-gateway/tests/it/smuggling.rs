//! Requests whose end two readers could see in different places (RFC 9112 §6 and §11.2), on a bare socket.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{TestGateway, hello};

/// Longer than any answer takes: whoever has said nothing by then waits for us.
const SILENCE: Duration = Duration::from_secs(4);

/// What came back, and whether the connection was closed after it.
struct Heard {
    text: String,
    closed: bool,
}

impl Heard {
    fn statuses(&self) -> Vec<&str> {
        let starts = self.text.match_indices("HTTP/1.1 ");
        starts
            .map(|(at, start)| &self.text[at + start.len()..][..3])
            .collect()
    }
}

async fn send(gateway: &TestGateway, bytes: &[u8]) -> Heard {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    // The other side may close before it has taken everything.
    let _written = stream.write_all(bytes).await;
    let (mut answer, mut buffer) = (Vec::new(), [0_u8; 4096]);
    let closed = loop {
        match tokio::time::timeout(SILENCE, stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => break true,
            Ok(Ok(length)) => answer.extend_from_slice(&buffer[..length]),
            Err(_) => break false,
        }
    };
    Heard {
        text: String::from_utf8_lossy(&answer).into_owned(),
        closed,
    }
}

/// A chat call with this framing, whose connection stays open as far as it says so itself.
fn call(gateway: &TestGateway, version: &str, framing: &str, body: &str) -> Vec<u8> {
    let key = &gateway.key;
    format!(
        "POST /v1/chat/completions {version}\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\n{framing}\r\n{body}"
    )
    .into_bytes()
}

/// What an attacker hopes to have read as a request of its own.
fn smuggled(gateway: &TestGateway) -> String {
    format!(
        "GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        gateway.key
    )
}

/// The body in chunks, as one that is allowed to have them.
fn chunked(body: &str) -> String {
    format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn both_lengths_are_answered_once_and_the_connection_closes() {
    let gateway = TestGateway::start().await;
    let chunks = chunked(&hello("mock/x").to_string());
    for framing in [
        format!(
            "content-length: {}\r\ntransfer-encoding: chunked\r\n",
            chunks.len()
        ),
        format!(
            "transfer-encoding: chunked\r\ncontent-length: {}\r\n",
            chunks.len()
        ),
        "content-length: 5\r\ntransfer-encoding: chunked\r\n".to_owned(),
        "transfer-encoding: chunked\r\ncontent-length: 5\r\nconnection: keep-alive\r\n".to_owned(),
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n".to_owned(),
    ] {
        let behind = format!("{chunks}{}", smuggled(&gateway));
        let heard = send(&gateway, &call(&gateway, "HTTP/1.1", &framing, &behind)).await;
        assert_eq!(heard.statuses(), ["200"], "{framing}: {}", heard.text);
        assert!(heard.closed, "{framing}");
        assert!(heard.text.contains("connection: close"), "{}", heard.text);
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn framing_that_is_none_is_refused_and_the_connection_closes() {
    let gateway = TestGateway::start().await;
    let body = hello("mock/x").to_string();
    let chunks = chunked(&body);
    let length = body.len();
    let cases = [
        (
            "two lengths",
            format!("content-length: {length}\r\ncontent-length: 5\r\n"),
            body.as_str(),
        ),
        (
            "a list of lengths",
            format!("content-length: {length}, 5\r\n"),
            &body,
        ),
        (
            "a signed length",
            format!("content-length: +{length}\r\n"),
            &body,
        ),
        (
            "a negative length",
            "content-length: -1\r\n".to_owned(),
            &body,
        ),
        (
            "a length in hex",
            "content-length: 0x10\r\n".to_owned(),
            &body,
        ),
        (
            "a length beyond 64 bits",
            "content-length: 18446744073709551616\r\n".to_owned(),
            &body,
        ),
        ("an empty length", "content-length:\r\n".to_owned(), &body),
        (
            "chunked is not the last coding",
            "transfer-encoding: chunked, identity\r\n".to_owned(),
            &chunks,
        ),
        (
            "chunked is not a coding of its own",
            "transfer-encoding: xchunked\r\n".to_owned(),
            &chunks,
        ),
        (
            "another coding alone",
            "transfer-encoding: gzip\r\n".to_owned(),
            &chunks,
        ),
        (
            "another coding in a second line",
            "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n".to_owned(),
            &chunks,
        ),
        (
            "a quoted coding",
            "transfer-encoding: \"chunked\"\r\n".to_owned(),
            &chunks,
        ),
        (
            "a vertical tab before the coding",
            "transfer-encoding: \x0bchunked\r\n".to_owned(),
            &chunks,
        ),
        (
            "a space before the colon",
            "transfer-encoding : chunked\r\n".to_owned(),
            &chunks,
        ),
        (
            "a folded line",
            format!("content-length:\r\n {length}\r\n"),
            &body,
        ),
        (
            "a folded line of another header",
            format!("x: a\r\n content-length: 5\r\ncontent-length: {length}\r\n"),
            &body,
        ),
        (
            "a carriage return inside",
            format!("x: a\rtransfer-encoding: chunked\r\ncontent-length: {length}\r\n"),
            &body,
        ),
        (
            "a NUL inside",
            format!("x: a\0\r\ncontent-length: {length}\r\n"),
            &body,
        ),
    ];
    for (what, framing, body) in cases {
        let behind = format!("{body}{}", smuggled(&gateway));
        let heard = send(&gateway, &call(&gateway, "HTTP/1.1", &framing, &behind)).await;
        assert_eq!(heard.statuses(), ["400"], "{what}: {}", heard.text);
        assert!(heard.closed, "{what}");
    }
    let old = call(
        &gateway,
        "HTTP/1.0",
        "transfer-encoding: chunked\r\n",
        &chunks,
    );
    let heard = send(&gateway, &old).await;
    assert_eq!(
        heard.statuses(),
        ["400"],
        "chunks in HTTP/1.0: {}",
        heard.text
    );
    assert!(heard.closed);
    assert_eq!(gateway.chat(hello("mock/x")).await.status(), 200);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_chunks_are_refused_and_the_connection_closes() {
    let gateway = TestGateway::start().await;
    let body = hello("mock/x").to_string();
    let length = body.len();
    for (what, chunks) in [
        ("no size", format!("\r\n{body}\r\n0\r\n\r\n")),
        (
            "a size that is no number",
            format!("xyz\r\n{body}\r\n0\r\n\r\n"),
        ),
        (
            "a negative size",
            format!("-{length:x}\r\n{body}\r\n0\r\n\r\n"),
        ),
        (
            "a size with a prefix",
            format!("0x{length:x}\r\n{body}\r\n0\r\n\r\n"),
        ),
        (
            "a size beyond 64 bits",
            format!("1{:016x}\r\n{body}\r\n0\r\n\r\n", length),
        ),
        (
            "more bytes than the size",
            format!("3\r\n{body}\r\n0\r\n\r\n"),
        ),
        (
            "a bare line feed after the size",
            format!("{length:x}\n{body}\r\n0\r\n\r\n"),
        ),
        (
            "a bare line feed in an extension",
            format!("{length:x};a\nb\r\n{body}\r\n0\r\n\r\n"),
        ),
        (
            "a bare line feed after the bytes",
            format!("{length:x}\r\n{body}\n0\r\n\r\n"),
        ),
    ] {
        let behind = format!("{chunks}{}", smuggled(&gateway));
        let framing = "transfer-encoding: chunked\r\n";
        let heard = send(&gateway, &call(&gateway, "HTTP/1.1", framing, &behind)).await;
        assert_eq!(heard.statuses(), ["400"], "{what}: {}", heard.text);
        assert!(heard.closed, "{what}");
    }
    gateway.finish().await;
}

/// RFC 9112 §2.2 allows it; what counts is that the head still ends in one place.
#[tokio::test(flavor = "multi_thread")]
async fn a_bare_line_feed_ends_a_line_of_the_head_and_nothing_more() {
    let gateway = TestGateway::start().await;
    let body = hello("mock/x").to_string();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\nhost: x\nauthorization: Bearer {}\ncontent-type: application/json\n\
         content-length: {}\nconnection: close\n\n",
        gateway.key,
        body.len()
    );
    let heard = send(
        &gateway,
        format!("{head}{body}{}", smuggled(&gateway)).as_bytes(),
    )
    .await;
    assert_eq!(heard.statuses(), ["200"], "{}", heard.text);
    assert!(heard.closed);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_a_body_that_was_not_read_is_never_a_request() {
    let gateway = TestGateway::start().await;
    // Refused on its head, and told to be longer than anybody reads of a refused body.
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer gw_nobody\r\n\
                content-type: application/json\r\n";
    for framing in [
        "content-length: 5000000\r\n\r\n",
        "expect: 100-continue\r\ncontent-length: 500\r\n\r\n",
    ] {
        let bytes = format!("{head}{framing}{}", smuggled(&gateway));
        let heard = send(&gateway, bytes.as_bytes()).await;
        assert_eq!(heard.statuses(), ["401"], "{}", heard.text);
        assert!(heard.text.contains("connection: close"), "{}", heard.text);
        assert!(heard.closed);
    }
    gateway.finish().await;
}
