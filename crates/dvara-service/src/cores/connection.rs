//! One core's connections: hyper's HTTP/1.1, the count of open requests, and how a connection ends when the process drains.

use std::cell::Cell;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::header::CONNECTION;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::Plane;
use super::load::CoreLoad;
use crate::drain::Drain;

/// Bounds on what a client may send before anybody has looked at it.
#[derive(Debug, Clone, Copy)]
pub(super) struct HttpLimits {
    /// How long a connection may take for its next head, idle time included. Longer than the 60 s after which load balancers
    /// drop an idle connection, so that it is not we who cut one that is about to be used.
    head_timeout: Duration,
    /// Largest head, in bytes; beyond it the answer is 431.
    head_size: usize,
    /// Most headers in a head.
    headers: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(75),
            head_size: 64 * 1024,
            headers: 100,
        }
    }
}

/// The connections of one core.
pub(super) struct Connections<P> {
    shared: Rc<Shared<P>>,
}

struct Shared<P> {
    plane: Rc<P>,
    load: Arc<CoreLoad>,
    drain: Drain,
    http: http1::Builder,
    open: Cell<usize>,
    one_ended: Notify,
}

impl<P: Plane> Connections<P> {
    pub(super) fn new(
        plane: Rc<P>,
        load: Arc<CoreLoad>,
        drain: Drain,
        limits: &HttpLimits,
    ) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_header_size(limits.head_size)
            .max_headers(limits.headers);
        let open = Cell::new(0);
        let one_ended = Notify::new();
        Self {
            shared: Rc::new(Shared {
                plane,
                load,
                drain,
                http,
                open,
                one_ended,
            }),
        }
    }

    /// Serves a connection until either side closes it.
    pub(super) fn serve(&self, stream: std::net::TcpStream) {
        let counted = CountedConnection::new(self.shared.clone());
        match TcpStream::from_std(stream) {
            Ok(stream) => {
                tokio::task::spawn_local(serve(counted, stream));
            }
            Err(error) => tracing::warn!(%error, "a connection could not be taken over"),
        }
    }

    /// Resolves when no connection is left.
    pub(super) async fn all_ended(&self) {
        while self.shared.open.get() > 0 {
            self.shared.one_ended.notified().await;
        }
    }
}

async fn serve<P: Plane>(counted: CountedConnection<P>, stream: TcpStream) {
    let shared = counted.shared.clone();
    let service = service_fn({
        let shared = shared.clone();
        move |request| answer(shared.clone(), request)
    });
    let connection = shared.http.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        biased;
        ended = &mut connection => return log_end(ended),
        () = shared.drain.closing() => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        biased;
        ended = &mut connection => log_end(ended),
        () = shared.drain.ended() => tracing::warn!("a connection was cut off at the end of the drain"),
    }
}

fn log_end(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        // Clients come and go; what a refused head or a reset means is theirs to know.
        tracing::debug!(error = %crate::error_chain(&error), "connection ended");
    }
}

async fn answer<P: Plane>(
    shared: Rc<Shared<P>>,
    request: Request<Incoming>,
) -> Result<Response<Counted<P::Body>>, Infallible> {
    let open = OpenRequest::new(shared.load.clone());
    let mut response = shared.plane.clone().answer(request).await;
    if shared.drain.is_draining() {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Counted { body, _open: open }))
}

/// Counts a connection for as long as it lives.
struct CountedConnection<P> {
    shared: Rc<Shared<P>>,
}

impl<P> CountedConnection<P> {
    fn new(shared: Rc<Shared<P>>) -> Self {
        shared.open.set(shared.open.get() + 1);
        Self { shared }
    }
}

impl<P> Drop for CountedConnection<P> {
    fn drop(&mut self) {
        self.shared.load.connection_ended();
        self.shared.open.set(self.shared.open.get() - 1);
        self.shared.one_ended.notify_one();
    }
}

/// Counts a request until the last byte of its answer is gone, or nobody wants it any more.
struct OpenRequest {
    load: Arc<CoreLoad>,
}

impl OpenRequest {
    fn new(load: Arc<CoreLoad>) -> Self {
        load.request_began();
        Self { load }
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.load.request_ended();
    }
}

/// An answer's body that keeps its request counted.
struct Counted<B> {
    body: B,
    _open: OpenRequest,
}

impl<B: Body<Data = Bytes> + Unpin> Body for Counted<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
