//! Stage 3: the body, bounded in size and time, and what it asks for.

use dvara_dialects::request::{ChatRequest, ReadLimits};
use dvara_service::body::{BodyLimits, receive};
use hyper::body::Incoming;

use crate::enter::Entered;
use crate::http::error::GatewayError;

/// Reads a chat call of somebody who has entered.
///
/// # Errors
/// 413 for too much, 408 for too slow, 400 for what is no chat call.
pub(crate) async fn read(
    _entered: &Entered,
    body: &mut Incoming,
    limits: BodyLimits,
    json: &ReadLimits,
) -> Result<ChatRequest, GatewayError> {
    let bytes = receive(body, limits).await?;
    Ok(ChatRequest::read_openai(bytes, json)?)
}
