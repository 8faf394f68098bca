//! What comes of answers and streams, as JSON.

use bytes::Bytes;
use dvara_dialects::fault::UpstreamFault;
use dvara_dialects::openai;
use dvara_dialects::vendor::StreamDecoder;
use dvara_types::Usage;
use serde_json::{Value, json};

/// A fault, with both its texts.
pub(crate) fn fault(fault: &UpstreamFault) -> Value {
    json!({
        "code": fault.code.as_str(),
        "status": fault.code.status_hint().as_u16(),
        "caller": fault.message_for_caller,
        "log": fault.message_for_log,
        "param": fault.param,
        "vendor_code": fault.vendor_code,
        "retry": format!("{:?}", fault.retry),
        "retry_after_ms": fault.retry_after.map(|wait| wait.as_millis() as u64),
    })
}

/// Token classes.
pub(crate) fn usage(usage: Option<Usage>) -> Value {
    usage.map_or(Value::Null, |usage| {
        json!({
            "input": usage.input.0,
            "cache_read": usage.cache_read.0,
            "cache_write": usage.cache_write.0,
            "output": usage.output.0,
            "reasoning": usage.reasoning.0,
        })
    })
}

/// What a stream comes to when it arrives in these chunks: the bytes that go on, and the summary.
pub(crate) fn stream(chunks: &[&[u8]], shows_usage: bool) -> (Vec<u8>, Value) {
    let decoder = openai::StreamDecoder::with_limit(shows_usage, 1 << 20);
    of_decoder(StreamDecoder::Openai(decoder), chunks)
}

/// What a decoder makes of these chunks: the bytes that go on, and the summary.
pub(crate) fn of_decoder(mut decoder: StreamDecoder, chunks: &[&[u8]]) -> (Vec<u8>, Value) {
    let mut relayed = Vec::new();
    let mut outcome = Ok(());
    for chunk in chunks {
        outcome = decoder.push(&Bytes::copy_from_slice(chunk), &mut relayed);
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_ok() {
        outcome = decoder.finish(&mut relayed);
    }
    let summary = decoder.summary();
    let mut described = json!({
        "end": outcome.as_ref().map_or_else(fault, |()| json!("done")),
        "usage": usage(summary.usage),
        "finish": summary.finish.as_ref().map(ToString::to_string),
        "output_characters": summary.output_characters,
        "model": summary.model,
        "complete": summary.complete,
    });
    if summary.output_is_guessed {
        described["output_is_guessed"] = json!(true);
    }
    (relayed.concat(), described)
}
