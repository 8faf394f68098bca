//! Whether the client of an HTTP/2 stream still takes its answer.
//!
//! A stream's data waits in hyper for the client's window, where nobody hears of it. So an answer is handed over in small
//! pieces, and hyper's asking for the next one is the sign that the one before has gone.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::limits::STREAM_BUFFER;

/// Whether the last piece of an answer still waits to be sent.
#[derive(Default)]
pub(super) struct Pace {
    given: Cell<Option<Instant>>,
}

/// An answer's body in pieces that a moving client takes in good time.
pub(super) struct Paced<B> {
    body: B,
    /// Of a piece of the body, what has not been handed over.
    rest: Bytes,
    pace: Rc<Pace>,
}

impl<B> Paced<B> {
    pub(super) fn new(body: B, pace: Rc<Pace>) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            pace,
        }
    }

    fn piece(&mut self) -> Bytes {
        self.pace.given.set(Some(Instant::now()));
        self.rest.split_to(self.rest.len().min(STREAM_BUFFER))
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Paced<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        self.pace.given.set(None);
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(self.piece()))));
        }
        Pin::new(&mut self.body)
            .poll_frame(context)
            .map_ok(|frame| {
                frame.into_data().map_or_else(
                    |other| other,
                    |data| {
                        self.rest = data;
                        Frame::data(self.piece())
                    },
                )
            })
    }

    /// Not as long as a piece is under way: hyper would take the last one and hand the stream over, and nobody would see a
    /// client that leaves it there.
    fn is_end_stream(&self) -> bool {
        self.pace.given.get().is_none() && self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Runs a call to its end, or until its client has taken nothing of its answer for so long. Dropping the call resets its
/// stream and nobody else's.
pub(super) async fn until_stalled(stream: impl Future<Output = ()>, pace: &Pace, limit: Duration) {
    let mut stream = pin!(stream);
    let mut timer: Option<Pin<Box<Sleep>>> = None;
    poll_fn(|context| {
        if stream.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let Some(given) = pace.given.get() else {
            timer = None;
            return Poll::Pending;
        };
        let end = given + limit;
        let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
        if timer.deadline() != end {
            timer.as_mut().reset(end);
        }
        timer
            .as_mut()
            .poll(context)
            .map(|()| tracing::debug!("a stream was reset: its client stopped reading"))
    })
    .await;
}
