//! A fresh connection: addresses in turn, TCP, TLS where the origin asks for it, HTTP/1.1.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::error::UpstreamError;
use crate::origin::Origin;
use crate::resolver::Resolver;

/// What it takes to open connections; shared by all pools of a core.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) resolver: Resolver,
    pub(crate) tls: Arc<ClientConfig>,
}

impl Connector {
    /// A connection on which nothing has been sent yet. Its task runs until either side closes it.
    pub(crate) async fn open(
        self: Rc<Self>,
        origin: Origin,
        limit: Duration,
    ) -> Result<SendRequest<Full<Bytes>>, UpstreamError> {
        let timed_out = UpstreamError::ConnectTimeout {
            origin: origin.to_string(),
            limit_ms: limit.as_millis(),
        };
        tokio::time::timeout(limit, self.open_unbounded(&origin))
            .await
            .map_err(|_| timed_out)?
    }

    async fn open_unbounded(
        &self,
        origin: &Origin,
    ) -> Result<SendRequest<Full<Bytes>>, UpstreamError> {
        let stream = self.tcp(origin).await?;
        if !origin.is_tls() {
            return handshake(origin, stream).await;
        }
        let refused = |source| UpstreamError::Tls {
            origin: origin.to_string(),
            source,
        };
        let name = ServerName::try_from(origin.host().to_owned()).map_err(|error| {
            refused(std::io::Error::new(std::io::ErrorKind::InvalidInput, error))
        })?;
        let stream = TlsConnector::from(self.tls.clone())
            .connect(name, stream)
            .await
            .map_err(refused)?;
        handshake(origin, stream).await
    }

    async fn tcp(&self, origin: &Origin) -> Result<TcpStream, UpstreamError> {
        let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
        for address in self.resolver.addresses(origin).await? {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    stream
                        .set_nodelay(true)
                        .map_err(|source| UpstreamError::Connect {
                            origin: origin.to_string(),
                            source,
                        })?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(UpstreamError::Connect {
            origin: origin.to_string(),
            source: last,
        })
    }
}

async fn handshake<S>(origin: &Origin, stream: S) -> Result<SendRequest<Full<Bytes>>, UpstreamError>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|source| UpstreamError::Exchange {
            origin: origin.to_string(),
            source,
        })?;
    tokio::task::spawn_local(async move {
        // How a connection ends is told to whoever waits for its answer; there is nobody else to tell.
        let _ended = connection.await;
    });
    Ok(sender)
}
