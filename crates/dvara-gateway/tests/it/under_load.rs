//! The end of a gateway while many clients call it, each over a bare socket, so that nothing is tried again unseen.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use dvara_service::drain::DrainTiming;
use dvara_testkit::eventually;
use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Setup, TestGateway, hello, streamed};

/// Half of them keep their connections, half make one for each call; and half stream.
const CLIENTS: usize = 48;

/// A client, as it calls.
#[derive(Debug, Clone, Copy)]
struct Habit {
    streams: bool,
    keeps_alive: bool,
}

/// A call as bytes.
fn request(gateway: &TestGateway, call: &Value, keeps_alive: bool) -> Vec<u8> {
    let body = call.to_string();
    let connection = if keeps_alive { "keep-alive" } else { "close" };
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: {connection}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        gateway.key,
        body.len()
    )
    .into_bytes()
}

/// Sends a call and reads its answer to the end; anything but a whole answer is an error.
async fn exchange(stream: &mut TcpStream, request: &[u8]) -> io::Result<String> {
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            let text = String::from_utf8_lossy(&answer).into_owned();
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
        }
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let announced = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let whole = match announced {
            Some(length) => body.len() >= length.parse().unwrap(),
            None => body.ends_with("0\r\n\r\n"),
        };
        if whole {
            return Ok(text.into_owned());
        }
    }
}

/// What all clients know of the gateway, and what became of their calls.
struct Load {
    address: SocketAddr,
    /// It has been told to end.
    told: AtomicBool,
    /// Somebody has seen that it ends; from there on everybody must.
    seen: AtomicBool,
    answered: AtomicUsize,
    /// Connections that would have stayed open.
    turned_away: AtomicUsize,
}

impl Load {
    /// Calls again and again until the gateway turns the client away: by a closed port, or by `Connection: close`.
    async fn client(self: Arc<Self>, request: Vec<u8>, habit: Habit) {
        loop {
            let mut stream = match TcpStream::connect(self.address).await {
                Ok(stream) => stream,
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused, "{habit:?}");
                    assert!(self.told.load(SeqCst), "{habit:?}: closed before its time");
                    return;
                }
            };
            while self.call(&mut stream, &request, habit).await {}
        }
    }

    /// One call; whether the connection may be used for another.
    async fn call(&self, stream: &mut TcpStream, request: &[u8], habit: Habit) -> bool {
        let late = self.seen.load(SeqCst);
        let answer = exchange(stream, request).await;
        let answer = answer.unwrap_or_else(|error| panic!("{habit:?}, late {late}: {error}"));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{habit:?}: {answer}");
        assert_eq!(habit.streams, answer.contains("data: [DONE]"), "{answer}");
        self.answered.fetch_add(1, SeqCst);
        let closes = answer.contains("\r\nconnection: close\r\n");
        if habit.keeps_alive && closes {
            self.turned_away.fetch_add(1, SeqCst);
            assert!(
                self.told.load(SeqCst),
                "{habit:?}: turned away before its time"
            );
            self.seen.store(true, SeqCst);
        }
        assert!(closes || !late, "{habit:?}: {answer}");
        !closes
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_under_load_is_answered_and_told_to_close() {
    let quick = Turn::chat("one two three").pieces_every(Duration::from_millis(5));
    let steady = Turn::chat("one two three four five six seven eight nine ten");
    let steady = steady.pieces_every(Duration::from_millis(100));
    let quick = FakeVendor::start(Script::new(quick).first(steady)).await;
    let endless = FakeVendor::start(Script::new(Turn::endless("word "))).await;
    let mut gateway = Setup::new()
        .vendor(&quick)
        .env("OLLAMA_ENABLED", "true")
        .env("OLLAMA_BASE_URL", endless.url())
        .env("DVARA_CORES", "2")
        .drain(DrainTiming {
            settle: Duration::from_millis(100),
            linger: Duration::from_secs(2),
            cut: Duration::from_secs(4),
            end: Duration::from_millis(4_500),
        })
        .start()
        .await;
    // One stream that ends in time, one that never would.
    let mut steady = gateway.chat(streamed("gpt-4o")).await;
    assert!(steady.chunk().await.unwrap().is_some());
    let mut long = gateway.chat(streamed("ollama/x")).await;
    assert!(long.chunk().await.unwrap().is_some());

    let load = Arc::new(Load {
        address: gateway.address,
        told: AtomicBool::new(false),
        seen: AtomicBool::new(false),
        answered: AtomicUsize::new(0),
        turned_away: AtomicUsize::new(0),
    });
    let mut clients = Vec::new();
    for index in 0..CLIENTS {
        let habit = Habit {
            streams: index % 2 == 0,
            keeps_alive: index % 4 < 2,
        };
        let call = if habit.streams {
            streamed("gpt-4o")
        } else {
            hello("gpt-4o")
        };
        let request = request(&gateway, &call, habit.keeps_alive);
        clients.push(tokio::spawn(load.clone().client(request, habit)));
    }
    eventually("all clients are at it", async || {
        (load.answered.load(SeqCst) > 300).then_some(())
    })
    .await;
    load.told.store(true, SeqCst);
    let finished = tokio::spawn(gateway.take().finish());

    for client in clients {
        client.await.unwrap();
    }
    let turned_away = load.turned_away.load(SeqCst);
    assert!(turned_away >= CLIENTS / 2, "{turned_away}");
    assert!(steady.text().await.unwrap().contains("data: [DONE]"));
    let long = long.text().await.unwrap();
    assert!(long.contains("gateway_shutting_down") && !long.contains("[DONE]"));
    finished.await.unwrap().unwrap();
    let chats = gateway.database.usage().await;
    let chats = chats
        .iter()
        .filter(|row| row["endpoint"] == "chat_completions");
    assert_eq!(
        chats.count(),
        load.answered.load(SeqCst) + 2,
        "each call has its row"
    );
}
