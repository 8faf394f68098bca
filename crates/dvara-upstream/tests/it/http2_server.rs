//! A vendor that speaks HTTP/2 over TLS and does what a test wants of it, down to single frames.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use dvara_upstream::Origin;
use h2::server::SendResponse;
use h2::{Reason, SendStream};
use http::{Request, Response};
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::core::Background;

/// What the server does with one request.
#[derive(Clone)]
pub(crate) enum Reply {
    Text(String),
    /// Answers `held` once the test says `release`.
    Hold,
    /// The head and one piece at once, the rest never.
    Endless,
    /// Resets the stream: not processed.
    Refuse,
    /// Never reads or writes on this connection again, and leaves it open.
    Freeze,
}

/// The shortest answer.
pub(crate) fn fine() -> Reply {
    Reply::Text("fine".to_owned())
}

/// What the server saw.
#[derive(Default)]
pub(crate) struct Seen {
    connections: AtomicUsize,
    closed: AtomicUsize,
    resets: AtomicUsize,
    /// The number of its connection beside each request.
    requests: Mutex<Vec<(usize, Request<()>)>>,
    protocols: Mutex<Vec<String>>,
}

pub(crate) struct Http2Server {
    port: u16,
    seen: Arc<Seen>,
    release: watch::Sender<bool>,
    goaway: watch::Sender<bool>,
    background: Background,
}

/// Told which connection, from 0, a request came on.
type Script = dyn Fn(usize, &Request<()>) -> Reply + Send + Sync;

/// What all connections share.
struct Shared {
    seen: Arc<Seen>,
    script: Box<Script>,
    release: watch::Receiver<bool>,
    goaway: watch::Receiver<bool>,
    max_streams: u32,
}

impl Http2Server {
    pub(crate) fn start(
        config: Arc<ServerConfig>,
        script: impl Fn(usize, &Request<()>) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(config, 1000, script)
    }

    pub(crate) fn start_with(
        config: Arc<ServerConfig>,
        max_streams: u32,
        script: impl Fn(usize, &Request<()>) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let background = Background::start();
        let listener = background.bind();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen::default());
        let ((release, released), (goaway, going)) = (watch::channel(false), watch::channel(false));
        let shared = Arc::new(Shared {
            seen: seen.clone(),
            script: Box::new(script),
            release: released,
            goaway: going,
            max_streams,
        });
        background.spawn(accept(listener, TlsAcceptor::from(config), shared));
        Self {
            port,
            seen,
            release,
            goaway,
            background,
        }
    }

    pub(crate) fn origin(&self) -> Origin {
        crate::core::origin(&format!("https://localhost:{}", self.port))
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Answers all that is held.
    pub(crate) fn release(&self) {
        self.release.send_replace(true);
    }

    /// Sends GOAWAY on the connections that there are, and lets their requests finish.
    pub(crate) fn go_away(&self) {
        self.goaway.send_replace(true);
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(SeqCst)
    }

    pub(crate) fn closed(&self) -> usize {
        self.seen.closed.load(SeqCst)
    }

    /// Streams that the client has reset.
    pub(crate) fn resets(&self) -> usize {
        self.seen.resets.load(SeqCst)
    }

    /// How many requests came on a connection.
    pub(crate) fn requests_on(&self, connection: usize) -> usize {
        let requests = self.seen.requests.lock().unwrap();
        requests.iter().filter(|(on, _)| *on == connection).count()
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.requests.lock().unwrap().len()
    }

    pub(crate) fn first_request(&self) -> Request<()> {
        self.seen.requests.lock().unwrap()[0].1.clone()
    }

    /// What each connection settled on.
    pub(crate) fn protocols(&self) -> Vec<String> {
        self.seen.protocols.lock().unwrap().clone()
    }
}

async fn accept(listener: TcpListener, tls: TlsAcceptor, shared: Arc<Shared>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let number = shared.seen.connections.fetch_add(1, SeqCst);
        let (tls, shared) = (tls.clone(), shared.clone());
        tokio::spawn(async move {
            if let Ok(stream) = tls.accept(stream).await {
                let protocol = stream.get_ref().1.alpn_protocol().unwrap_or_default();
                let protocol = String::from_utf8(protocol.to_vec()).unwrap();
                let http2 = protocol == "h2";
                shared.seen.protocols.lock().unwrap().push(protocol);
                if http2 {
                    serve(stream, number, &shared).await;
                } else {
                    serve_http1(stream).await;
                }
            }
            shared.seen.closed.fetch_add(1, SeqCst);
        });
    }
}

