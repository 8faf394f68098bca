//! The mock's stream: its script's events at the script's pace, through the same decoder as a vendor's.

use std::collections::VecDeque;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use dvara_dialects::answer::StreamSummary;
use dvara_dialects::mock::MockStream;
use dvara_dialects::openai::StreamDecoder;
use tokio::time::Sleep;

use super::Piece;
use crate::relay::StreamLimits;

/// A script is never silent for longer than it says.
const NO_LIMIT: StreamLimits = StreamLimits {
    idle: Duration::from_secs(24 * 3600),
    ends: None,
};

/// A stream that the mock makes.
pub(crate) struct Scripted {
    events: MockStream,
    decoder: StreamDecoder,
    /// The event that waits for its time.
    next: Option<(Pin<Box<Sleep>>, Bytes)>,
    ready: Vec<Bytes>,
}

impl Scripted {
    pub(crate) fn new(events: MockStream, decoder: StreamDecoder) -> Self {
        Self {
            events,
            decoder,
            next: None,
            ready: Vec::new(),
        }
    }

    pub(super) fn limits(&self) -> StreamLimits {
        NO_LIMIT
    }

    pub(super) fn summary(&self) -> &StreamSummary {
        self.decoder.summary()
    }

    pub(super) fn poll_piece(
        &mut self,
        context: &mut Context<'_>,
        relay: &mut VecDeque<Bytes>,
    ) -> Poll<Piece> {
        let event = match &mut self.next {
            Some((pause, event)) => {
                ready!(pause.as_mut().poll(context));
                std::mem::take(event)
            }
            None => match self.events.next() {
                None => return Poll::Ready(Piece::End),
                Some((Duration::ZERO, event)) => event,
                Some((pause, event)) => {
                    self.next = Some((Box::pin(tokio::time::sleep(pause)), event));
                    return self.poll_piece(context, relay);
                }
            },
        };
        self.next = None;
        let outcome = self.decoder.push(&event, &mut self.ready);
        relay.extend(self.ready.drain(..));
        Poll::Ready(match outcome {
            Ok(()) => Piece::More,
            Err(fault) => Piece::Fault(fault.into()),
        })
    }
}
