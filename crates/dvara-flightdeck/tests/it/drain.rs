//! The end of the process while a request runs.

use std::time::Duration;

use dvara_service::drain::DrainTiming;
use dvara_testkit::eventually;
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{METRICS_KEY, NOBODY, TestDesk};

/// A request whose body is still to come, and for which whoever answers waits a while.
async fn half_a_request(desk: &TestDesk) -> TcpStream {
    let mut stream = TcpStream::connect(desk.address).await.unwrap();
    let head = "POST /v1/admin/tenants HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    eventually("the request runs beside the scrape", async || {
        let scrape = desk.request(Method::GET, "/actuator/prometheus");
        let scrape = scrape.bearer_auth(METRICS_KEY).send().await.unwrap();
        let text = scrape.text().await.unwrap();
        text.contains("\nserver_requests_open 2\n").then_some(())
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
async fn a_request_that_runs_is_answered_and_the_door_is_closed() {
    let patient = DrainTiming {
        settle: Duration::ZERO,
        linger: Duration::from_millis(50),
        cut: Duration::from_secs(30),
        end: Duration::from_secs(31),
    };
    let mut desk = TestDesk::start_with(NOBODY, patient).await;
    let (address, mut stream) = (desk.address, half_a_request(&desk).await);
    let ending = tokio::spawn(desk.take().finish());
    eventually("the door is closed", async || {
        TcpStream::connect(address).await.err()
    })
    .await;
    stream.write_all(b"{}").await.unwrap();
    let answer = rest(stream).await;
    assert!(answer.starts_with("http/1.1 501"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    ending.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_does_not_end_is_told_so() {
    let impatient = DrainTiming {
        end: Duration::from_secs(30),
        ..DrainTiming::immediate()
    };
    let mut desk = TestDesk::start_with(NOBODY, impatient).await;
    let stream = half_a_request(&desk).await;
    let ending = tokio::spawn(desk.take().finish());
    let answer = rest(stream).await;
    assert!(answer.starts_with("http/1.1 503"), "{answer}");
    assert!(answer.contains("flightdeck_shutting_down"), "{answer}");
    ending.await.unwrap().unwrap();
}
