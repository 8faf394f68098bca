//! Stage 3: the body, bounded in size and time, and what it asks for.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use dvara_dialects::request::{ChatRequest, ReadLimits};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::enter::Entered;
use crate::http::error::GatewayError;

/// How much of a refused body is read and thrown away, so that the client sees the answer and not a reset.
const DISCARD_BYTES: usize = 1024 * 1024;
/// How long that may take.
const DISCARD_TIME: Duration = Duration::from_secs(2);

/// Bounds on a body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimits {
    /// Largest body in bytes.
    pub(crate) size: usize,
    /// Time from the head to the last byte.
    pub(crate) time: Duration,
    /// Bounds on its shape.
    pub(crate) json: ReadLimits,
}

/// Reads a chat call of somebody who has entered.
///
/// # Errors
/// 413 for too much, 408 for too slow, 400 for what is no chat call.
pub(crate) async fn read(
    _entered: &Entered,
    body: &mut Incoming,
    limits: BodyLimits,
) -> Result<ChatRequest, GatewayError> {
    let bytes = receive(body, limits).await?;
    Ok(ChatRequest::read_openai(bytes, &limits.json)?)
}

/// The whole body. One that comes in one piece, as most do, is not copied.
async fn receive(body: &mut Incoming, limits: BodyLimits) -> Result<Bytes, GatewayError> {
    let too_large = GatewayError::TooLarge { limit: limits.size };
    // A body that announces its size is refused before a byte of it is read.
    if body.size_hint().lower() > limits.size as u64 {
        return Err(too_large);
    }
    let all = async {
        let Some(first) = next(body).await? else {
            return Ok(Bytes::new());
        };
        if body.is_end_stream() && first.len() <= limits.size {
            return Ok(first);
        }
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(0);
        let mut whole = BytesMut::with_capacity(first.len() + announced);
        whole.extend_from_slice(&first);
        while let Some(chunk) = next(body).await? {
            if whole.len() + chunk.len() > limits.size {
                return Err(too_large);
            }
            whole.extend_from_slice(&chunk);
        }
        if whole.len() > limits.size {
            Err(GatewayError::TooLarge { limit: limits.size })
        } else {
            Ok(whole.freeze())
        }
    };
    tokio::time::timeout(limits.time, all)
        .await
        .map_err(|_| GatewayError::BodyTimeout)?
}

async fn next(body: &mut Incoming) -> Result<Option<Bytes>, GatewayError> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(_)) => return Err(GatewayError::BodyBroken),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// Reads what is left of a refused call's body, within bounds, and forgets it. Returns whether it came to its end.
pub(crate) async fn discard(body: &mut Incoming) -> bool {
    let rest = async {
        let mut left = DISCARD_BYTES;
        loop {
            match next(body).await {
                Ok(Some(chunk)) => match left.checked_sub(chunk.len()) {
                    Some(remaining) => left = remaining,
                    None => return false,
                },
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    };
    tokio::time::timeout(DISCARD_TIME, rest)
        .await
        .unwrap_or(false)
}
