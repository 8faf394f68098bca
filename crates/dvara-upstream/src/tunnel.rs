//! `CONNECT`: asking a proxy for a tunnel to an origin (RFC 9110, section 9.3.6).

use http::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::error::UpstreamError;
use crate::origin::Origin;
use crate::proxy::Proxy;

/// Largest head of a proxy's answer, in bytes.
const MAX_HEAD: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;

/// Asks for the tunnel. Afterwards the stream leads to the origin.
pub(crate) async fn open<S>(
    stream: &mut S,
    proxy: &Proxy,
    origin: &Origin,
) -> Result<(), UpstreamError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let broken = |source| UpstreamError::Tunnel {
        proxy: proxy.to_string(),
        origin: origin.to_string(),
        source,
    };
    stream
        .write_all(&request(proxy, origin))
        .await
        .map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let status = read_status(stream).await.map_err(broken)?;
    if status.is_success() {
        return Ok(());
    }
    Err(UpstreamError::ProxyRefused {
        proxy: proxy.to_string(),
        origin: origin.to_string(),
        status,
    })
}

fn request(proxy: &Proxy, origin: &Origin) -> Vec<u8> {
    let target = origin.host_and_port();
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(authorization) = proxy.authorization() {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(authorization.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request
}

async fn read_status(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<StatusCode> {
    let mut head = Vec::with_capacity(512);
    loop {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                "it closed the connection before it answered",
            ));
        }
        if let Some((status, length)) = parse(&head)? {
            // Behind a refusal comes its page. Through a tunnel nobody speaks before we do.
            if status.is_success() && length < head.len() {
                return Err(invalid("it sent more than an answer to CONNECT"));
            }
            return Ok(status);
        }
        if head.len() >= MAX_HEAD {
            return Err(invalid("the head of its answer is too large"));
        }
    }
}

/// The status and the length of a whole head; `None` while there is more to come.
fn parse(head: &[u8]) -> std::io::Result<Option<(StatusCode, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let no_http = |_| invalid("its answer is no HTTP");
    match response.parse(head).map_err(no_http)? {
        httparse::Status::Partial => Ok(None),
        httparse::Status::Complete(length) => {
            let code = response.code.unwrap_or_default();
            let status =
                StatusCode::from_u16(code).map_err(|_| invalid("its answer is no HTTP"))?;
            Ok(Some((status, length)))
        }
    }
}

fn invalid(reason: &'static str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, reason)
}
