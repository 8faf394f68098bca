//! HTTP/1.1 without TLS, as far as commands need it to ask a service of ours.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use anyhow::{Context as _, bail};

/// A server, and what is asked of it.
pub(super) struct Server {
    pub(super) stream: TcpStream,
    /// For `Host`.
    pub(super) authority: String,
    pub(super) path: String,
}

/// Connects to the server of an `http://` address.
pub(super) fn connect(url: &str, limit: Duration) -> anyhow::Result<Server> {
    let Some(rest) = url.strip_prefix("http://") else {
        bail!("`{url}` does not start with http://");
    };
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/"),
    };
    let with_port = if authority.contains(':') {
        authority.to_owned()
    } else {
        format!("{authority}:80")
    };
    let address = with_port
        .to_socket_addrs()
        .with_context(|| format!("`{authority}` is no address"))?
        .next();
    let address = address.with_context(|| format!("`{authority}` has no address"))?;
    let stream = TcpStream::connect_timeout(&address, limit)
        .with_context(|| format!("connect to {address}"))?;
    stream.set_read_timeout(Some(limit))?;
    Ok(Server {
        stream,
        authority: authority.to_owned(),
        path: path.to_owned(),
    })
}

/// The status at the beginning of an answer.
pub(super) fn status(answer: &[u8]) -> anyhow::Result<u16> {
    let digits = answer
        .strip_prefix(b"HTTP/1.1 ")
        .and_then(|rest| std::str::from_utf8(rest.get(..3)?).ok());
    let status = digits.and_then(|digits| digits.parse().ok());
    status.context("the answer is not HTTP/1.1")
}
