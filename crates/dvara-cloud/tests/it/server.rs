//! A server that speaks as a cloud's does: each request goes to a script, which has the answer.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query, as on the wire.
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    /// A header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(each, _)| each == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A field of a form.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.body.as_bytes());
        let found = pairs.find(|(each, _)| each == name);
        found.map(|(_, value)| value.into_owned())
    }
}

/// What goes back.
pub(crate) enum Answer {
    Say(u16, String),
    /// Nothing, until the client gives up.
    Silence,
}

pub(crate) fn ok(body: impl Into<String>) -> Answer {
    Answer::Say(200, body.into())
}

type Script = Arc<dyn Fn(usize, &Request) -> Answer + Send + Sync>;

pub(crate) struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers by a script, which is told how many requests came before.
    pub(crate) fn start(
        script: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::listen(None, script)
    }

    pub(crate) fn start_tls(
        config: Arc<rustls::ServerConfig>,
        script: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Some(config), script)
    }

    fn listen(
        tls: Option<Arc<rustls::ServerConfig>>,
        script: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let noted = requests.clone();
        let script: Script = Arc::new(move |_, request| {
            let before = {
                let mut noted = noted.lock().unwrap();
                noted.push(request.clone());
                noted.len() - 1
            };
            script(before, request)
        });
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (tls, script) = (tls.clone(), script.clone());
                std::thread::spawn(move || match tls {
                    None => serve(stream, &script),
                    Some(config) => {
                        let session = rustls::ServerConnection::new(config).unwrap();
                        serve(rustls::StreamOwned::new(session, stream), &script);
                    }
                });
            }
        });
        Self { port, requests }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Everything that has arrived.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(stream: impl Read + Write, script: &Script) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream) {
        match script(0, &request) {
            Answer::Say(status, body) => {
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                let stream = stream.get_mut();
                if stream.write_all(answer.as_bytes()).is_err() || stream.flush().is_err() {
                    return;
                }
            }
            Answer::Silence => {
                let _closed = stream.read_to_end(&mut Vec::new());
                return;
            }
        }
    }
}

fn read(stream: &mut impl std::io::BufRead) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
            None => break,
        }
    }
    let mut request = Request {
        method,
        target,
        headers,
        body: String::new(),
    };
    let length = request.header("content-length").unwrap_or("0");
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).unwrap();
    Some(request)
}

/// A proxy that makes tunnels, and notes where to.
pub(crate) struct Proxy {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = asked.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let mut reader = BufReader::new(client.try_clone().unwrap());
                let request = read(&mut reader).unwrap();
                noted
                    .lock()
                    .unwrap()
                    .push(format!("{} {}", request.method, request.target));
                let port = request.target.rsplit(':').next().unwrap();
                let server = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
                copy(server.try_clone().unwrap(), client.try_clone().unwrap());
                copy(client.try_clone().unwrap(), server);
                let mut client = client;
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            }
        });
        Self { port, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let _ended = std::io::copy(&mut from, &mut to);
        let _closed = to.shutdown(std::net::Shutdown::Write);
    });
}
