//! A fresh connection: addresses in turn, TCP, a proxy where there is one, TLS where the origin asks for it, HTTP.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::{Step, UpstreamError};
use crate::http2;
use crate::open::OpenCount;
use crate::origin::Origin;
use crate::pool::{Http1, Pool, PoolLimits};
use crate::proxy::Proxy;
use crate::resolver::Resolver;
use crate::tls::{TlsClient, chose_http2};
use crate::tunnel;

/// How long a connection may be silent before its peer's kernel is asked whether it is there, and how long for an answer.
const SILENCE: Duration = Duration::from_secs(15);
/// How often it is asked.
const PROBES: u32 = 3;

/// What it takes to open connections; shared by all pools of a core.
pub(crate) struct Connector {
    pub(crate) resolver: Resolver,
    pub(crate) tls: TlsClient,
    pub(crate) limits: PoolLimits,
    pub(crate) open: OpenCount,
    pub(crate) ages: Ages,
}

/// Gives connections their ages, each an eighth of a quarter less than the one before: what was made at once, as after a vendor's
/// restart, is not made anew at once.
#[derive(Default)]
pub(crate) struct Ages(Cell<u32>);

impl Ages {
    fn next(&self, max_age: Duration) -> Duration {
        let step = self.0.get();
        self.0.set((step + 1) % 8);
        max_age - max_age / 32 * step
    }
}

/// How long a call waits for its connection.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    limit: Duration,
    ends: Instant,
}

impl Patience {
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            ends: Instant::now() + limit,
        }
    }

    /// What comes of some work towards a connection.
    ///
    /// # Errors
    /// [`UpstreamError::ConnectTimeout`] with the step that it stands at.
    pub(crate) async fn await_it<T>(
        self,
        pool: &Pool,
        step: &Cell<Step>,
        work: impl Future<Output = T>,
    ) -> Result<T, UpstreamError> {
        tokio::time::timeout_at(self.ends, work)
            .await
            .map_err(|_| UpstreamError::ConnectTimeout {
                origin: pool.to_string(),
                limit_ms: self.limit.as_millis(),
                step: step.get(),
            })
    }
}

/// A connection on which nothing has been sent yet. Its task runs until either side closes it.
pub(crate) enum Opened {
    Http1(Http1),
    Http2(Rc<http2::Connection>),
}

/// A stream by way of a proxy, whatever it is made of.
trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

impl Connector {
    /// Opens a connection within a limit, which covers all of it: name, TCP, proxy and TLS.
    pub(crate) async fn open(
        &self,
        pool: &Pool,
        patience: Patience,
    ) -> Result<Opened, UpstreamError> {
        let attempt = Attempt {
            connector: self,
            pool,
            origin: &pool.origin,
            step: Cell::new(Step::Resolving),
            deadline: patience.ends,
        };
        // Boxed: opening is rare, and its size would be copied with every call that may have to.
        let opening = async {
            match &pool.proxy {
                None => Box::pin(attempt.directly()).await,
                Some(proxy) => Box::pin(attempt.through(proxy)).await,
            }
        };
        patience.await_it(pool, &attempt.step, opening).await?
    }
}

/// One connection in the making.
struct Attempt<'a> {
    connector: &'a Connector,
    pool: &'a Pool,
    origin: &'a Origin,
    step: Cell<Step>,
    deadline: Instant,
}

