//! What arrived on a connection and has not been answered.

use std::time::Duration;

use memchr::memmem;

use super::INTERVAL_MARK;
use crate::wire::{BodyDecoder, Endpoint, Framing, WireError, request_head};

/// A request, as far as it decides the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) endpoint: Endpoint,
    /// The path asks for a stream, or the body has `"stream": true`.
    pub(super) stream: bool,
    /// The body has `"include_usage": true`.
    pub(super) include_usage: bool,
    /// Pause between chunks that the body asks for.
    pub(super) interval: Option<Duration>,
    /// The client will not send another request on this connection.
    pub(super) closes: bool,
}

/// Bytes of a connection, cut into requests.
pub(super) struct Inbox {
    bytes: Vec<u8>,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::with_capacity(16 * 1024),
        }
    }

    /// Where read bytes are appended; there is always room for some.
    pub(super) fn room(&mut self) -> &mut Vec<u8> {
        self.bytes.reserve(4 * 1024);
        &mut self.bytes
    }

    /// Takes the next whole request out; `None` when more bytes are needed.
    pub(super) fn next(&mut self) -> Result<Option<Asked>, WireError> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let Some(head) = request_head(&self.bytes)? else {
            return Ok(None);
        };
        let wire = &self.bytes[head.size..];
        let (size, body): (usize, std::borrow::Cow<'_, [u8]>) = match head.framing {
            Framing::Length(length) => {
                let length = usize::try_from(length).map_err(|_| WireError::ContentLength)?;
                if wire.len() < length {
                    return Ok(None);
                }
                (length, wire[..length].into())
            }
            Framing::Chunked | Framing::UntilClose => {
                // Decoded anew with every piece; none of the measured clients sends chunks.
                let mut decoder = BodyDecoder::new(Framing::Chunked);
                let mut content = Vec::new();
                let size = decoder.push(wire, |piece| content.extend_from_slice(piece))?;
                if !decoder.is_done() {
                    return Ok(None);
                }
                (size, content.into())
            }
        };
        let by_path = matches!(head.endpoint, Endpoint::Chat(_, true));
        let stream = by_path || is_true(&body, b"\"stream\"");
        let asked = Asked {
            endpoint: head.endpoint,
            stream,
            include_usage: stream && is_true(&body, b"\"include_usage\""),
            interval: if stream { interval(&body) } else { None },
            closes: head.closes,
        };
        let end = head.size + size;
        if end == self.bytes.len() {
            self.bytes.clear()
        } else {
            drop(self.bytes.drain(..end))
        }
        Ok(Some(asked))
    }
}

/// Whether the first `key` is followed by `true`. Not a JSON parser: the bench writes the bodies itself.
fn is_true(body: &[u8], key: &[u8]) -> bool {
    let Some(at) = memmem::find(body, key) else {
        return false;
    };
    let rest = body[at + key.len()..].trim_ascii_start();
    rest.strip_prefix(b":")
        .is_some_and(|value| value.trim_ascii_start().starts_with(b"true"))
}

fn interval(body: &[u8]) -> Option<Duration> {
    let at = memmem::find(body, INTERVAL_MARK.as_bytes())? + INTERVAL_MARK.len();
    let digits = body[at..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let micros = std::str::from_utf8(&body[at..at + digits])
        .ok()?
        .parse()
        .ok()?;
    Some(Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &str) -> Vec<u8> {
        format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into()
    }

    #[test]
    fn a_request_in_two_pieces_is_one_request() {
        let wire = request(r#"{"model":"m","stream" : true}"#);
        for cut in 1..wire.len() {
            let mut inbox = Inbox::new();
            inbox.room().extend_from_slice(&wire[..cut]);
            assert_eq!(inbox.next(), Ok(None), "cut at {cut}");
            inbox.room().extend_from_slice(&wire[cut..]);
            let asked = inbox.next().unwrap().unwrap();
            assert!(asked.stream && !asked.include_usage, "cut at {cut}");
            assert_eq!(inbox.next(), Ok(None));
        }
    }

    #[test]
    fn requests_in_one_piece_are_answered_in_turn() {
        let mut inbox = Inbox::new();
        inbox.room().extend_from_slice(&request(
            r#"{"stream":true,"stream_options":{"include_usage":true}}"#,
        ));
        inbox
            .room()
            .extend_from_slice(&request(r#"{"stream":false}"#));
        let first = inbox.next().unwrap().unwrap();
        assert!(first.stream && first.include_usage);
        assert!(!inbox.next().unwrap().unwrap().stream);
        assert_eq!(inbox.next(), Ok(None));
    }

    #[test]
    fn chunked_requests_are_understood() {
        let mut inbox = Inbox::new();
        inbox.room().extend_from_slice(
            b"POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"stream\r\n7\r\n\":true}\r\n0\r\n\r\n",
        );
        assert!(inbox.next().unwrap().unwrap().stream);
    }

    #[test]
    fn the_interval_comes_from_the_body() {
        let mut inbox = Inbox::new();
        inbox.room().extend_from_slice(&request(
            r#"{"stream":true,"content":"bench-interval-us-5000 A"}"#,
        ));
        assert_eq!(
            inbox.next().unwrap().unwrap().interval,
            Some(Duration::from_millis(5))
        );
    }
}
