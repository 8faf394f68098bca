//! One attempt at a vendor's embeddings: as many calls as its limit makes of the request, some of them at once.

use bytes::Bytes;
use dvara_dialects::embedding::{self, Embedded, EmbeddingRequest};
use dvara_dialects::fault::UpstreamFault;
use dvara_types::{TokenCount, Usage};
use futures_util::StreamExt as _;
use futures_util::stream;
use http_body_util::Full;
use tracing::Span;

use super::upstream::{answer, outgoing, unreachable};
use super::{Answered, Book, Destination, Reply, count};
use crate::http::error::GatewayError;
use crate::providers::HttpReach;
use crate::strict;

/// Calls of one request that are under way at once.
const AT_ONCE: usize = 4;

/// Asks a vendor for all vectors, and waits for the last until the attempt's time is over.
pub(super) async fn send(
    to: &Destination<'_>,
    reach: &HttpReach,
    embeddings: &EmbeddingRequest,
    book: &Book<'_>,
) -> Result<Reply, GatewayError> {
    let encoded = embedding::encode(embeddings, &to.target())?;
    let dropped = encoded.dropped;
    strict::check(to.admitted.strict(), &dropped)?;
    let path = reach.embeddings(&to.target());
    let mut calls = Vec::with_capacity(encoded.calls.len());
    for (call, count) in encoded.calls {
        let outgoing = outgoing(to, reach, path.clone(), call.headers, call.body)?;
        calls.push((outgoing, count));
    }
    to.note(book);
    let mut answers = Vec::with_capacity(calls.len());
    let asked = calls
        .into_iter()
        .map(|(outgoing, count)| one(to, reach, outgoing, count));
    let mut under_way = stream::iter(asked).buffered(AT_ONCE);
    let all = async {
        while let Some(answer) = under_way.next().await {
            answers.push(answer?);
        }
        Ok(())
    };
    let outcome = tokio::time::timeout_at(to.ends, all).await;
    let mut ledger = book.borrow_mut();
    ledger.answered();
    if let Err(error) = outcome
        .unwrap_or_else(|_| Err(UpstreamFault::timeout("not all answers within the limit").into()))
    {
        spent(&answers, &mut ledger);
        return Err(error);
    }
    let answered = embedding::render(embeddings, &answers)?;
    show(&answered);
    if answered.is_guess {
        ledger.guess(answered.usage);
        count::embeddings(embeddings, to.attempt.model(), &mut ledger);
    } else {
        ledger.usage(answered.usage);
    }
    Ok(Reply::new(Answered::Whole(answered.body), dropped))
}

async fn one(
    to: &Destination<'_>,
    reach: &HttpReach,
    outgoing: http::Request<Full<Bytes>>,
    count: usize,
) -> Result<Embedded, GatewayError> {
    let connect = to.attempt.provider.resilience.timeouts.connect;
    let sent = to.core.upstreams.send(&reach.origin, outgoing, connect);
    let (head, body) = sent.await.map_err(unreachable)?.into_parts();
    let head = to.read(&head);
    let bytes = answer(&head, body).await?;
    Ok(embedding::decode(&to.target(), &head, bytes, count)?)
}

/// What the vendor bills of a request that failed half-way.
fn spent(answers: &[Embedded], ledger: &mut dvara_ledger::Ledger) {
    let tokens: u64 = answers.iter().filter_map(Embedded::tokens).sum();
    if tokens > 0 {
        ledger.guess(Usage {
            input: TokenCount(tokens),
            ..Usage::default()
        });
    }
}

/// Adds what the answer came to to the attempt's span.
fn show(answered: &embedding::Answered) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    if let Some(model) = &answered.model {
        span.record("gen_ai.response.model", &**model);
    }
    span.record("gen_ai.usage.input_tokens", answered.usage.input_total().0);
}
