use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};

use http::HeaderMap;
use serde_json::{Value, json};
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::*;
use crate::background::Background;
use crate::settings::OtlpSettings;

/// A writer that keeps what was logged.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn json(&self) -> Vec<Value> {
        let text = self.text();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn settings(json: bool, otlp: Option<OtlpSettings>) -> TelemetrySettings {
    TelemetrySettings {
        json,
        levels: Targets::new().with_default(LevelFilter::INFO),
        otlp,
    }
}

fn logging(
    settings: &TelemetrySettings,
    background: &Background,
) -> (Kept, Dispatch, TelemetryGuard) {
    let kept = Kept::default();
    let writer = kept.clone();
    let (dispatch, guard, trouble) =
        build("dvara-test", settings, &background.handle(), move || {
            writer.clone()
        });
    assert_eq!(trouble, None);
    (kept, dispatch, guard)
}

/// A collector: takes one request, answers 200, hands over its head and body.
fn collector() -> (String, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let (sent, received) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let request = take_request(&mut stream.unwrap());
            if sent.send(request).is_err() {
                return;
            }
        }
    });
    (endpoint, received)
}

fn take_request(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8(bytes[..end].to_vec())
                .unwrap()
                .to_lowercase();
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            if bytes.len() >= end + 4 + length {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                stream.write_all(answer).unwrap();
                return (head, bytes.split_off(end + 4));
            }
        }
        let read = stream.read(&mut chunk).unwrap();
        assert_ne!(read, 0, "the request was cut off");
        bytes.extend_from_slice(&chunk[..read]);
    }
}

fn contains(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn json_lines_hold_the_fields_flat() {
    let background = Background::start().unwrap();
    let (kept, dispatch, _guard) = logging(&settings(true, None), &background);
    let error = io::Error::other("disk is full");
    dispatcher::with_default(&dispatch, || {
        tracing::info!(
            target: "dvara_test",
            {
                tenant.id = "ten_1",
                duration_ms = 1.5,
                bad = f64::NAN,
                tokens = 3_u64,
                delta = -2,
                stream = true,
                shown = %"a\"b\\c\n\u{1}ü",
                level = "of its own",
                error = &error as &dyn std::error::Error
            },
            "one {} line",
            "log"
        );
        tracing::debug!("below the level");
    });
    let mut lines = kept.json();
    let line = lines.pop().unwrap();
    assert!(lines.is_empty());
    let stamp = line["timestamp"].as_str().unwrap();
    assert_eq!(stamp.len(), "2026-01-01T00:00:00.000Z".len());
    assert!(chrono::DateTime::parse_from_rfc3339(stamp).is_ok() && stamp.ends_with('Z'));
    let mut expected = json!({
        "level": "INFO", "service": "dvara-test", "target": "dvara_test", "message": "one log line",
        "tenant.id": "ten_1", "duration_ms": 1.5, "bad": null, "tokens": 3, "delta": -2, "stream": true,
        "shown": "a\"b\\c\n\u{1}ü", "field.level": "of its own", "error": "disk is full",
    });
    expected["timestamp"] = stamp.into();
    assert_eq!(line, expected);
}

#[test]
fn plain_lines_are_for_people() {
    let background = Background::start().unwrap();
    let (kept, dispatch, _guard) = logging(&settings(false, None), &background);
    dispatcher::with_default(
        &dispatch,
        || tracing::info!(target: "dvara_test", port = 8080, "listening"),
    );
    let text = kept.text();
    assert!(
        text.ends_with(" INFO dvara_test: listening port=8080\n"),
        "{text}"
    );
}

#[test]
fn nothing_is_traced_without_a_collector() {
    let background = Background::start().unwrap();
    let (_, dispatch, guard) = logging(&settings(true, None), &background);
    assert!(guard.provider.is_none());
    dispatcher::with_default(&dispatch, || {
        let span = tracing::info_span!(target: "dvara_test", "gateway.provider.chat");
        assert!(span.is_disabled());
        assert_eq!(trace_id(&span), None);
        follow(&span, &HeaderMap::new());
    });
}

#[test]
fn spans_arrive_at_the_collector() {
    let (endpoint, received) = collector();
    let background = Background::start().unwrap();
    let otlp = OtlpSettings {
        endpoint,
        headers: vec![(
            "authorization".to_owned(),
            dvara_crypto::Secret::new("Basic%20abc".to_owned()),
        )],
        sampling: 1.0,
    };
    let (kept, dispatch, guard) = logging(&settings(true, Some(otlp)), &background);
    let id = dispatcher::with_default(&dispatch, || {
        let span =
            tracing::info_span!(target: "dvara_test", "gateway.provider.chat", model = "mock/echo");
        let foreign = tracing::info_span!(target: "hyper", "connection");
        assert!(foreign.is_disabled());
        let entered = span.enter();
        tracing::info!(target: "dvara_test", "inside");
        drop(entered);
        trace_id(&span).unwrap()
    });
    drop(guard);
    let (head, body) = received.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
    assert!(
        head.contains("content-type: application/x-protobuf"),
        "{head}"
    );
    assert!(head.contains("authorization: basic abc"), "{head}");
    for text in [
        "gateway.provider.chat",
        "mock/echo",
        "dvara-test",
        "service.version",
    ] {
        assert!(contains(&body, text), "{text}");
    }
    assert_eq!(id.len(), 32);
    assert_eq!(kept.json()[0]["trace_id"], id.as_str());
}

#[test]
fn trace_of_a_caller_is_continued_with_its_decision() {
    let background = Background::start().unwrap();
    let otlp = OtlpSettings {
        endpoint: "http://127.0.0.1:9/v1/traces".to_owned(),
        headers: Vec::new(),
        sampling: 0.0,
    };
    let (_, dispatch, _guard) = logging(&settings(true, Some(otlp)), &background);
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    let headers = HeaderMap::from_iter([(
        http::HeaderName::from_static("traceparent"),
        http::HeaderValue::from_static(parent),
    )]);
    dispatcher::with_default(&dispatch, || {
        let span = tracing::info_span!(target: "dvara_test", "gateway.provider.chat");
        follow(&span, &headers);
        assert_eq!(
            trace_id(&span).as_deref(),
            Some("4bf92f3577b34da6a3ce929d0e0e4736")
        );
    });
}

#[test]
fn sampling_probability_is_honoured() {
    let (endpoint, received) = collector();
    let background = Background::start().unwrap();
    let otlp = OtlpSettings {
        endpoint,
        headers: Vec::new(),
        sampling: 0.0,
    };
    let (_, dispatch, guard) = logging(&settings(true, Some(otlp)), &background);
    dispatcher::with_default(&dispatch, || {
        for _ in 0..50 {
            tracing::info_span!(target: "dvara_test", "gateway.provider.chat").in_scope(|| {});
        }
    });
    drop(guard);
    assert!(received.recv_timeout(Duration::from_millis(200)).is_err());
}

#[test]
fn collector_that_is_away_loses_spans_and_nothing_else() {
    let background = Background::start().unwrap();
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let otlp = OtlpSettings {
        endpoint: format!("http://{closed}/v1/traces"),
        headers: Vec::new(),
        sampling: 1.0,
    };
    let (_, dispatch, guard) = logging(&settings(true, Some(otlp)), &background);
    dispatcher::with_default(&dispatch, || {
        tracing::info_span!(target: "dvara_test", "gateway.provider.chat").in_scope(|| {});
    });
    let start = std::time::Instant::now();
    drop(guard);
    assert!(
        start.elapsed() < FLUSH + Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
}