async fn serve(stream: TlsStream<TcpStream>, number: usize, shared: &Arc<Shared>) {
    let mut builder = h2::server::Builder::new();
    builder.max_concurrent_streams(shared.max_streams);
    let Ok(mut connection) = builder.handshake::<_, Bytes>(stream).await else {
        return;
    };
    let mut goaway = shared.goaway.clone();
    // Only what is there when the test says so goes away.
    goaway.mark_unchanged();
    loop {
        tokio::select! {
            accepted = connection.accept() => match accepted {
                Some(Ok((request, respond))) => {
                    let request = request.map(drop);
                    let reply = (shared.script)(number, &request);
                    shared.seen.requests.lock().unwrap().push((number, request));
                    reply_to(reply, respond, shared).await;
                }
                Some(Err(_)) | None => return,
            },
            _ = goaway.changed() => connection.graceful_shutdown(),
        }
    }
}

async fn reply_to(reply: Reply, mut respond: SendResponse<Bytes>, shared: &Arc<Shared>) {
    match reply {
        Reply::Freeze => std::future::pending().await,
        Reply::Refuse => respond.send_reset(Reason::REFUSED_STREAM),
        Reply::Text(text) => send(&mut respond, text.into(), true, &shared.seen).await,
        Reply::Hold => {
            let (mut release, seen) = (shared.release.clone(), shared.seen.clone());
            tokio::spawn(async move {
                tokio::select! {
                    _ = release.wait_for(|released| *released) => {}
                    _ = std::future::poll_fn(|context| respond.poll_reset(context)) => {
                        seen.resets.fetch_add(1, SeqCst);
                        return;
                    }
                }
                send(&mut respond, "held".into(), true, &seen).await;
            });
        }
        Reply::Endless => {
            let seen = shared.seen.clone();
            tokio::spawn(async move { send(&mut respond, "piece".into(), false, &seen).await });
        }
    }
}

async fn send(respond: &mut SendResponse<Bytes>, text: Bytes, whole: bool, seen: &Arc<Seen>) {
    let Ok(mut body) = respond.send_response(Response::new(()), false) else {
        return;
    };
    if whole {
        let seen = seen.clone();
        tokio::spawn(async move { send_whole(&mut body, text, &seen).await });
    } else {
        body.send_data(text, false).unwrap();
        if std::future::poll_fn(|context| body.poll_reset(context))
            .await
            .is_ok()
        {
            seen.resets.fetch_add(1, SeqCst);
        }
    }
}

/// As fast as the client's window allows, and no faster.
async fn send_whole(body: &mut SendStream<Bytes>, mut text: Bytes, seen: &Seen) {
    while !text.is_empty() {
        body.reserve_capacity(text.len());
        match std::future::poll_fn(|context| body.poll_capacity(context)).await {
            Some(Ok(room)) => {
                let piece = text.split_to(room.min(text.len()));
                if body.send_data(piece, false).is_err() {
                    return;
                }
            }
            Some(Err(_)) | None => {
                seen.resets.fetch_add(1, SeqCst);
                return;
            }
        }
    }
    let _ = body.send_data(Bytes::new(), true);
}

/// Just enough for a client that was not offered HTTP/2, or did not take it.
async fn serve_http1(mut stream: TlsStream<TcpStream>) {
    let mut buffer = [0_u8; 4096];
    while stream
        .read(&mut buffer)
        .await
        .is_ok_and(|length| length > 0)
    {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none")
            .await;
    }
}

/// A vendor whose first connection answers the first request with GOAWAY, as if it had not seen it (RFC 9113, section 6.8), and whose
/// further connections answer. Written in frames, because no library does that.
pub(crate) fn unseeing(config: Arc<ServerConfig>) -> Http2Server {
    let server = Http2Server::start(config.clone(), |_, _| Reply::Text("seen".to_owned()));
    let behind = server.port;
    let listener = server.background.bind();
    let port = listener.local_addr().unwrap().port();
    let tls = TlsAcceptor::from(config);
    server.background.spawn(async move {
        let (first, _) = listener.accept().await.unwrap();
        let _going = tokio::spawn(go_away_unseeing(tls.accept(first).await.unwrap()));
        while let Ok((mut client, _)) = listener.accept().await {
            let mut vendor = TcpStream::connect(("127.0.0.1", behind)).await.unwrap();
            tokio::spawn(async move {
                let _ = tokio::io::copy_bidirectional(&mut client, &mut vendor).await;
            });
        }
    });
    Http2Server { port, ..server }
}

async fn go_away_unseeing(mut stream: TlsStream<TcpStream>) {
    const PREFACE: usize = 24;
    const HEADERS: u8 = 1;
    const SETTINGS_FRAME: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const GOAWAY_OF_NO_STREAM: [u8; 17] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    stream.write_all(&SETTINGS_FRAME).await.unwrap();
    stream.flush().await.unwrap();
    stream.read_exact(&mut [0; PREFACE]).await.unwrap();
    loop {
        let mut head = [0_u8; 9];
        stream.read_exact(&mut head).await.unwrap();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await.unwrap();
        if head[3] == HEADERS {
            break;
        }
    }
    stream.write_all(&GOAWAY_OF_NO_STREAM).await.unwrap();
    stream.flush().await.unwrap();
    // Open until the client has had enough.
    let _ = stream.read_to_end(&mut Vec::new()).await;
}
