//! Clients that take their time, in either direction, or all of it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use dvara_testkit::eventually;
use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::harness::{Setup, TestGateway, hello, streamed};

const PATIENCE: Duration = Duration::from_secs(20);
/// Between two bytes of a client that trickles.
const DRIP: Duration = Duration::from_millis(40);

/// Sends byte by byte until the other side has closed or all is sent, and returns what came back.
async fn trickle(address: SocketAddr, bytes: &[u8]) -> String {
    let (mut reading, mut writing) = TcpStream::connect(address).await.unwrap().into_split();
    let answer = tokio::spawn(async move {
        let mut answer = Vec::new();
        // A reset ends it as well as a close.
        let _end = tokio::time::timeout(PATIENCE, reading.read_to_end(&mut answer))
            .await
            .unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    });
    for byte in bytes {
        if answer.is_finished() || writing.write_all(&[*byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(DRIP).await;
    }
    answer.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_trickles_does_not_prolong_its_time() {
    let gateway = Setup::new()
        .env("DVARA_SERVER_HEAD_TIMEOUT_MS", "600")
        .start()
        .await;
    let heads: [&[u8]; 3] = [
        // As long as it takes: some 40 s at this pace.
        &[b"GET /v1/models HTTP/1.1\r\nx: ".as_slice(), &[b'a'; 1_000]].concat(),
        // Might be either protocol until its last byte.
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r",
        b"",
    ];
    for head in heads {
        let began = Instant::now();
        assert_eq!(trickle(gateway.address, head).await, "");
        let took = began.elapsed();
        let (least, most) = (Duration::from_millis(550), Duration::from_secs(8));
        assert!((least..most).contains(&took), "{took:?}");
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_trickles_does_not_prolong_its_time() {
    let gateway = Setup::new()
        .env("DVARA_LLM_GATEWAY_REQUEST_BODY_TIMEOUT_MS", "500")
        .start()
        .await;
    let head = head(&gateway, 1_000);
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let drip = tokio::spawn(async move {
        while writing.write_all(b" ").await.is_ok() {
            tokio::time::sleep(DRIP).await;
        }
    });
    let mut answer = Vec::new();
    let _end = tokio::time::timeout(PATIENCE, reading.read_to_end(&mut answer))
        .await
        .unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(answer.contains("request_timeout"), "{answer}");
    drip.await.unwrap();
    gateway.finish().await;
}

/// The head of a chat call with a body of so many bytes.
fn head(gateway: &TestGateway, length: usize) -> String {
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n",
        gateway.key
    )
}

/// Sends a call over a connection that takes in little at a time.
async fn call_narrowly(gateway: &TestGateway, call: &Value) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(gateway.address).await.unwrap();
    let body = call.to_string();
    let head = head(gateway, body.len());
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .await
        .unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_reading_its_stream_is_cut_off_and_accounted() {
    let flood = Turn::endless(&"x".repeat(50_000)).pieces_every(Duration::from_millis(1));
    let vendor = FakeVendor::start(Script::new(flood)).await;
    let gateway = Setup::new()
        .vendor(&vendor)
        .env("DVARA_SERVER_WRITE_TIMEOUT_MS", "500")
        .start()
        .await;
    let stalled = call_narrowly(&gateway, &streamed("gpt-4o")).await;
    eventually("the vendor sees its answer cancelled", async || {
        (vendor.closed_early() == 1).then_some(())
    })
    .await;
    let row = &gateway.settled(1).await[0];
    assert_eq!(row["outcome"], "abandoned", "{row}");
    assert!(row["output_tokens"].as_i64().unwrap() > 0, "{row}");
    drop(stalled);
    gateway.finish().await;
}

/// 4 MiB in one answer.
fn large() -> (Turn, usize) {
    let text = "x".repeat(4 << 20);
    (Turn::chat(&text), text.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_reading_a_large_answer_is_cut_off() {
    let (turn, size) = large();
    let vendor = FakeVendor::start(Script::new(turn)).await;
    let gateway = Setup::new()
        .vendor(&vendor)
        .env("DVARA_SERVER_WRITE_TIMEOUT_MS", "500")
        .start()
        .await;
    let before = gateway.metric("server_connections_open").await;
    let mut stalled = call_narrowly(&gateway, &hello("gpt-4o")).await;
    gateway.settled(1).await;
    eventually("the connection is given up", async || {
        (gateway.metric("server_connections_open").await == before).then_some(())
    })
    .await;
    let mut received = Vec::new();
    let _reset = tokio::time::timeout(PATIENCE, stalled.read_to_end(&mut received))
        .await
        .unwrap();
    assert!(received.starts_with(b"HTTP/1.1 200 "));
    assert!(received.len() < size, "{} of {size}", received.len());
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_slowly_gets_all_of_its_answer() {
    let (turn, size) = large();
    let vendor = FakeVendor::start(Script::new(turn)).await;
    let gateway = Setup::new()
        .vendor(&vendor)
        .env("DVARA_SERVER_WRITE_TIMEOUT_MS", "1000")
        .start()
        .await;
    let mut slow = call_narrowly(&gateway, &hello("gpt-4o")).await;
    let began = Instant::now();
    let mut received = 0;
    let mut buffer = vec![0; 64 * 1024];
    while received < size {
        let length = tokio::time::timeout(PATIENCE, slow.read(&mut buffer))
            .await
            .unwrap()
            .unwrap();
        assert!(length > 0, "cut off after {received} of {size}");
        received += length;
        // Some 1.3 MiB/s: three seconds in all, three times the bound on standing still.
        tokio::time::sleep(Duration::from_secs_f64(length as f64 / 1_300_000.0)).await;
    }
    assert!(
        began.elapsed() > Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    gateway.finish().await;
}
