//! One attempt at a vendor over HTTP: encode, send, wait for the head, and for a whole answer its body.

use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use dvara_dialects::answer::{Answer, ResponseHead};
use dvara_dialects::fault::{Retry, UpstreamFault};
use dvara_dialects::request::ChatRequest;
use dvara_dialects::target::Target;
use dvara_dialects::vendor::{self, Decoded, StreamDecoder};
use dvara_service::error_chain;
use dvara_upstream::{UpstreamBody, UpstreamError};
use http::header::{HOST, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use tokio::time::Instant;
use tracing::Span;

use super::{Answered, Book, Destination, Reply, count};
use crate::http::error::GatewayError;
use crate::providers::HttpReach;
use crate::relay::StreamLimits;
use crate::stream::{FromUpstream, Stream};
use crate::strict;

/// Largest answer that is held in memory, in bytes. Vendors' largest are images in base64, some 20 MB.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// As much of an error answer as is worth reading.
const MAX_ERROR: usize = 1024 * 1024;

static OURS: HeaderValue = HeaderValue::from_static(concat!("dvara/", env!("CARGO_PKG_VERSION")));

/// Sends a call to a vendor, and waits for its answer or its stream's first event until the attempt's time is over.
pub(super) async fn send(
    to: &Destination<'_>,
    reach: &HttpReach,
    request: &ChatRequest,
    book: &Book<'_>,
) -> Result<Reply, GatewayError> {
    let target = to.target();
    let encoded = vendor::encode(request, &target)?;
    strict::check(to.admitted.strict(), &encoded.dropped)?;
    let path = reach.chat(&target, request.stream());
    let outgoing = outgoing(to, reach, path, encoded.headers, encoded.body)?;
    to.note(book);
    let timeouts = to.attempt.provider.resilience.timeouts;
    let started = Instant::now();
    let sent = to
        .core
        .upstreams
        .send(&reach.origin, outgoing, timeouts.connect);
    let answer = async {
        let (head, body) = sent.await.map_err(unreachable)?.into_parts();
        let head = to.read(&head);
        if request.stream() {
            let limits = StreamLimits {
                idle: timeouts.idle,
                ends: timeouts.streaming.map(|limit| started + limit),
            };
            let mut decoder = StreamDecoder::new(&target, request, unix_seconds());
            decoder.answered_by(&head);
            let stream = open_stream(decoder, &target, &head, body, limits).await?;
            book.borrow_mut().answered();
            Ok(Answered::Stream(stream))
        } else {
            whole(request, &target, &head, body, book).await
        }
    };
    let answered = tokio::time::timeout_at(to.ends, answer)
        .await
        .map_err(|_| UpstreamFault::timeout("no answer within the limit"))??;
    Ok(Reply::new(answered, encoded.dropped))
}

/// All of an answer.
pub(super) async fn answer(head: &ResponseHead, body: UpstreamBody) -> Result<Bytes, GatewayError> {
    let bound = if head.status.is_success() {
        MAX_ANSWER
    } else {
        MAX_ERROR
    };
    collect(body, bound).await
}

async fn whole(
    request: &ChatRequest,
    target: &Target<'_>,
    head: &ResponseHead,
    body: UpstreamBody,
    book: &Book<'_>,
) -> Result<Answered, GatewayError> {
    let bytes = answer(head, body).await?;
    book.borrow_mut().answered();
    let decoded = vendor::decode(target, request, head, bytes, unix_seconds())?;
    let Decoded { answer, body } = decoded;
    show(&answer);
    let mut ledger = book.borrow_mut();
    match answer.usage {
        Some(usage) => ledger.usage(usage),
        None => {
            ledger.expected_input(request.estimated_prompt_tokens());
            ledger.relayed(answer.output_characters);
            count::answer(request, &body, target.model, &mut ledger);
        }
    }
    Ok(Answered::Whole(body))
}

/// Adds what a whole answer came to to the attempt's span.
fn show(answer: &Answer) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    if let Some(model) = &answer.model {
        span.record("gen_ai.response.model", &**model);
    }
    if let Some(usage) = &answer.usage {
        span.record("gen_ai.usage.input_tokens", usage.input_total().0);
        span.record("gen_ai.usage.output_tokens", usage.output_total().0);
    }
}

/// The request to the vendor.
///
/// # Errors
/// When there is no path: the model's name makes none.
pub(super) fn outgoing(
    to: &Destination<'_>,
    reach: &HttpReach,
    path: Option<PathAndQuery>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, GatewayError> {
    let path = path.ok_or_else(|| GatewayError::BadRequest {
        code: "invalid_request",
        message: "`model` holds what no address can carry".to_owned(),
        param: Some("model".into()),
    })?;
    let mut outgoing = Request::new(Full::new(body.clone()));
    *outgoing.method_mut() = Method::POST;
    *outgoing.uri_mut() = Uri::from(path);
    let all = outgoing.headers_mut();
    all.insert(HOST, reach.origin.authority().clone());
    all.extend(headers);
    all.insert(USER_AGENT, OURS.clone());
    if let Some(credential) = &to.credential {
        all.insert(credential.name.clone(), credential.value.clone());
    } else if let Some(identity) = &to.attempt.provider.identity {
        identity.authorise(&mut outgoing, &body).map_err(|reason| {
            GatewayError::IdentityUnavailable {
                provider: to.attempt.provider.name.clone(),
                reason,
            }
        })?;
    }
    Ok(outgoing)
}

fn unix_seconds() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// An answer to a streamed call: a stream whose first event has come, or the vendor's refusal as a whole.
async fn open_stream(
    decoder: StreamDecoder,
    target: &Target<'_>,
    head: &ResponseHead,
    body: UpstreamBody,
    limits: StreamLimits,
) -> Result<Box<Stream>, GatewayError> {
    if head.status.is_success() && head.is_event_stream() {
        let mut source = FromUpstream::new(body, decoder, limits);
        source.first_event().await?;
        return Ok(Box::new(Stream::from(source)));
    }
    let bytes = collect(body, MAX_ERROR).await?;
    Err(vendor::not_a_stream(target, head, &bytes).into())
}

/// A body up to a bound. One that comes in one piece is not copied.
async fn collect(mut body: UpstreamBody, bound: usize) -> Result<Bytes, GatewayError> {
    let too_large = || -> GatewayError {
        UpstreamFault::provider_error(
            "the provider's answer is larger than the gateway holds",
            "the provider's answer is larger than the gateway holds",
            Retry::No,
        )
        .into()
    };
    if body.size_hint().lower() > bound as u64 {
        return Err(too_large());
    }
    let Some(first) = next(&mut body).await? else {
        return Ok(Bytes::new());
    };
    if body.is_end_stream() && first.len() <= bound {
        return Ok(first);
    }
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(0);
    let mut whole = BytesMut::with_capacity(first.len() + announced);
    whole.extend_from_slice(&first);
    while let Some(chunk) = next(&mut body).await? {
        if whole.len() + chunk.len() > bound {
            return Err(too_large());
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

async fn next(body: &mut UpstreamBody) -> Result<Option<Bytes>, GatewayError> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| UpstreamFault::broken_stream(&error_chain(&error)))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

pub(super) fn unreachable(error: UpstreamError) -> GatewayError {
    UpstreamFault::unreachable(error_chain(&error)).into()
}