impl Attempt<'_> {
    async fn directly(&self) -> Result<Opened, UpstreamError> {
        let stream = self.tcp(self.origin, &|| self.origin.to_string()).await?;
        if !self.origin.is_tls() {
            return self.http1(stream).await;
        }
        let stream = self.secured_origin(stream).await?;
        if chose_http2(stream.get_ref().1) {
            self.http2(stream).await
        } else {
            self.http1(stream).await
        }
    }

    /// Streams are boxed here: a proxy adds two kinds of them, and each would bring its own copy of HTTP.
    async fn through(&self, proxy: &Proxy) -> Result<Opened, UpstreamError> {
        let name = || format!("proxy {proxy}");
        let stream = self.tcp(proxy.origin(), &name).await?;
        let mut stream: Box<dyn Stream> = if proxy.origin().is_tls() {
            let tls = &self.connector.tls.proxies;
            Box::new(self.secured(stream, tls, proxy.origin(), &name).await?)
        } else {
            Box::new(stream)
        };
        if !self.origin.is_tls() {
            return self.http1(stream).await;
        }
        self.step.set(Step::Tunnelling);
        tunnel::open(&mut stream, proxy, self.origin).await?;
        let stream = self.secured_origin(stream).await?;
        let http2 = chose_http2(stream.get_ref().1);
        let stream: Box<dyn Stream> = Box::new(stream);
        if http2 {
            self.http2(stream).await
        } else {
            self.http1(stream).await
        }
    }

    /// Tries a server's addresses in turn. No address but the last may use up the time of those behind it.
    async fn tcp(
        &self,
        server: &Origin,
        name: &dyn Fn() -> String,
    ) -> Result<TcpStream, UpstreamError> {
        self.step.set(Step::Resolving);
        let addresses = self.connector.resolver.addresses(server).await?;
        self.step.set(Step::Connecting);
        let failed = |source| UpstreamError::Connect {
            peer: name(),
            source,
        };
        let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
        for (tried, address) in (0_u32..).zip(&addresses) {
            let left = u32::try_from(addresses.len()).unwrap_or(u32::MAX) - tried;
            match self.tcp_to(*address, left).await {
                Ok(stream) => {
                    prepare(&stream).map_err(failed)?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(failed(last))
    }

    async fn tcp_to(&self, address: SocketAddr, left: u32) -> std::io::Result<TcpStream> {
        if left == 1 {
            return TcpStream::connect(address).await;
        }
        let share = self.deadline.duration_since(Instant::now()) / left;
        tokio::time::timeout(share, TcpStream::connect(address))
            .await
            .map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))?
    }

    async fn secured_origin<S: Stream>(&self, stream: S) -> Result<TlsStream<S>, UpstreamError> {
        let name = || self.origin.to_string();
        self.secured(stream, &self.connector.tls.origins, self.origin, &name)
            .await
    }

    async fn secured<S: Stream>(
        &self,
        stream: S,
        config: &Arc<ClientConfig>,
        server: &Origin,
        name: &dyn Fn() -> String,
    ) -> Result<TlsStream<S>, UpstreamError> {
        self.step.set(Step::Securing);
        let refused = |source| refused(name(), source);
        let server_name = ServerName::try_from(server.host().to_owned()).map_err(|error| {
            refused(std::io::Error::new(std::io::ErrorKind::InvalidInput, error))
        })?;
        TlsConnector::from(config.clone())
            .connect(server_name, stream)
            .await
            .map_err(refused)
    }

    async fn http1<S: Stream + 'static>(&self, stream: S) -> Result<Opened, UpstreamError> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|source| self.pool.exchange(source))?;
        let open = self.connector.open.enter();
        tokio::task::spawn_local(async move {
            // How a connection ends is told to whoever waits for its answer; there is nobody else to tell.
            let _ended = connection.await;
            drop(open);
        });
        let retires = self.retires();
        Ok(Opened::Http1(Http1 { sender, retires }))
    }

    async fn http2<S: Stream + 'static>(&self, stream: S) -> Result<Opened, UpstreamError> {
        let open = self.connector.open.enter();
        let connection = http2::start(
            stream,
            self.connector.limits,
            self.pool.shared.usual(),
            self.retires(),
            open,
        )
        .await
        .map_err(|source| self.pool.exchange(source))?;
        Ok(Opened::Http2(Rc::new(connection)))
    }

    fn retires(&self) -> std::time::Instant {
        let Connector { limits, ages, .. } = self.connector;
        std::time::Instant::now() + ages.next(limits.max_age)
    }
}

/// A peer that is gone without a word is noticed, whether it owes us an acknowledgement or an answer, in a minute instead of
/// the kernel's quarter of an hour and never. A minute is also how long a vendor may stop reading a request.
fn prepare(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new()
        .with_time(SILENCE)
        .with_interval(SILENCE)
        .with_retries(PROBES);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(SILENCE * (PROBES + 1)))?;
    Ok(())
}

/// A certificate that nobody we trust vouches for is an operator's business; everything else is the peer's.
fn refused(peer: String, source: std::io::Error) -> UpstreamError {
    let inner = source.get_ref().and_then(|inner| inner.downcast_ref());
    if let Some(rustls::Error::InvalidCertificate(_)) = inner {
        UpstreamError::Certificate { peer, source }
    } else {
        UpstreamError::Tls { peer, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_peer_that_is_gone_is_noticed_in_a_minute() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        prepare(&stream).unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap() && stream.nodelay().unwrap());
        let probes =
            socket.tcp_keepalive_interval().unwrap() * socket.tcp_keepalive_retries().unwrap();
        let minute = Duration::from_mins(1);
        assert_eq!(socket.tcp_keepalive_time().unwrap() + probes, minute);
        #[cfg(target_os = "linux")]
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(minute));
    }

    #[test]
    fn connections_made_together_do_not_end_together() {
        let ages = Ages::default();
        let minutes = Duration::from_mins(5);
        let all: Vec<_> = (0..8).map(|_| ages.next(minutes)).collect();
        assert_eq!(all[0], minutes);
        assert!(all.is_sorted_by(|one, next| one > next) && all[7] > minutes * 3 / 4);
        assert_eq!(ages.next(minutes), minutes);
    }
}
