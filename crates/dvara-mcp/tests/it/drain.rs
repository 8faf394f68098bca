//! The end of the process while a call runs.

use std::time::Duration;

use dvara_service::drain::DrainTiming;
use dvara_testkit::eventually;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::TestMcp;

const CALL: &str = r#"{"jsonrpc":"2.0","id":"late","method":"ping"}"#;

/// A call whose body is not there yet, and which has been let in.
async fn half_a_call(mcp: &TestMcp) -> TcpStream {
    let mut stream = TcpStream::connect(mcp.address).await.unwrap();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        mcp.key,
        CALL.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    eventually("the call runs beside the scrape", async || {
        let metrics = mcp.metrics().await;
        metrics.contains("\nserver_requests_open 2\n").then_some(())
    })
    .await;
    stream
}

async fn rest(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.to_ascii_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_runs_is_answered_and_the_door_is_closed() {
    let patient = DrainTiming {
        settle: Duration::ZERO,
        linger: Duration::from_millis(50),
        cut: Duration::from_secs(30),
        end: Duration::from_secs(31),
    };
    let mut mcp = TestMcp::start_with(&[], patient).await;
    let mut stream = half_a_call(&mcp).await;
    let (address, running) = (mcp.address, mcp.take());
    let ending = tokio::spawn(running.finish());
    eventually("the door is closed", async || {
        TcpStream::connect(address).await.err()
    })
    .await;
    assert!(!ending.is_finished(), "it does not wait for the call");
    stream.write_all(CALL.as_bytes()).await.unwrap();
    let answer = rest(stream).await;
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(answer.contains(r#""id":"late""#), "{answer}");
    ending.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_does_not_end_is_told_so() {
    let impatient = DrainTiming {
        end: Duration::from_secs(30),
        ..DrainTiming::immediate()
    };
    let mut mcp = TestMcp::start_with(&[], impatient).await;
    let stream = half_a_call(&mcp).await;
    let ending = tokio::spawn(mcp.take().finish());
    let answer = rest(stream).await;
    assert!(answer.starts_with("http/1.1 503"), "{answer}");
    assert!(answer.contains("mcp_shutting_down"), "{answer}");
    assert!(answer.contains("retry-after: 1"), "{answer}");
    ending.await.unwrap().unwrap();
}
