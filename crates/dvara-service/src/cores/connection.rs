//! One core's connections: what each speaks, hyper's HTTP/1.1, the count of open requests, and how a connection ends when the
//! process drains.
//!
//! A connection that has said nothing yet costs a task and no buffer: what serves it is set up with its first byte.

use std::cell::Cell;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Version};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::greeting::{Protocol, protocol_of, secured};
use super::http2;
use super::limits::{HEAD_SIZE, HEADERS, HttpLimits};
use super::load::CoreLoad;
use super::transport::{Socket, Transport};
use super::{Arrival, Plane};
use crate::drain::Drain;
use crate::tls::ListenerTls;

/// The connections of one core.
pub(super) struct Connections<P> {
    shared: Rc<Shared<P>>,
}

/// What the connections of one core have in common.
pub(super) struct Shared<P> {
    plane: Rc<P>,
    tally: Rc<Tally>,
    http: http1::Builder,
    pub(super) drain: Drain,
    pub(super) limits: HttpLimits,
}

/// The connections that are open.
struct Tally {
    load: Arc<CoreLoad>,
    open: Cell<usize>,
    one_ended: Notify,
}

impl<P: Plane> Connections<P> {
    pub(super) fn new(plane: Rc<P>, load: Arc<CoreLoad>, drain: Drain, limits: HttpLimits) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_header_size(HEAD_SIZE as usize)
            .max_headers(HEADERS);
        let tally = Rc::new(Tally {
            load,
            open: Cell::new(0),
            one_ended: Notify::new(),
        });
        Self {
            shared: Rc::new(Shared {
                plane,
                tally,
                http,
                drain,
                limits,
            }),
        }
    }

    /// Serves a connection until either side closes it.
    pub(super) fn serve(&self, arrival: Arrival) {
        let counted = CountedConnection::new(self.shared.tally.clone());
        match TcpStream::from_std(arrival.stream) {
            Ok(stream) => {
                let socket = Socket::new(stream, self.shared.limits.write_timeout);
                tokio::task::spawn_local(greet(self.shared.clone(), counted, socket, arrival.tls));
            }
            Err(error) => tracing::warn!(%error, "a connection could not be taken over"),
        }
    }

    /// Resolves when no connection is left.
    pub(super) async fn all_ended(&self) {
        let tally = &self.shared.tally;
        while tally.open.get() > 0 {
            tally.one_ended.notified().await;
        }
    }
}

/// Finds out what a client speaks, and serves it.
async fn greet<P: Plane>(
    shared: Rc<Shared<P>>,
    counted: CountedConnection,
    socket: Socket,
    tls: Option<Arc<ListenerTls>>,
) {
    let greeted = match tls {
        // Boxed, as is what serves: a connection that only waits holds neither.
        Some(tls) => Box::pin(greet_secured(&shared, socket, &tls)).await,
        None => greet_plain(&shared, socket).await,
    };
    match greeted {
        Some((transport, Protocol::Http1)) => Box::pin(serve(shared, counted, transport)).await,
        Some((transport, Protocol::Http2)) => {
            Box::pin(http2::serve(shared, counted, transport)).await;
        }
        None => {}
    }
}

async fn greet_plain<P>(shared: &Shared<P>, socket: Socket) -> Option<(Transport, Protocol)> {
    let protocol = tokio::select! {
        biased;
        protocol = protocol_of(&socket) => protocol.ok().flatten()?,
        () = shared.drain.closing() => return None,
        () = tokio::time::sleep(shared.limits.head_timeout) => return None,
    };
    Some((Transport::Plain(socket), protocol))
}

async fn greet_secured<P>(
    shared: &Shared<P>,
    socket: Socket,
    tls: &ListenerTls,
) -> Option<(Transport, Protocol)> {
    tokio::select! {
        biased;
        secured = secured(socket, tls, shared.limits.head_timeout) => secured
            .inspect_err(|error| tracing::debug!(%error, "no TLS with a client"))
            .ok(),
        () = shared.drain.ended() => None,
    }
}

async fn serve<P: Plane>(shared: Rc<Shared<P>>, _counted: CountedConnection, transport: Transport) {
    let service = service_fn({
        let shared = shared.clone();
        move |request| answer(shared.clone(), request)
    });
    let connection = shared
        .http
        .serve_connection(TokioIo::new(transport), service);
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

pub(super) fn log_end(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        // Clients come and go; what a refused head or a reset means is theirs to know.
        tracing::debug!(error = %crate::error_chain(&error), "connection ended");
    }
}

/// Answers one request.
pub(super) async fn answer<P: Plane>(
    shared: Rc<Shared<P>>,
    request: Request<Incoming>,
) -> Result<Response<Counted<P::Body>>, Infallible> {
    let open = OpenRequest::new(shared.tally.load.clone());
    let version = request.version();
    let mut response = shared.plane.clone().answer(request).await;
    // HTTP/2 has no such header; its connections are told by GOAWAY.
    if shared.drain.is_draining() && version < Version::HTTP_2 {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Counted { body, _open: open }))
}

/// Counts a connection for as long as it lives.
pub(super) struct CountedConnection {
    tally: Rc<Tally>,
}

impl CountedConnection {
    fn new(tally: Rc<Tally>) -> Self {
        tally.open.set(tally.open.get() + 1);
        Self { tally }
    }
}

impl Drop for CountedConnection {
    fn drop(&mut self) {
        self.tally.load.connection_ended();
        self.tally.open.set(self.tally.open.get() - 1);
        self.tally.one_ended.notify_one();
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
pub(super) struct Counted<B> {
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
