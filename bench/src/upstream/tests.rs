//! The upstream and the load generator against each other, over a real socket.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use super::*;

/// Serves on a thread that ends with the test process.
fn start(sse_chunks: usize) -> SocketAddr {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())
            .unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            let answers = Rc::new(Answers::new(600, sse_chunks));
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let answers = Rc::clone(&answers);
                tokio::task::spawn_local(async move {
                    let _ = converse(stream, &answers, Duration::ZERO).await;
                });
            }
        });
    });
    receiver.recv().unwrap()
}

fn load(address: SocketAddr, extra: &[&str]) -> serde_json::Value {
    use clap::Parser;
    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: crate::load::Options,
    }
    let url = format!("http://{address}");
    let fixed = [
        "load",
        "--url",
        &url,
        "--duration",
        "0.2",
        "--connections",
        "3",
    ];
    let options = Line::parse_from(fixed.iter().chain(extra)).options;
    serde_json::to_value(crate::load::measure(&options).unwrap()).unwrap()
}

#[test]
fn json_calls_on_kept_connections() {
    let report = load(start(5), &["--expect-bytes", "600"]);
    assert_eq!(report["errors"], serde_json::json!({}));
    assert!(report["status"]["200"].as_u64().unwrap() > 30, "{report}");
    assert_eq!(report["connects"], 3);
}

#[test]
fn streamed_calls_are_counted_event_by_event() {
    let report = load(start(5), &["--stream", "--expect-events", "6"]);
    assert_eq!(report["errors"], serde_json::json!({}));
    let calls = report["status"]["200"].as_u64().unwrap();
    assert!(calls > 10, "{report}");
    assert_eq!(report["events_read"], calls * 6);
}

#[test]
fn paced_stream_takes_its_time() {
    let report = load(start(5), &["--stream", "--interval-us", "4000"]);
    let p50 = report["latency_us"]["p50"].as_f64().unwrap();
    assert!(p50 > 5.0 * 4_000.0, "{report}");
    assert!(
        report["first_byte_us"]["p50"].as_f64().unwrap() < p50 / 2.0,
        "{report}"
    );
}

#[test]
fn open_loop_makes_the_calls_that_are_due() {
    let report = load(start(5), &["--rate", "300"]);
    assert_eq!(report["errors"], serde_json::json!({}));
    assert_eq!(report["requests"], 60);
    assert_eq!(report["mode"], "open");
}

#[test]
fn a_wrong_answer_is_an_error_and_not_a_figure() {
    let report = load(start(5), &["--expect-bytes", "601"]);
    assert_eq!(report["requests"], 0);
    assert!(
        report["errors"]["incomplete"].as_u64().unwrap() > 0,
        "{report}"
    );
    let report = load(start(5), &["--stream", "--expect-events", "7"]);
    assert!(
        report["errors"]["incomplete"].as_u64().unwrap() > 0,
        "{report}"
    );
}

#[test]
fn models_and_unknown_paths() {
    let mut stream = TcpStream::connect(start(5)).unwrap();
    stream
        .write_all(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 200 OK\r\n");
    stream
        .write_all(b"GET /nothing HTTP/1.1\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    assert!(
        rest.contains("gpt-4o-mini") && rest.contains("HTTP/1.1 404"),
        "{rest}"
    );
}
