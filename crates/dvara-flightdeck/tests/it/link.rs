//! The gateway away and back (S57), played by a socket that answers as one does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use dvara_service::drain::DrainTiming;
use dvara_testkit::eventually;
use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{ACTUATOR_KEY, TestDesk};

/// A gateway that answers its liveness, as long as it is there.
struct Gateway {
    url: String,
    there: Arc<AtomicBool>,
}

impl Gateway {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let there = Arc::new(AtomicBool::new(false));
        let now = there.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                answer(stream, now.load(SeqCst)).await;
            }
        });
        Self { url, there }
    }
}

async fn answer(mut stream: TcpStream, there: bool) {
    if !there {
        return; // the connection breaks
    }
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else {
            return;
        };
        request.push(byte);
    }
    let found = request.starts_with(b"GET /actuator/health/liveness HTTP/1.1\r\n");
    let status = if found { "200 OK" } else { "404 Not Found" };
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let _left = stream.write_all(answer.as_bytes()).await;
}

async fn readiness_becomes(desk: &TestDesk, status: u16) {
    eventually("readiness follows the gateway", async || {
        (desk.status("/actuator/health/readiness").await == status).then_some(())
    })
    .await;
}

async fn control_plane(desk: &TestDesk) -> Value {
    let health = desk.request(Method::GET, "/actuator/health/readiness");
    let health = health.bearer_auth(ACTUATOR_KEY).send().await.unwrap();
    let health: Value = health.json().await.unwrap();
    health["components"]["controlPlane"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_follows_the_gateway_and_the_page_says_so() {
    let gateway = Gateway::start().await;
    let desk = TestDesk::start_with(&gateway.url, DrainTiming::immediate()).await;
    let page = async || desk.get("/").await.text().await.unwrap();
    for _ in 0..2 {
        readiness_becomes(&desk, 503).await;
        assert_eq!(control_plane(&desk).await["status"], "DOWN");
        assert_eq!(desk.status("/actuator/health/liveness").await, 200);
        assert!(page().await.contains("<dd>not reachable</dd>"));

        gateway.there.store(true, SeqCst);
        readiness_becomes(&desk, 200).await;
        assert_eq!(control_plane(&desk).await["status"], "UP");
        assert!(page().await.contains("<dd>reachable</dd>"));

        gateway.there.store(false, SeqCst);
    }
    readiness_becomes(&desk, 503).await;
    let reason = control_plane(&desk).await["details"]["reason"].clone();
    assert!(!reason.as_str().unwrap().is_empty(), "{reason}");
    // Who shows no key learns that it is down, and not why.
    let anonymous = desk.get("/actuator/health/readiness").await;
    assert_eq!(anonymous.text().await.unwrap(), r#"{"status":"DOWN"}"#);
    desk.finish().await;
}
