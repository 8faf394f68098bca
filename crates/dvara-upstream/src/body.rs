//! An answer's body, which gives its connection back when it has been read to the end.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::error::UpstreamError;
use crate::http2::Lease;
use crate::pool::{Http1, Pool};
use crate::upstreams::Upstreams;

/// The body of a vendor's answer.
///
/// Read to the end, its connection serves the next request. Dropped before that, the connection closes, or with HTTP/2 the stream
/// is reset: whoever drops it early has no use for the rest, and the vendor should stop making it.
pub struct UpstreamBody {
    incoming: Incoming,
    lent: Option<Lent>,
}

/// What an answer holds until its end.
pub(crate) enum Lent {
    /// A whole connection, with its way home.
    Http1 {
        home: Rc<Upstreams>,
        pool: Rc<Pool>,
        connection: Http1,
    },
    /// A place on a shared one.
    Http2(Lease),
}

impl UpstreamBody {
    pub(crate) fn new(incoming: Incoming, lent: Lent) -> Self {
        let mut body = Self {
            incoming,
            lent: Some(lent),
        };
        if body.incoming.is_end_stream() {
            body.give_back();
        }
        body
    }

    fn give_back(&mut self) {
        match self.lent.take() {
            Some(Lent::Http1 {
                home,
                pool,
                connection,
            }) => home.keep(&pool, connection),
            Some(Lent::Http2(lease)) => drop(lease),
            None => {}
        }
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = UpstreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UpstreamError>>> {
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(context));
        match frame {
            Some(Ok(frame)) => {
                if self.incoming.is_end_stream() {
                    self.give_back();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                self.lent = None;
                Poll::Ready(Some(Err(UpstreamError::Body(error))))
            }
            None => {
                self.give_back();
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
