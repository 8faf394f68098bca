//! Bodies of answers. Those of governed calls carry the call's ledger, which settles when the body is gone: read to its end,
//! broken off, or dropped because the client left.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use dvara_ledger::Ledger;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;

use crate::relay::Relay;

/// A body of the gateway.
pub(crate) enum GatewayBody {
    /// All of it at once; with the ledger of the call, if it is governed.
    Whole(Option<Bytes>, Option<Ledger>),
    /// As a vendor makes it.
    Stream(Box<Relay>),
    /// The actuator's.
    Actuator(Full<Bytes>),
}

impl GatewayBody {
    /// The whole answer of a governed call; the call is completed when it has been taken.
    pub(crate) fn settling(bytes: Bytes, ledger: Ledger) -> Self {
        Self::Whole(Some(bytes), Some(ledger))
    }

    /// Nothing.
    pub(crate) fn empty() -> Self {
        Self::Whole(None, None)
    }
}

impl From<Bytes> for GatewayBody {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes), None)
    }
}

impl Body for GatewayBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Whole(bytes, ledger) => {
                if let Some(mut ledger) = ledger.take() {
                    ledger.first_byte();
                    ledger.completed();
                }
                Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes))))
            }
            Self::Stream(relay) => relay
                .poll_next(context)
                .map(|next| next.map(|bytes| Ok(Frame::data(bytes)))),
            Self::Actuator(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes, _) => bytes.is_none(),
            Self::Stream(_) => false,
            Self::Actuator(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes, _) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Stream(_) => SizeHint::default(),
            Self::Actuator(body) => body.size_hint(),
        }
    }
}
