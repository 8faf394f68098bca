//! A small proxy: `CONNECT` and absolute form, with or without TLS and credentials of its own. Whatever name it is asked for, it goes
//! to this machine, so that names that nobody else knows can be reached through it.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::core::Background;

/// What the proxy does with a client.
#[derive(Clone)]
pub(crate) enum Manner {
    /// Serves it.
    Serve,
    /// Serves it when it shows this `Proxy-Authorization`; else 407.
    Ask(&'static str),
    /// Sends these bytes whatever it is asked, and closes.
    Say(&'static str),
    /// Reads and says nothing.
    Hang,
}

pub(crate) struct ProxyServer {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    _background: Background,
}

impl ProxyServer {
    pub(crate) fn start(manner: Manner) -> Self {
        Self::listen(manner, None)
    }

    pub(crate) fn start_tls(config: Arc<ServerConfig>) -> Self {
        Self::listen(Manner::Serve, Some(TlsAcceptor::from(config)))
    }

    fn listen(manner: Manner, tls: Option<TlsAcceptor>) -> Self {
        let background = Background::start();
        let listener = background.bind();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let noted = heads.clone();
        background.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (manner, tls, noted) = (manner.clone(), tls.clone(), noted.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &manner, &noted).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &manner, &noted).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            port,
            heads,
            _background: background,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The head of each connection's first request, byte for byte.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(
    mut client: impl AsyncRead + AsyncWrite + Unpin,
    manner: &Manner,
    noted: &Mutex<Vec<String>>,
) {
    let mut received = Vec::new();
    let end = loop {
        if let Some(at) = received.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if client.read_buf(&mut received).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let head = String::from_utf8(received[..end].to_vec()).unwrap();
    noted.lock().unwrap().push(head.clone());
    match manner {
        Manner::Serve => forward(client, &head, &received).await,
        Manner::Ask(credentials) if head.contains(&format!(": {credentials}\r\n")) => {
            forward(client, &head, &received).await;
        }
        Manner::Ask(_) => {
            let asking = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                proxy-authenticate: Basic realm=\"x\"\r\ncontent-length: 2\r\n\r\nno";
            let _ = client.write_all(asking.as_bytes()).await;
            let _ = client.read_to_end(&mut Vec::new()).await;
        }
        Manner::Say(bytes) => {
            let _ = client.write_all(bytes.as_bytes()).await;
            let _ = client.shutdown().await;
        }
        Manner::Hang => drop(client.read_to_end(&mut Vec::new()).await),
    }
}

async fn forward(mut client: impl AsyncRead + AsyncWrite + Unpin, head: &str, received: &[u8]) {
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let authority = target.trim_start_matches("http://");
    let authority = authority.split('/').next().unwrap();
    let port: u16 = authority.rsplit_once(':').unwrap().1.parse().unwrap();
    let mut vendor = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    if method == "CONNECT" {
        client
            .write_all(b"HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n")
            .await
            .unwrap();
        client.flush().await.unwrap();
    } else {
        vendor.write_all(received).await.unwrap();
    }
    let _ = tokio::io::copy_bidirectional(&mut client, &mut vendor).await;
}
