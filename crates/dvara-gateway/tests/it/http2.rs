//! Calls over HTTP/2, on a connection that says so with its first bytes.

use std::time::{Duration, Instant};

use bytes::Bytes;
use dvara_service::drain::DrainTiming;
use dvara_testkit::eventually;
use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use http::{Request, Response};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::harness::{Setup, TestGateway, hello, streamed};

const PATIENCE: Duration = Duration::from_secs(20);

/// A client's connection.
struct Connection {
    calls: SendRequest<Bytes>,
    ended: JoinHandle<Result<(), h2::Error>>,
}

impl Connection {
    async fn to(gateway: &TestGateway) -> Self {
        let stream = TcpStream::connect(gateway.address).await.unwrap();
        // Streams have the protocol's own window, the connection as a whole more than one of them can fill.
        let (calls, connection) = h2::client::Builder::new()
            .initial_connection_window_size(1 << 20)
            .handshake(stream)
            .await
            .unwrap();
        Self {
            calls,
            ended: tokio::spawn(connection),
        }
    }

    /// Sends a chat call; the head of its answer, and the sending half, which resets the stream.
    async fn send(
        &mut self,
        gateway: &TestGateway,
        call: &Value,
    ) -> (h2::client::ResponseFuture, h2::SendStream<Bytes>) {
        let request = Request::post(format!("{}/v1/chat/completions", gateway.url))
            .header("authorization", format!("Bearer {}", gateway.key))
            .header("content-type", "application/json")
            .body(())
            .unwrap();
        let mut ready = self.calls.clone().ready().await.unwrap();
        let (response, mut body) = ready.send_request(request, false).unwrap();
        body.send_data(call.to_string().into(), true).unwrap();
        (response, body)
    }

    async fn chat(&mut self, gateway: &TestGateway, call: &Value) -> Response<RecvStream> {
        let (response, _body) = self.send(gateway, call).await;
        within(response).await.unwrap()
    }

    /// How it ended.
    async fn end(self) -> Result<(), h2::Error> {
        drop(self.calls);
        within(self.ended).await.unwrap()
    }
}

async fn within<F: IntoFuture>(work: F) -> F::Output {
    tokio::time::timeout(PATIENCE, work).await.unwrap()
}

