//! Where a stream's pieces come from: a vendor's connection, or the mock's script.

mod scripted;
mod upstream;

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use dvara_ledger::Ledger;
use dvara_upstream::targets::{Permit, Target as TargetState};

use crate::http::error::GatewayError;
use crate::relay::StreamLimits;

pub(crate) use scripted::Scripted;
pub(crate) use upstream::FromUpstream;

/// A stream of events.
pub(crate) enum Stream {
    /// As a vendor sends it.
    Upstream(FromUpstream),
    /// As the mock's script says.
    Scripted(Scripted),
}

/// What a look at the source brought.
pub(crate) enum Piece {
    /// It moved on; what is to be relayed, if anything, is in the queue.
    More,
    /// It ended as it should.
    End,
    /// It broke off. What is in the queue is still good.
    Fault(GatewayError),
}

impl Stream {
    /// Takes what the source has and puts what goes on to the client into `relay`.
    pub(crate) fn poll_piece(
        &mut self,
        context: &mut Context<'_>,
        relay: &mut VecDeque<Bytes>,
    ) -> Poll<Piece> {
        match self {
            Self::Upstream(source) => source.poll_piece(context, relay),
            Self::Scripted(source) => source.poll_piece(context, relay),
        }
    }

    /// What a vendor's stream holds on to until it ends.
    pub(crate) fn hold(&mut self, permit: Permit, state: Arc<TargetState>) {
        if let Self::Upstream(source) = self {
            source.hold(permit, state);
        }
    }

    /// The vendor has let the stream down in its middle.
    pub(crate) fn broke_off(&self) {
        if let Self::Upstream(source) = self {
            source.broke_off();
        }
    }

    /// How long it may be silent and last.
    pub(crate) fn limits(&self) -> StreamLimits {
        match self {
            Self::Upstream(source) => source.limits(),
            Self::Scripted(source) => source.limits(),
        }
    }

    /// Tells the ledger what the stream came to, up to now. To be called once, when it is over.
    pub(crate) fn note(&self, ledger: &mut Ledger) {
        let summary = match self {
            Self::Upstream(source) => source.summary(),
            Self::Scripted(source) => source.summary(),
        };
        ledger.relayed(summary.output_characters);
        match summary.usage {
            Some(usage) if summary.output_is_guessed => ledger.guess(usage),
            Some(usage) => ledger.usage(usage),
            None => {}
        }
    }
}
