//! The last stage: an answer's stream, from the vendor's bytes to the client's.
//!
//! Events are relayed as they came, and only read for what governance needs: usage, the end, a fault. A failure after the first
//! byte is one error event and then the end, without `[DONE]` (design §2): the client must never take it for a whole answer.
//! The relay owns the call's ledger; dropping it is how a call settles whose client has left.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use dvara_dialects::fault::UpstreamFault;
use dvara_ledger::Ledger;
use dvara_service::drain::Drain;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::http::error::GatewayError;
use crate::rules::Withheld;
use crate::stream::{Piece, Stream};

/// A stream on its way to a client.
pub(crate) struct Relay {
    stream: Box<Stream>,
    /// Gone once the call has settled.
    ledger: Option<Ledger>,
    pending: VecDeque<Bytes>,
    patience: Patience,
    cutting: Pin<Box<WaitForCancellationFutureOwned>>,
    trace_id: String,
}

impl Relay {
    pub(crate) fn new(
        stream: Box<Stream>,
        ledger: Ledger,
        drain: &Drain,
        trace_id: String,
    ) -> Self {
        let patience = Patience::new(stream.limits());
        let cutting = Box::pin(drain.cutting_owned());
        Self {
            stream,
            ledger: Some(ledger),
            pending: VecDeque::new(),
            patience,
            cutting,
            trace_id,
        }
    }

    /// The next bytes for the client; `None` at the end.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if let Some(bytes) = self.pending.pop_front() {
                if let Some(ledger) = &mut self.ledger {
                    ledger.first_byte();
                }
                return Poll::Ready(Some(bytes));
            }
            if self.ledger.is_none() {
                return Poll::Ready(None);
            }
            match self.stream.poll_piece(context, &mut self.pending) {
                Poll::Ready(Piece::More) => self.patience.heard(),
                Poll::Ready(Piece::End) => self.complete(),
                Poll::Ready(Piece::Fault(error)) => self.break_off(&error),
                Poll::Pending => {
                    if self.cutting.as_mut().poll(context).is_ready() {
                        self.break_off(&GatewayError::ShuttingDown);
                    } else if let Poll::Ready(error) = self.patience.poll(context) {
                        self.break_off(&error);
                    } else {
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    fn complete(&mut self) {
        if let Some(mut ledger) = self.ledger.take() {
            self.stream.note(&mut ledger);
            match self.stream.withheld().map(Withheld::refusal) {
                Some((status, code)) => ledger.refuse(status, code),
                None => ledger.completed(),
            }
        }
    }

    fn break_off(&mut self, error: &GatewayError) {
        let Some(mut ledger) = self.ledger.take() else {
            return;
        };
        self.stream.note(&mut ledger);
        if matches!(error, GatewayError::Upstream(_)) {
            self.stream.broke_off();
        }
        ledger.fail(error.status(), error.code());
        tracing::warn!(trace_id = %self.trace_id, code = error.code(), reason = &*error.for_log(), "stream broke off");
        self.pending
            .push_back(error.body(&error.message(), &self.trace_id).to_event());
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // The client left: what was relayed until then is what the call came to.
        if let Some(ledger) = &mut self.ledger {
            self.stream.note(ledger);
        }
    }
}

/// How long a stream may be silent, and how long it may last. One timer, set anew only when it fires.
struct Patience {
    idle: Duration,
    ends: Option<Instant>,
    heard: Instant,
    timer: Pin<Box<Sleep>>,
}

/// The limits of a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamLimits {
    /// Between two pieces.
    pub(crate) idle: Duration,
    /// When it has to be over.
    pub(crate) ends: Option<Instant>,
}

impl Patience {
    fn new(limits: StreamLimits) -> Self {
        let now = Instant::now();
        let first = limits
            .ends
            .map_or(now + limits.idle, |ends| ends.min(now + limits.idle));
        Self {
            idle: limits.idle,
            ends: limits.ends,
            heard: now,
            timer: Box::pin(tokio::time::sleep_until(first)),
        }
    }

    fn heard(&mut self) {
        self.heard = Instant::now();
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<GatewayError> {
        while self.timer.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            if self.ends.is_some_and(|ends| ends <= now) {
                return Poll::Ready(
                    UpstreamFault::timeout("the stream lasted longer than it may").into(),
                );
            }
            let silent_until = self.heard + self.idle;
            if silent_until <= now {
                return Poll::Ready(
                    UpstreamFault::timeout("the provider fell silent in the middle of its answer")
                        .into(),
                );
            }
            let next = self
                .ends
                .map_or(silent_until, |ends| ends.min(silent_until));
            self.timer.as_mut().reset(next);
        }
        Poll::Pending
    }
}
