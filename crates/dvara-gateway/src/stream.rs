//! Where a stream's pieces come from: a vendor's connection, or the mock's script.

mod scripted;
mod upstream;

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use dvara_dialects::texts::Flow;
use dvara_ledger::Ledger;
use dvara_upstream::targets::{Permit, Target as TargetState};

use crate::http::error::GatewayError;
use crate::relay::StreamLimits;
use crate::rules::{Guard, Withheld};

pub(crate) use scripted::Scripted;
pub(crate) use upstream::FromUpstream;

/// A stream of events on its way through the rules.
pub(crate) struct Stream {
    source: Source,
    guard: Option<Box<Guard>>,
}

/// Where events come from.
enum Source {
    /// As a vendor sends them.
    Upstream(FromUpstream),
    /// As the mock's script says.
    Scripted(Scripted),
}

impl From<FromUpstream> for Stream {
    fn from(source: FromUpstream) -> Self {
        Self::of(Source::Upstream(source))
    }
}

impl From<Scripted> for Stream {
    fn from(source: Scripted) -> Self {
        Self::of(Source::Scripted(source))
    }
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
    fn of(source: Source) -> Self {
        Self {
            source,
            guard: None,
        }
    }

    /// Has all that follows looked through.
    pub(crate) fn guard(&mut self, guard: Guard) {
        self.guard = Some(Box::new(guard));
    }

    /// Takes what the source has and puts what goes on to the client into `relay`.
    pub(crate) fn poll_piece(
        &mut self,
        context: &mut Context<'_>,
        relay: &mut VecDeque<Bytes>,
    ) -> Poll<Piece> {
        let Some(guard) = &mut self.guard else {
            return self.source.poll_piece(context, relay);
        };
        let mut events = VecDeque::new();
        let mut piece = ready!(self.source.poll_piece(context, &mut events));
        let mut passed = Vec::new();
        let mut flow = Flow::On;
        for bytes in events {
            if flow == Flow::On {
                flow = guard.pass(&bytes, &mut passed);
            }
        }
        if flow == Flow::On && matches!(piece, Piece::End) {
            flow = guard.finish(&mut passed);
        }
        if flow == Flow::Blocked {
            piece = Piece::End;
        }
        relay.extend(passed);
        Poll::Ready(piece)
    }

    /// Why the rules ended it, if they did.
    pub(crate) fn withheld(&self) -> Option<Withheld> {
        self.guard.as_ref().and_then(|guard| guard.withheld())
    }

    /// What a vendor's stream holds on to until it ends.
    pub(crate) fn hold(&mut self, permit: Permit, state: Arc<TargetState>) {
        if let Source::Upstream(source) = &mut self.source {
            source.hold(permit, state);
        }
    }

    /// The vendor has let the stream down in its middle.
    pub(crate) fn broke_off(&self) {
        if let Source::Upstream(source) = &self.source {
            source.broke_off();
        }
    }

    /// How long it may be silent and last.
    pub(crate) fn limits(&self) -> StreamLimits {
        match &self.source {
            Source::Upstream(source) => source.limits(),
            Source::Scripted(source) => source.limits(),
        }
    }

    /// Tells the ledger what the stream came to, up to now. To be called once, when it is over.
    pub(crate) fn note(&self, ledger: &mut Ledger) {
        let summary = match &self.source {
            Source::Upstream(source) => source.summary(),
            Source::Scripted(source) => source.summary(),
        };
        ledger.relayed(summary.output_characters);
        match summary.usage {
            Some(usage) if summary.output_is_guessed => ledger.guess(usage),
            Some(usage) => ledger.usage(usage),
            None => {}
        }
    }
}

impl Source {
    fn poll_piece(
        &mut self,
        context: &mut Context<'_>,
        relay: &mut VecDeque<Bytes>,
    ) -> Poll<Piece> {
        match self {
            Self::Upstream(source) => source.poll_piece(context, relay),
            Self::Scripted(source) => source.poll_piece(context, relay),
        }
    }
}
