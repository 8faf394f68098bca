//! A fake vendor: plays an OpenAI-shaped server, or Anthropic, in tests, well or badly, as a script says. Which of them, the
//! path of a call tells.
//!
//! It runs on a thread and a runtime of its own, so that a test may block, or stop its gateway, without stopping
//! the vendor. It binds port 0 and records what it was sent.
//!
//! ```no_run
//! # async fn test() {
//! use dvara_testkit::vendor::{FakeVendor, Script, Turn};
//!
//! let vendor = FakeVendor::start(Script::new(Turn::chat("Hello.")).first(Turn::status(503, "{}"))).await;
//! // … point a provider at `vendor.url()`, make two calls …
//! assert_eq!(vendor.requests().len(), 2);
//! # }
//! ```

mod chat;
mod embeddings;
mod instance;
mod messages;
mod script;
mod serve;

use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;
use tokio::sync::oneshot;

pub use script::{Script, Turn};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its method.
    pub method: Method,
    /// Its path, with the query.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Received {
    /// The body as JSON; `Null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A running fake vendor. It stops when it is dropped.
#[derive(Debug)]
pub struct FakeVendor {
    url: String,
    record: Arc<Record>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the vendor saw.
#[derive(Debug, Default)]
struct Record(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    requests: Vec<Received>,
    connections: usize,
    closed_early: usize,
}

impl Record {
    fn with<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl FakeVendor {
    /// Starts a vendor that answers as the script says. It can be called when this returns.
    #[expect(
        clippy::unused_async,
        reason = "callers are async, and a start that waits for something must not change them"
    )]
    pub async fn start(script: Script) -> Self {
        Self::start_now(script)
    }

    /// [`Self::start`] for tests that are not async.
    pub fn start_now(script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("port 0 is always free");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let record = Arc::new(Record::default());
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("fake-vendor".to_owned())
            .spawn({
                let record = Arc::clone(&record);
                move || serve::run(listener, script, record, stopped)
            })
            .expect("a test may have one more thread");
        Self {
            url: format!("http://{address}/v1"),
            record,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Its base URL, version segment included: what a provider's `base_url` is set to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Forgets the requests it got, for tests of very many.
    pub fn forget(&self) {
        self.record.with(|seen| seen.requests.clear());
    }

    /// The requests it got, in the order in which their bodies were complete.
    pub fn requests(&self) -> Vec<Received> {
        self.record.with(|seen| seen.requests.clone())
    }

    /// How many connections it accepted.
    pub fn connections(&self) -> usize {
        self.record.with(|seen| seen.connections)
    }

    /// How many answers the other side did not wait for: it closed the connection, or reset the stream, before
    /// the last byte.
    pub fn closed_early(&self) -> usize {
        self.record.with(|seen| seen.closed_early)
    }
}

impl Drop for FakeVendor {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may be gone already, with a panic that join reports.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                ended.expect("the fake vendor does not panic");
            }
        }
    }
}

#[cfg(test)]
mod tests;
