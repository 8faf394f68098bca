mod chunks;

use bytes::Bytes;
use dvara_dialects::answer::StreamSummary;
use dvara_dialects::fault::UpstreamFault;
use dvara_dialects::request::{ChatRequest, ReadLimits};
use dvara_dialects::target::Target;
use dvara_dialects::vendor::StreamDecoder;
use dvara_types::ProviderKind;
use serde::de::IgnoredAny;

use crate::event_stream;
use crate::events::Events;
use crate::pieces;

/// When the streams are answered, in seconds since 1970.
const NOW: u64 = 1_760_000_000;

/// Calls that are answered: one whose client asked for usage, one whose client did not.
const CALLS: [&[u8]; 2] = [
    br#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}]}"#,
    br#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#,
];

/// One that asked for JSON of a schema, which older models of Anthropic give as the input of a tool.
const SCHEMA_CALL: &[u8] =
    br#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}],
"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object"}}}}"#;

/// A stream in OpenAI's dialect.
pub fn openai(data: &[u8]) {
    for call in CALLS.map(call) {
        let outcome = outcome(ProviderKind::Openai, &call, data);
        holds_for_all(&outcome);
    }
}

/// A stream of a vendor of OpenAI's shape that has words of its own.
pub fn shaped(data: &[u8]) {
    for kind in crate::WITH_WORDS {
        for call in CALLS.map(call) {
            holds_for_all(&outcome(kind, &call, data));
        }
    }
}

/// A stream in Anthropic's dialect, which goes on in OpenAI's.
pub fn anthropic(data: &[u8]) {
    translated(ProviderKind::Anthropic, data);
}

/// A stream in Gemini's dialect, which goes on in OpenAI's.
pub fn gemini(data: &[u8]) {
    translated(ProviderKind::Gemini, data);
}

/// A stream of Bedrock's, which goes on in OpenAI's dialect. An input is a line for each event, its type and its payload: nobody guesses
/// the checksums of events, so they are made here.
pub fn bedrock(data: &[u8]) {
    let events = data.split(|byte| *byte == b'\n').map(event_stream::message);
    translated(ProviderKind::Bedrock, &events.collect::<Vec<_>>().concat());
}

/// What goes on is a stream of chunks.
fn translated(kind: ProviderKind, data: &[u8]) {
    for call in CALLS.into_iter().chain([SCHEMA_CALL]).map(call) {
        let outcome = outcome(kind, &call, data);
        holds_for_all(&outcome);
        chunks::hold(&outcome, call.include_usage());
    }
}

/// A stream in Cohere's dialect, which goes on in OpenAI's.
pub fn cohere(data: &[u8]) {
    for call in CALLS.map(call) {
        let outcome = outcome(ProviderKind::Cohere, &call, data);
        holds_for_all(&outcome);
        chunks::hold(&outcome, call.include_usage());
    }
}

fn call(body: &'static [u8]) -> ChatRequest {
    ChatRequest::read_openai(Bytes::from_static(body), &ReadLimits::default())
        .expect("the call is well-formed")
}

/// What a decoder made of a stream.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    relayed: Vec<u8>,
    end: Result<(), UpstreamFault>,
    summary: StreamSummary,
    done: bool,
}

/// What comes of the stream, which must be the same however it is cut.
fn outcome(kind: ProviderKind, call: &ChatRequest, data: &[u8]) -> Outcome {
    let whole = decode(kind, call, &[Bytes::copy_from_slice(data)]);
    for cut in pieces::cuts(data) {
        let other = decode(kind, call, &cut);
        assert_eq!(other, whole, "cut into pieces of {:?}", sizes(&cut));
    }
    whole
}

fn sizes(cut: &[Bytes]) -> Vec<usize> {
    cut.iter().map(Bytes::len).collect()
}

fn decode(kind: ProviderKind, call: &ChatRequest, pieces: &[Bytes]) -> Outcome {
    let target = Target::new(kind, call.model(), None);
    let mut decoder = StreamDecoder::new(&target, call, NOW);
    let mut relay = Vec::new();
    let mut end = Ok(());
    for piece in pieces {
        end = decoder.push(piece, &mut relay);
        if end.is_err() || decoder.is_done() {
            break;
        }
    }
    if end.is_ok() {
        end = decoder.finish(&mut relay);
    }
    Outcome {
        relayed: relay.concat(),
        end,
        summary: decoder.summary().clone(),
        done: decoder.is_done(),
    }
}

fn holds_for_all(outcome: &Outcome) {
    let events = Events::read(&outcome.relayed);
    assert!(
        !events.unfinished,
        "whatever we add would become a part of half an event"
    );
    let is_done = |data: &Vec<u8>| data.trim_ascii() == b"[DONE]";
    let ends = events.data.iter().filter(|data| is_done(data)).count();
    match &outcome.end {
        Ok(()) => {
            assert!(outcome.done && outcome.summary.complete);
            assert!(ends == 1 && events.data.last().is_some_and(is_done));
        }
        Err(fault) => {
            assert!(!fault.message_for_caller.is_empty());
            assert!(ends == 0 && !outcome.done, "a broken stream looks finished");
        }
    }
    for data in &events.data {
        let data = data.trim_ascii();
        assert!(
            data.is_empty()
                || data == b"[DONE]"
                || serde_json::from_slice::<IgnoredAny>(data).is_ok(),
            "an event that no client can read is relayed"
        );
    }
    if let Some(usage) = outcome.summary.usage {
        let _ = usage.total();
    }
    let _ = outcome.summary.estimated_output_tokens();
}
