//! How a new connection finds out what its client speaks, before anything is set up for it.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

use super::limits::HANDSHAKE;
use super::transport::{Socket, Transport};
use crate::tls::ListenerTls;

/// What an HTTP/2 client says first, also without TLS (RFC 9113 §3.3 and §3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long to wait for more when only a part of the preface has come. Doubled each time, up to [`LONGEST_PAUSE`]: a socket
/// with bytes that nobody takes is always ready.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The protocols we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// Reads, without taking them, as many bytes as it needs to know which protocol they are. `None`: the client left before.
pub(super) async fn protocol_of(socket: &Socket) -> io::Result<Option<Protocol>> {
    let stream: &TcpStream = socket.stream();
    let mut buffer = [0_u8; PREFACE.len()];
    let mut pause = FIRST_PAUSE;
    loop {
        let length = stream.peek(&mut buffer).await?;
        if length == 0 {
            return Ok(None);
        }
        if !PREFACE.starts_with(&buffer[..length]) {
            return Ok(Some(Protocol::Http1));
        }
        if length == PREFACE.len() {
            return Ok(Some(Protocol::Http2));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Shakes hands; what is spoken inside is agreed upon with it. `limit` is how long a connection may wait for its first head.
pub(super) async fn secured(
    socket: Socket,
    tls: &ListenerTls,
    limit: Duration,
) -> io::Result<(Transport, Protocol)> {
    let stream = tokio::time::timeout(limit.min(HANDSHAKE), tls.accept(socket)).await??;
    let protocol = match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => Protocol::Http2,
        Some(_) | None => Protocol::Http1,
    };
    Ok((Transport::Tls(Box::new(stream)), protocol))
}
