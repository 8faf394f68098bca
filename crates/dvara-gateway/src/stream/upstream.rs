//! A vendor's stream: bytes from its connection through the dialect's decoder.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use dvara_dialects::answer::StreamSummary;
use dvara_dialects::fault::UpstreamFault;
use dvara_dialects::vendor::StreamDecoder;
use dvara_service::error_chain;
use dvara_upstream::UpstreamBody;
use dvara_upstream::targets::{Permit, Target as TargetState};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use super::Piece;
use crate::http::error::GatewayError;
use crate::relay::StreamLimits;

/// How long a connection may take to end after its stream has said that it is done. It is kept for the next call then.
const AFTER_DONE: Duration = Duration::from_secs(1);

/// A vendor's stream. Dropping it closes the vendor's connection.
pub(crate) struct FromUpstream {
    /// Gone once the vendor has nothing more to say.
    body: Option<UpstreamBody>,
    decoder: StreamDecoder,
    ready: Vec<Bytes>,
    limits: StreamLimits,
    /// Its place at the provider, and what is known of its target there.
    held: Option<(Permit, Arc<TargetState>)>,
}

impl FromUpstream {
    pub(crate) fn new(body: UpstreamBody, decoder: StreamDecoder, limits: StreamLimits) -> Self {
        Self {
            body: Some(body),
            decoder,
            ready: Vec::new(),
            limits,
            held: None,
        }
    }

    pub(super) fn hold(&mut self, permit: Permit, state: Arc<TargetState>) {
        self.held = Some((permit, state));
    }

    pub(super) fn broke_off(&self) {
        if let Some((_, state)) = &self.held {
            let now = Instant::now();
            if let Ok(pass) = state.breaker.try_pass(now) {
                pass.failed(now);
            }
        }
    }

    pub(super) fn limits(&self) -> StreamLimits {
        self.limits
    }

    pub(super) fn summary(&self) -> &StreamSummary {
        self.decoder.summary()
    }

    /// Waits for the first bytes that go on to the client. A fault until then leaves everything open: an error answer, or
    /// another attempt.
    pub(crate) async fn first_event(&mut self) -> Result<(), GatewayError> {
        loop {
            match poll_fn(|context| self.pull(context)).await {
                Piece::Fault(error) => return Err(error),
                Piece::End => return Ok(()),
                Piece::More if self.ready.is_empty() => {}
                Piece::More => return Ok(()),
            }
        }
    }

    pub(super) fn poll_piece(
        &mut self,
        context: &mut Context<'_>,
        relay: &mut VecDeque<Bytes>,
    ) -> Poll<Piece> {
        let piece = if self.ready.is_empty() {
            ready!(self.pull(context))
        } else {
            Piece::More
        };
        relay.extend(self.ready.drain(..));
        Poll::Ready(piece)
    }

    /// Takes what the connection has. What goes on to the client is `ready` then.
    fn pull(&mut self, context: &mut Context<'_>) -> Poll<Piece> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(Piece::End);
        };
        let outcome = match ready!(Pin::new(body).poll_frame(context)) {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => self.decoder.push(&data, &mut self.ready),
                Err(_trailers) => Ok(()),
            },
            Some(Err(error)) => {
                self.body = None;
                // A vendor that is rude only after its answer was whole has said all there was to say.
                self.decoder
                    .finish(&mut self.ready)
                    .map_err(|_| UpstreamFault::broken_stream(&error_chain(&error)))
            }
            None => {
                self.body = None;
                self.decoder.finish(&mut self.ready)
            }
        };
        Poll::Ready(match outcome {
            Err(fault) => {
                self.body = None;
                Piece::Fault(GatewayError::Upstream(fault))
            }
            Ok(()) => {
                if self.decoder.is_done() {
                    self.let_go();
                }
                Piece::More
            }
        })
    }

    /// The client has its `[DONE]`; the connection is read to its end apart from it.
    fn let_go(&mut self) {
        let Some(mut body) = self.body.take() else {
            return;
        };
        if body.is_end_stream() {
            return;
        }
        tokio::task::spawn_local(async move {
            let rest = async { while let Some(Ok(_)) = body.frame().await {} };
            // A vendor that keeps talking loses its connection with the body.
            let _ended = tokio::time::timeout(AFTER_DONE, rest).await;
        });
    }
}
