//! One HTTP/2 connection: what it takes on, and when it takes nothing on any more.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Waker;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::HOST;
use http::{Request, Response, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::open::Open;
use crate::origin::Origin;
use crate::pool::PoolLimits;

/// Largest head of an answer, in bytes; hyper's own 16 KiB is less than it allows for HTTP/1.1.
const MAX_HEAD: u32 = 64 * 1024;
/// Streams that we gave up and whose late frames are still put up with, and for how long. The library's 50 and one second are made
/// for servers: a hundred clients that leave at once would make late data look like the vendor's mistake.
const GIVEN_UP: usize = 1024;
const GIVEN_UP_FOR: Duration = Duration::from_secs(30);

/// One connection to an origin, used by many requests at once.
pub(crate) struct Connection {
    sender: RefCell<SendRequest<Full<Bytes>>>,
    in_flight: Cell<usize>,
    idle_since: Cell<Instant>,
    /// From when on it takes on no more requests. The sweep sees to it.
    pub(crate) retires: Instant,
    /// It handed a request back, so it goes away; what runs on it is left alone.
    spent: Cell<bool>,
    peer: Rc<Peer>,
}

/// What the other side allows. Its settings arrive some time after the first request has gone out; until then it is taken to allow
/// what it allowed before.
struct Peer {
    max: Cell<usize>,
    /// What the origin's next connection begins with.
    usual: Rc<Cell<usize>>,
    heard: Cell<bool>,
    task: RefCell<Option<Waker>>,
}

/// Begins HTTP/2 on a stream. `usual` is how many requests at once the origin allowed so far; `open` counts the connection until the last of its tasks has ended.
pub(crate) async fn start<S>(
    stream: S,
    limits: PoolLimits,
    usual: Rc<Cell<usize>>,
    retires: Instant,
    open: Open,
) -> hyper::Result<Connection>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let (sender, mut connection) = Builder::new(OnThisCore(Rc::new(open)))
        .timer(TokioTimer::new())
        .initial_max_send_streams(usual.get())
        .adaptive_window(true)
        .max_header_list_size(MAX_HEAD)
        .max_concurrent_reset_streams(GIVEN_UP)
        .reset_stream_duration(GIVEN_UP_FOR)
        .keep_alive_interval(limits.http2_ping_interval)
        .keep_alive_timeout(limits.http2_ping_timeout)
        .keep_alive_while_idle(false)
        .handshake(TokioIo::new(stream))
        .await?;
    let peer = Rc::new(Peer {
        max: Cell::new(usual.get()),
        usual,
        heard: Cell::new(false),
        task: RefCell::default(),
    });
    let told = peer.clone();
    tokio::task::spawn_local(async move {
        let ended = poll_fn(|context| {
            let max = connection.current_max_send_streams();
            told.max.set(max.min(limits.http2_requests));
            told.usual.set(told.max.get().max(1));
            if !told.heard.get() {
                *told.task.borrow_mut() = Some(context.waker().clone());
            }
            Pin::new(&mut connection).poll(context)
        });
        // As with HTTP/1.1, whoever waits for an answer learns how it ended.
        let _ended = ended.await;
    });
    Ok(Connection {
        sender: RefCell::new(sender),
        in_flight: Cell::new(0),
        idle_since: Cell::new(Instant::now()),
        retires,
        spent: Cell::new(false),
        peer,
    })
}

impl Connection {
    /// Whether it takes on new requests at all.
    pub(crate) fn is_usable(&self) -> bool {
        !self.spent.get() && !self.sender.borrow().is_closed()
    }

    pub(crate) fn has_room(&self) -> bool {
        self.in_flight.get() < self.peer.max.get()
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.in_flight.get() == 0
    }

    pub(crate) fn idle_for(&self) -> Duration {
        if self.is_idle() {
            self.idle_since.get().elapsed()
        } else {
            Duration::ZERO
        }
    }

    /// Takes a place among its requests.
    pub(crate) fn lease(self: &Rc<Self>) -> Lease {
        self.in_flight.set(self.in_flight.get() + 1);
        Lease(self.clone())
    }

    /// The first answer is here, so the peer's settings are too: the task reads them.
    fn heard(&self) {
        if !self.peer.heard.replace(true)
            && let Some(task) = self.peer.task.take()
        {
            task.wake();
        }
    }
}

/// A request's place on a connection, free again when it is dropped.
pub(crate) struct Lease(Rc<Connection>);

/// How a request on a shared connection went wrong.
pub(crate) enum Failure {
    /// The vendor has not seen it, or says that it did nothing about it. Sending it again is no second attempt.
    Unsent(hyper::Error),
    /// Anything may have happened.
    Broken(hyper::Error),
}

impl Lease {
    /// Sends a request and waits for the head of its answer. Dropping the future resets the stream.
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Failure> {
        let sending = self.0.sender.borrow_mut().try_send_request(request);
        match sending.await {
            Ok(response) => {
                self.0.heard();
                Ok(response)
            }
            Err(mut error) => {
                let unsent = error.take_message().is_some() || is_refused(error.error());
                let error = error.into_error();
                if unsent {
                    self.0.spent.set(true);
                    return Err(Failure::Unsent(error));
                }
                Err(Failure::Broken(error))
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let left = self.0.in_flight.get() - 1;
        self.0.in_flight.set(left);
        if left == 0 {
            self.0.idle_since.set(Instant::now());
        }
    }
}

/// Whether the peer says that it has not processed the request: it is beyond the last stream of a graceful GOAWAY, or was refused
/// (RFC 9113, section 8.7).
fn is_refused(error: &hyper::Error) -> bool {
    let source = std::error::Error::source(error);
    let Some(error) = source.and_then(|source| source.downcast_ref::<h2::Error>()) else {
        return false;
    };
    let left = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
    let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    error.is_remote() && (left || refused)
}

/// The request as HTTP/2 says it: absolute, and without `Host`, which `:authority` replaces. The original can be sent again.
pub(crate) fn request(origin: &Origin, request: &Request<Full<Bytes>>) -> Request<Full<Bytes>> {
    let mut request = request.clone();
    *request.uri_mut() = origin.absolute(request.uri());
    *request.version_mut() = Version::HTTP_2;
    request.headers_mut().remove(HOST);
    request
}

/// Runs the library's tasks on this core, and keeps the connection counted as long as one runs.
#[derive(Clone)]
struct OnThisCore(Rc<Open>);

impl<F> hyper::rt::Executor<F> for OnThisCore
where
    F: Future<Output = ()> + 'static,
{
    fn execute(&self, future: F) {
        let open = self.0.clone();
        tokio::task::spawn_local(async move {
            future.await;
            drop(open);
        });
    }
}
