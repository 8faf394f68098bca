//! Bodies of requests: read whole within bounds, or thrown away.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt as _;

/// How much of a refused body is read and thrown away, so that the client sees the answer and not a reset.
const DISCARD_BYTES: usize = 1024 * 1024;
/// How long that may take.
const DISCARD_TIME: Duration = Duration::from_secs(2);

/// Bounds on a body.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// Largest body in bytes.
    pub size: usize,
    /// Time from the head to the last byte.
    pub time: Duration,
}

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is larger than the limit, which is in bytes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// It did not arrive in time.
    #[error("the body did not arrive in time")]
    Timeout,
    /// It broke off or its framing is wrong.
    #[error("the body broke off before its end")]
    Broken,
}

/// The whole body. One that comes in one piece, as most do, is not copied.
///
/// # Errors
/// When it is too large, too slow or broken.
pub async fn receive<B>(body: &mut B, limits: BodyLimits) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
{
    let too_large = BodyError::TooLarge(limits.size);
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
            Err(too_large)
        } else {
            Ok(whole.freeze())
        }
    };
    tokio::time::timeout(limits.time, all)
        .await
        .map_err(|_| BodyError::Timeout)?
}

async fn next<B>(body: &mut B) -> Result<Option<Bytes>, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
{
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(_)) => return Err(BodyError::Broken),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// Reads what is left of a refused call's body, within bounds, and forgets it. Returns whether it came to its end.
pub async fn discard<B>(body: &mut B) -> bool
where
    B: Body<Data = Bytes> + Unpin,
{
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
