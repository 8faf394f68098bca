//! Bounds on what a client may do to a connection before, beside and after its calls.

use std::time::Duration;

/// Bounds on connections and heads. Those on bodies are the plane's.
#[derive(Debug, Clone, Copy)]
pub struct HttpLimits {
    /// How long a connection may take for its next head, idle time included. Longer than the 60 s after which load balancers
    /// drop an idle connection, so that it is not we who cut one that is about to be used. A head that trickles in does not
    /// prolong it.
    pub head_timeout: Duration,
    /// How long a client may take nothing of what is there for it. One that reads slowly is not cut.
    pub write_timeout: Duration,
    /// When an HTTP/2 connection is told to go away, so that one busy connection of an ingress does not stay on one core. What
    /// runs on it ends in its own time.
    pub connection_age: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(60),
            connection_age: Duration::from_secs(300),
        }
    }
}

/// Largest head, in bytes; beyond it the answer is 431.
pub(super) const HEAD_SIZE: u32 = 64 * 1024;
/// Most headers in a head of HTTP/1.
pub(super) const HEADERS: usize = 100;
/// How long a TLS handshake may take.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(10);
/// Calls that one HTTP/2 connection may have open.
pub(super) const STREAMS: u32 = 100;
/// How much of an answer is held for an HTTP/2 stream whose client does not take it.
pub(super) const STREAM_BUFFER: usize = 64 * 1024;
/// How often an HTTP/2 connection is asked whether it still lives, and how long it has for a word.
pub(super) const PING: Duration = Duration::from_secs(30);
/// See [`PING`].
pub(super) const PONG: Duration = Duration::from_secs(20);
