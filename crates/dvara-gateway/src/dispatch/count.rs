//! What a call came to where its vendor does not say it: counted when it settles, beside the core, for models whose tokens can be
//! counted.
//!
//! For this a call keeps its body until it settles, and a whole answer as well; neither is copied. The texts of a stream are not kept,
//! since that would cost every stream something for the few whose usage never comes: what it said is guessed from its characters, by
//! what the characters of its call came to.

use bytes::Bytes;
use dvara_dialects::embedding::EmbeddingRequest;
use dvara_dialects::request::ChatRequest;
use dvara_dialects::tokens::Table;
use dvara_ledger::{Ledger, Uncounted};
use dvara_types::{TokenCount, Usage};

/// Largest call, and largest answer, that is kept and counted, in bytes: some 60,000 tokens of text. What is larger, most often by its
/// images, keeps its estimate: a thousand streams must not hold gigabytes for the few that are left, nor may one call take a thread
/// for seconds.
const MOST: usize = 256 * 1024;

/// A stream may be left, or break off, before its vendor has said what it came to.
pub(super) fn stream(request: &ChatRequest, model: &str, ledger: &mut Ledger) {
    if !may_count(model, &[request.body()]) {
        return;
    }
    let request = request.clone();
    ledger.counted_by(move |uncounted| {
        let prompt = request.counted_prompt(table(uncounted)?).ok()?;
        let output = prompt.guess_answer(uncounted.output_characters);
        Some(usage(prompt.tokens, output))
    });
}

/// A vendor has reported nothing with its whole answer.
pub(super) fn answer(request: &ChatRequest, answer: &Bytes, model: &str, ledger: &mut Ledger) {
    if !may_count(model, &[request.body(), answer]) {
        return;
    }
    let (request, answer) = (request.clone(), answer.clone());
    ledger.counted_by(move |uncounted| {
        let table = table(uncounted)?;
        let prompt = request.counted_prompt(table).ok()?;
        Some(usage(prompt.tokens, table.count_answer(&answer)))
    });
}

/// A vendor has reported nothing with its vectors.
pub(super) fn embeddings(request: &EmbeddingRequest, model: &str, ledger: &mut Ledger) {
    if !may_count(model, &[request.body()]) {
        return;
    }
    let request = request.clone();
    ledger.counted_by(move |uncounted| {
        let input = request.counted_tokens(table(uncounted)?);
        Some(usage(input, TokenCount(0)))
    });
}

fn may_count(model: &str, texts: &[&Bytes]) -> bool {
    Table::of(model).is_some() && texts.iter().all(|text| text.len() <= MOST)
}

/// The table of the model that served in the end, which another attempt may have chosen.
fn table(uncounted: &Uncounted) -> Option<Table> {
    Table::of(uncounted.model.as_deref()?)
}

fn usage(input: TokenCount, output: TokenCount) -> Usage {
    Usage {
        input,
        output,
        ..Usage::default()
    }
}
