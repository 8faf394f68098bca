use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use dvara_dialects::head::{Head, Token, check_media_types};
use dvara_dialects::path::{LLM, Plane, plane};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Request, Response, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;

/// How often a connection may be woken for an input. One that needs more waits for something that will not come.
const MOST_POLLS: usize = 100_000;

/// What a client sends on one connection, then nothing more.
pub fn check(data: &[u8]) {
    let seen = RefCell::new(0_usize);
    let service = service_fn(|request: Request<Incoming>| {
        let seen = &seen;
        async move {
            let (parts, body) = request.into_parts();
            holds(&parts);
            let body = body.collect().await.map(|body| body.to_bytes());
            frames(&parts, body.ok().as_ref());
            *seen.borrow_mut() += 1;
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }
    });
    let wire = Wire {
        unread: data,
        written: 0,
    };
    // As the listener sets it (dvara-service, cores).
    let connection = http1::Builder::new()
        .max_header_size(64 * 1024)
        .max_headers(100)
        .serve_connection(wire, service);
    let mut connection = pin!(connection);
    let mut context = Context::from_waker(Waker::noop());
    let ended = (0..MOST_POLLS).any(|_| connection.as_mut().poll(&mut context).is_ready());
    assert!(ended, "the connection waits for ever");
}

/// What must hold for each head that is let in.
fn holds(parts: &Parts) {
    for value in parts.headers.values() {
        let harmless = |byte: &u8| !matches!(byte, b'\r' | b'\n' | 0);
        assert!(value.as_bytes().iter().all(harmless), "a folded header");
    }
    let ours = "0".repeat(32);
    let head = Head::of(&parts.headers, || ours.clone());
    for id in [Some(&head.trace_id), head.session_id.as_ref()]
        .into_iter()
        .flatten()
    {
        let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        assert!((1..=128).contains(&id.len()) && id.bytes().all(harmless));
    }
    key(&parts.headers, &head.token);
    if check_media_types(&parts.headers).is_ok() {
        let said = parts.headers.get(CONTENT_TYPE).expect("it was looked at");
        assert!(
            said.as_bytes()
                .to_ascii_lowercase()
                .windows(4)
                .any(|part| part == b"json")
        );
    }
    path(parts.uri.path());
}

fn key(headers: &HeaderMap, token: &Token) {
    let authorizations = headers.get_all(AUTHORIZATION).iter().count();
    let keys = headers.get_all("x-api-key").iter().count();
    match token {
        Token::Missing => assert_eq!((authorizations, keys), (0, 0)),
        Token::Unusable => assert!(authorizations + keys > 0),
        Token::Shown(key) => {
            assert!(authorizations <= 1, "one of several keys was chosen");
            assert!(!key.is_empty() && key.trim() == key);
            let came_in = |value: &http::HeaderValue| {
                value
                    .to_str()
                    .is_ok_and(|value| value.contains(key.as_str()))
            };
            let bearer = headers.get(AUTHORIZATION).is_some_and(came_in);
            assert!(bearer || (keys == 1 && headers.get("x-api-key").is_some_and(came_in)));
        }
    }
}

/// A path that some server reads as one below `/v1/` needs a key, and only its one spelling is served.
fn path(path: &str) {
    let found = plane(LLM, path);
    if let Plane::Governed(rest) = found {
        assert!(path == "/v1" || path.strip_prefix("/v1/") == Some(rest));
        assert!(!rest.contains(['%', ';', '\\']) && !path.contains("//"));
        assert!(
            !rest
                .split('/')
                .any(|segment| segment == "." || segment == "..")
        );
    }
    let mut read = path.as_bytes().to_vec();
    for _ in 0..3 {
        if first_segment(&read).eq_ignore_ascii_case(b"v1") {
            assert!(found != Plane::Elsewhere, "{path:?} walks around the key");
        }
        read = unescape(&read);
    }
}

/// The first segment that says something, as servers read it that know parameters and backslashes.
fn first_segment(path: &[u8]) -> &[u8] {
    path.split(|byte| matches!(byte, b'/' | b'\\'))
        .map(|segment| {
            segment
                .split(|byte| *byte == b';')
                .next()
                .unwrap_or_default()
        })
        .find(|segment| !matches!(*segment, b"" | b"." | b".."))
        .unwrap_or_default()
}

fn unescape(path: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::with_capacity(path.len());
    let mut at = 0;
    while at < path.len() {
        match (path[at], digit(path.get(at + 1)), digit(path.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    bytes
}

/// A request that two servers would end at different places is a request within a request.
fn frames(parts: &Parts, body: Option<&Bytes>) {
    let chunked = parts.headers.contains_key(TRANSFER_ENCODING);
    assert!(!chunked || parts.version == Version::HTTP_11);
    let mut lengths = parts.headers.get_all(CONTENT_LENGTH).iter();
    let length = lengths.next();
    assert!(lengths.all(|other| Some(other) == length), "two lengths");
    if let (Some(length), Some(body), false) = (length, body, chunked) {
        // Digits and nothing else; leading zeros are allowed (RFC 9110 §8.6).
        assert!(length.as_bytes().iter().all(u8::is_ascii_digit));
        let length = length.to_str().ok().and_then(|text| text.parse().ok());
        assert_eq!(length, Some(body.len()));
    }
    if let (None, Some(body), false) = (length, body, chunked) {
        assert!(body.is_empty(), "a body that nothing announces");
    }
}

/// The client's end: everything it has to say is there at once.
struct Wire<'a> {
    unread: &'a [u8],
    written: usize,
}

impl Read for Wire<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut room: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let (now, later) = self
            .unread
            .split_at(self.unread.len().min(room.remaining()));
        room.put_slice(now);
        self.unread = later;
        Poll::Ready(Ok(()))
    }
}

impl Write for Wire<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written += bytes.len();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
