//! HTTP/2: many calls on one connection, each in a task of its own on the connection's core.
//!
//! hyper bounds what a client may ask for: concurrent streams, the size of heads, and streams that are reset as soon as they
//! are opened (after 20 that nobody has looked at yet, or 1,024 that we had to reset, the connection ends). What it leaves to us
//! is here: a connection's age, one on which nothing happens, and a client that no longer takes what a stream has for it.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use hyper::rt::Executor;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::Instant;

use super::Plane;
use super::connection::{CountedConnection, Shared, answer, log_end};
use super::limits::{HEAD_SIZE, PING, PONG, STREAM_BUFFER, STREAMS};
use super::paced::{Pace, Paced, until_stalled};
use super::transport::Transport;

/// Serves a connection until either side is done with it.
pub(super) async fn serve<P: Plane>(
    shared: Rc<Shared<P>>,
    counted: CountedConnection,
    transport: Transport,
) {
    let limits = shared.limits;
    let streams = Rc::new(Streams::new(counted, limits.write_timeout));
    let service = service_fn({
        let (shared, streams) = (shared.clone(), streams.clone());
        move |request| {
            let pace = streams.announce();
            let answered = answer(shared.clone(), request);
            async { Ok::<_, Infallible>(answered.await?.map(|body| Paced::new(body, pace))) }
        }
    });
    let io = TokioIo::new(transport);
    let connection = builder(streams.clone()).serve_connection(io, service);
    tokio::pin!(connection);
    let aged = Instant::now() + limits.connection_age;
    let mut look = Instant::now() + limits.head_timeout;
    let mut leaving = false;
    loop {
        tokio::select! {
            biased;
            ended = &mut connection => return log_end(ended),
            () = shared.drain.ended() => {
                tracing::warn!("a connection was cut off at the end of the drain");
                return;
            }
            () = shared.drain.begun(), if !leaving => leaving = true,
            () = tokio::time::sleep_until(aged), if !leaving => leaving = true,
            () = tokio::time::sleep_until(look) => {
                look = Instant::now() + limits.head_timeout;
                if !streams.were_idle() {
                    continue;
                }
                if leaving {
                    // It was told to go, has no call open, and is still here.
                    tracing::debug!("a connection did not go away by itself");
                    return;
                }
                leaving = true;
            }
        }
        connection.as_mut().graceful_shutdown();
    }
}

fn builder(streams: Rc<Streams>) -> Builder<StreamTasks> {
    let mut http = Builder::new(StreamTasks(streams));
    http.timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_SIZE)
        .max_send_buf_size(STREAM_BUFFER)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG);
    http
}

/// The calls of one connection.
struct Streams {
    /// The connection counts until its last call is gone, which may outlive it by a moment.
    _counted: CountedConnection,
    write_timeout: Duration,
    open: Cell<usize>,
    began: Cell<bool>,
    /// Of the call whose task is about to be started: hyper calls the service and hands its future over in one go.
    announced: RefCell<Option<Rc<Pace>>>,
}

impl Streams {
    fn new(counted: CountedConnection, write_timeout: Duration) -> Self {
        Self {
            _counted: counted,
            write_timeout,
            open: Cell::new(0),
            began: Cell::new(false),
            announced: RefCell::new(None),
        }
    }

    fn announce(&self) -> Rc<Pace> {
        let pace = Rc::new(Pace::default());
        self.announced.replace(Some(pace.clone()));
        pace
    }

    /// Whether nothing is open and nothing began since the last time this was asked.
    fn were_idle(&self) -> bool {
        !self.began.replace(false) && self.open.get() == 0
    }
}

/// Starts hyper's tasks, one per call, on this core.
#[derive(Clone)]
struct StreamTasks(Rc<Streams>);

impl<F> Executor<F> for StreamTasks
where
    F: Future<Output = ()> + 'static,
{
    fn execute(&self, stream: F) {
        let streams = self.0.clone();
        let pace = streams.announced.take().unwrap_or_default();
        let open = OpenStream::new(streams);
        tokio::task::spawn_local(async move {
            let limit = open.0.write_timeout;
            until_stalled(stream, &pace, limit).await;
        });
    }
}

/// Counts a call of a connection.
struct OpenStream(Rc<Streams>);

impl OpenStream {
    fn new(streams: Rc<Streams>) -> Self {
        streams.open.set(streams.open.get() + 1);
        streams.began.set(true);
        Self(streams)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
    }
}
