//! A server that speaks just enough HTTP/1.1, byte for byte as a test wants it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dvara_upstream::Origin;

/// What the server sends for one request.
pub(crate) struct Answer {
    bytes: String,
    close: bool,
    endless: bool,
}

impl Answer {
    /// Closes the connection after the answer without having announced it.
    pub(crate) fn then_close(mut self) -> Self {
        self.close = true;
        self
    }
}

pub(crate) fn answer(text: &str) -> Answer {
    raw(&format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    ))
}

pub(crate) fn raw(bytes: &str) -> Answer {
    Answer {
        bytes: bytes.to_owned(),
        close: false,
        endless: false,
    }
}

/// A chunked answer that never ends.
pub(crate) fn endless() -> Answer {
    Answer {
        bytes: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(),
        close: false,
        endless: true,
    }
}

pub(crate) struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
    closed: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn start(script: impl Fn(usize, &[u8]) -> Answer + Send + Sync + 'static) -> Self {
        Self::listen(None, script)
    }

    pub(crate) fn start_tls(
        config: Arc<rustls::ServerConfig>,
        script: impl Fn(usize, &[u8]) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Some(config), script)
    }

    fn listen(
        tls: Option<Arc<rustls::ServerConfig>>,
        script: impl Fn(usize, &[u8]) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, closed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, ended, noted) = (connections.clone(), closed.clone(), requests.clone());
        let script = Arc::new(move |count, request: &[u8]| {
            let text = String::from_utf8(request.to_vec()).unwrap();
            noted.lock().unwrap().push(text);
            script(count, request)
        });
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                seen.fetch_add(1, SeqCst);
                let (ended, script, tls) = (ended.clone(), script.clone(), tls.clone());
                std::thread::spawn(move || {
                    match tls {
                        None => serve(stream, &*script),
                        Some(config) => {
                            let session = rustls::ServerConnection::new(config).unwrap();
                            serve(rustls::StreamOwned::new(session, stream), &*script);
                        }
                    }
                    ended.fetch_add(1, SeqCst);
                });
            }
        });
        Self {
            port,
            connections,
            closed,
            requests,
        }
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin::of_base_url(&format!("http://127.0.0.1:{}", self.port))
            .unwrap()
            .0
    }

    /// The same server by its name, over TLS.
    pub(crate) fn tls_origin(&self) -> Origin {
        Origin::of_base_url(&format!("https://localhost:{}", self.port))
            .unwrap()
            .0
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Every request so far, byte for byte.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Connections accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }

    /// Connections that have ended.
    pub(crate) fn closed(&self) -> usize {
        self.closed.load(SeqCst)
    }
}

fn serve(mut stream: impl Read + Write, script: &dyn Fn(usize, &[u8]) -> Answer) {
    let mut buffer = [0_u8; 4096];
    for count in 0.. {
        let mut request = Vec::new();
        // Requests here end with the two bytes of their body.
        while !request.ends_with(b"\r\n\r\n{}") {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(length) => request.extend_from_slice(&buffer[..length]),
            }
        }
        let answer = script(count, &request);
        if stream
            .write_all(answer.bytes.as_bytes())
            .and_then(|()| stream.flush())
            .is_err()
        {
            return;
        }
        if answer.endless {
            drip(&mut stream);
            return;
        }
        if answer.close {
            return;
        }
    }
}

/// Sends chunks until the other side is gone.
fn drip(stream: &mut impl Write) {
    while stream
        .write_all(b"1\r\nx\r\n")
        .and_then(|()| stream.flush())
        .is_ok()
    {
        std::thread::sleep(Duration::from_millis(5));
    }
}