/// The whole body, taken as it comes.
async fn text(mut body: RecvStream) -> String {
    let mut text = Vec::new();
    while let Some(data) = within(body.data()).await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        text.extend_from_slice(&data);
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_and_streamed_calls_share_a_connection() {
    let gateway = TestGateway::start().await;
    let mut connection = Connection::to(&gateway).await;
    let mut answers = Vec::new();
    for index in 0..100 {
        let call = if index % 2 == 0 {
            hello("mock/x")
        } else {
            streamed("mock/x")
        };
        answers.push((index, connection.send(&gateway, &call).await.0));
    }
    for (index, answer) in answers {
        let answer = within(answer).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(!answer.headers().contains_key("connection"));
        assert!(answer.headers().contains_key("x-trace-id"));
        let text = text(answer.into_body()).await;
        assert_eq!(text.contains("data: [DONE]"), index % 2 == 1, "{text}");
    }
    assert_eq!(connection.calls.current_max_send_streams(), 100);
    assert_eq!(gateway.settled(100).await.len(), 100);
    drop(connection);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_resets_its_stream_cancels_the_vendors_answer() {
    let vendor =
        FakeVendor::start(Script::new(Turn::endless("word ")).first(Turn::silence())).await;
    let gateway = TestGateway::before(&vendor).await;
    let mut connection = Connection::to(&gateway).await;

    let (waiting, mut body) = connection.send(&gateway, &hello("gpt-4o")).await;
    eventually("the vendor has the call", async || {
        (crate::harness::chats(&vendor).len() == 1).then_some(())
    })
    .await;
    body.send_reset(Reason::CANCEL);
    drop(waiting);
    eventually("the vendor sees a whole call cancelled", async || {
        (vendor.closed_early() == 1).then_some(())
    })
    .await;

    let (streaming, mut body) = connection.send(&gateway, &streamed("gpt-4o")).await;
    let mut answer = within(streaming).await.unwrap().into_body();
    within(answer.data()).await.unwrap().unwrap();
    body.send_reset(Reason::CANCEL);
    eventually("the vendor sees a stream cancelled", async || {
        (vendor.closed_early() == 2).then_some(())
    })
    .await;
    for row in gateway.settled(2).await {
        assert_eq!(row["outcome"], "abandoned", "{row}");
    }
    drop((answer, connection));
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_connection_is_told_to_go_and_what_runs_on_it_ends_whole() {
    let turn = Turn::chat("one two three four five six seven eight nine ten")
        .pieces_every(Duration::from_millis(120));
    let vendor = FakeVendor::start(Script::new(turn)).await;
    let gateway = Setup::new()
        .vendor(&vendor)
        .env("DVARA_SERVER_CONNECTION_AGE_MS", "400")
        .start()
        .await;
    let mut connection = Connection::to(&gateway).await;
    let answer = connection.chat(&gateway, &streamed("gpt-4o")).await;
    let calls = connection.calls.clone();
    eventually("new calls are turned away", async || {
        calls.clone().ready().await.is_err().then_some(())
    })
    .await;
    assert!(text(answer.into_body()).await.ends_with("data: [DONE]\n\n"));
    assert!(connection.end().await.is_ok(), "GOAWAY without an error");
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_on_which_nothing_happens_is_let_go() {
    let gateway = Setup::new()
        .env("DVARA_SERVER_HEAD_TIMEOUT_MS", "200")
        .start()
        .await;
    let connection = Connection::to(&gateway).await;
    let calls = connection.calls.clone();
    assert!(within(connection.ended).await.unwrap().is_ok());
    drop(calls);

    // The preface alone, and then not a word: not even an answer to being told to go.
    let mut silent = TcpStream::connect(gateway.address).await.unwrap();
    silent
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .unwrap();
    let mut received = Vec::new();
    let _reset = within(silent.read_to_end(&mut received)).await;
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_reset_as_soon_as_they_are_opened_end_the_connection() {
    const GOAWAY: u8 = 7;
    const ENHANCE_YOUR_CALM: [u8; 4] = [0, 0, 0, 11];
    let gateway = TestGateway::start().await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for index in 0..2_000_u32 {
        let id = (2 * index + 1).to_be_bytes();
        // GET / of http://x, as HPACK's static table has it, and the end of the stream.
        bytes.extend_from_slice(&[0, 0, 6, 1, 0x05]);
        bytes.extend_from_slice(&id);
        bytes.extend_from_slice(&[0x82, 0x86, 0x84, 0x01, 0x01, b'x']);
        bytes.extend_from_slice(&[0, 0, 4, 3, 0]);
        bytes.extend_from_slice(&id);
        bytes.extend_from_slice(&[0, 0, 0, 8]);
    }
    // The other side may close before it has taken everything.
    let _written = stream.write_all(&bytes).await;
    let mut received = Vec::new();
    let _reset = within(stream.read_to_end(&mut received)).await;
    let mut frames = received.as_slice();
    let mut last = None;
    while let Some((head, rest)) = frames.split_at_checked(9) {
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        last = rest
            .get(..length)
            .map(|payload| (head[3], payload.to_vec()));
        frames = rest.get(length..).unwrap_or_default();
    }
    let (kind, payload) = last.unwrap();
    assert_eq!((kind, &payload[4..8]), (GOAWAY, &ENHANCE_YOUR_CALM[..]));
    assert_eq!(gateway.chat(hello("mock/x")).await.status(), 200);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_beyond_the_limit_is_refused() {
    let gateway = TestGateway::start().await;
    let mut connection = Connection::to(&gateway).await;
    let request = Request::get(format!("{}/v1/models", gateway.url))
        .header("x-large", "a".repeat(80 * 1024))
        .body(())
        .unwrap();
    let (response, _body) = connection.calls.send_request(request, true).unwrap();
    assert_eq!(within(response).await.unwrap().status(), 431);
    drop(connection);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_reading_one_stream_loses_that_stream_alone() {
    let flood = Turn::endless(&"x".repeat(1_000)).pieces_every(Duration::from_millis(1));
    let vendor = FakeVendor::start(Script::new(Turn::chat("fine")).first(flood)).await;
    let gateway = Setup::new()
        .vendor(&vendor)
        .env("DVARA_SERVER_WRITE_TIMEOUT_MS", "400")
        .start()
        .await;
    let mut connection = Connection::to(&gateway).await;
    // Nothing is taken of it, so its window of 64 KiB fills and stays full.
    let unread = connection.chat(&gateway, &streamed("gpt-4o")).await;
    eventually("the vendor sees its answer cancelled", async || {
        (vendor.closed_early() == 1).then_some(())
    })
    .await;
    let row = &gateway.settled(1).await[0];
    assert_eq!(row["outcome"], "abandoned", "{row}");
    let fine = connection.chat(&gateway, &streamed("gpt-4o")).await;
    assert!(text(fine.into_body()).await.contains("fine"));
    let mut unread = unread.into_body();
    let end = loop {
        match within(unread.data()).await {
            Some(Ok(_)) => {}
            end => break end,
        }
    };
    assert_eq!(end.unwrap().unwrap_err().reason(), Some(Reason::CANCEL));
    drop((unread, connection));
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_end_clients_are_told_to_go_and_streams_end_as_they_should() {
    let turn = Turn::chat("one two three four five six seven eight nine ten")
        .pieces_every(Duration::from_millis(60));
    let vendor = FakeVendor::start(Script::new(Turn::endless("word ")).first(turn)).await;
    let mut gateway = Setup::new()
        .vendor(&vendor)
        .drain(DrainTiming {
            settle: Duration::from_millis(50),
            linger: Duration::from_millis(300),
            cut: Duration::from_secs(3),
            end: Duration::from_millis(3_500),
        })
        .start()
        .await;
    let mut idle = Connection::to(&gateway).await;
    drop(idle.chat(&gateway, &hello("mock/x")).await);
    let mut connection = Connection::to(&gateway).await;
    let steady = connection.chat(&gateway, &streamed("gpt-4o")).await;
    let long = connection.chat(&gateway, &streamed("gpt-4o")).await;
    let finished = tokio::spawn(gateway.take().finish());

    assert!(idle.end().await.is_ok(), "GOAWAY without an error");
    let calls = connection.calls.clone();
    eventually("new calls are turned away", async || {
        calls.clone().ready().await.is_err().then_some(())
    })
    .await;
    for answer in [&steady, &long] {
        assert!(!answer.headers().contains_key("connection"));
    }
    assert!(text(steady.into_body()).await.ends_with("data: [DONE]\n\n"));
    let long = text(long.into_body()).await;
    assert!(long.contains("gateway_shutting_down") && !long.contains("[DONE]"));
    assert!(connection.end().await.is_ok());
    finished.await.unwrap().unwrap();
    let rows = gateway.settled(3).await;
    let outcomes: Vec<_> = rows.iter().map(|row| row["outcome"].as_str()).collect();
    assert_eq!(
        outcomes
            .iter()
            .filter(|outcome| **outcome == Some("completed"))
            .count(),
        2,
        "{rows:?}"
    );
    assert!(outcomes.contains(&Some("failed")), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_answer_is_cut_for_who_does_not_read_it_and_not_for_who_reads_slowly() {
    const SIZE: usize = 2 << 20;
    let vendor = FakeVendor::start(Script::new(Turn::chat(&"x".repeat(SIZE)))).await;
    let gateway = Setup::new()
        .vendor(&vendor)
        .env("DVARA_SERVER_WRITE_TIMEOUT_MS", "1000")
        .start()
        .await;
    let mut connection = Connection::to(&gateway).await;
    let unread = connection.chat(&gateway, &hello("gpt-4o")).await;
    let slow = connection.chat(&gateway, &hello("gpt-4o")).await;
    assert!(slow.headers().contains_key("content-length"));
    let (mut slow, mut received) = (slow.into_body(), 0);
    let began = Instant::now();
    while let Some(data) = within(slow.data()).await {
        let length = data.unwrap().len();
        received += length;
        // Some 1 MiB/s: two seconds in all, twice the bound on standing still.
        tokio::time::sleep(Duration::from_secs_f64(length as f64 / 1_000_000.0)).await;
        slow.flow_control().release_capacity(length).unwrap();
    }
    assert!(received > SIZE);
    assert!(began.elapsed() > Duration::from_millis(1_500));
    let mut unread = unread.into_body();
    let end = loop {
        match within(unread.data()).await {
            Some(Ok(_)) => {}
            end => break end,
        }
    };
    assert_eq!(end.unwrap().unwrap_err().reason(), Some(Reason::CANCEL));
    drop((unread, slow, connection));
    gateway.finish().await;
}
