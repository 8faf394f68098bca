use std::time::SystemTime;

use bytes::Bytes;
use dvara_types::ProviderKind;
use http::{HeaderMap, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::fields::DECLARED;
use super::*;
use crate::answer::{ResponseHead, StreamSummary};
use crate::anthropic::tests::any::{any_call, any_json};
use crate::fields::tests::OF_OPENAI;
use crate::request::{ChatRequest, ReadLimits};
use crate::target::Target;

fn read(body: &str) -> ChatRequest {
    let body = Bytes::copy_from_slice(body.as_bytes());
    ChatRequest::read_openai(body, &ReadLimits::default()).unwrap()
}

/// What goes on of a stream in these pieces, what it came to, and whether it is whole.
fn translated(request: &ChatRequest, pieces: &[&[u8]]) -> (Vec<u8>, StreamSummary, bool) {
    let mut decoder = StreamDecoder::new(request, 7);
    let mut relay = Vec::new();
    let mut outcome = Ok(());
    for piece in pieces {
        outcome = decoder.push(&Bytes::copy_from_slice(piece), &mut relay);
        if outcome.is_err() {
            break;
        }
    }
    let outcome = outcome.and_then(|()| decoder.finish(&mut relay));
    (relay.concat(), decoder.summary().clone(), outcome.is_ok())
}

#[test]
fn every_field_of_openais_has_a_verdict() {
    for name in OF_OPENAI {
        assert!(DECLARED.find(name).is_some(), "{name}");
    }
}

#[test]
fn a_models_name_cannot_leave_its_place_in_the_path() {
    let target = Target::new(ProviderKind::Gemini, "gemini/../x?key=1", None);
    assert_eq!(
        path(&target, true),
        "/v1beta/models/gemini%2F..%2Fx%3Fkey%3D1:streamGenerateContent?alt=sse"
    );
}

#[test]
fn a_client_that_leaves_pays_for_what_it_got() {
    let request = read(
        r#"{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"Hi"}],"stream":true}"#,
    );
    let mut decoder = StreamDecoder::new(&request, 7);
    let event = r#"data: {"candidates":[{"content":{"parts":[{"text":"twelve chars"}]}}],"usageMetadata":{"promptTokenCount":4}}"#;
    let piece = Bytes::from(format!("{event}\n\n"));
    decoder.push(&piece, &mut Vec::new()).unwrap();
    let summary = decoder.summary();
    assert!(summary.output_is_guessed);
    let usage = summary.usage.unwrap();
    assert_eq!((usage.input.0, usage.output.0), (4, 3));
}

/// Events whose shape is right and whose members may be anything.
fn any_events() -> impl Strategy<Value = String> {
    let finish = select(&["STOP", "MAX_TOKENS", "SAFETY", "MALFORMED_RESPONSE", "NEW"][..]);
    let part = (any_json(), any::<bool>(), 0_u8..4).prop_map(|(value, odd, kind)| {
        let text = if odd { value.clone() } else { json!("a\"é🌍") };
        match kind {
            0 => json!({"text": text}),
            1 => json!({"text": text, "thought": true}),
            2 => json!({"functionCall": {"name": "f", "args": value, "id": text}, "thoughtSignature": "c2ln"}),
            _ => json!({"text": "", "thoughtSignature": text}),
        }
    });
    let event = (vec(part, 0..3), finish, any_json(), 0_u8..8).prop_map(
        |(parts, finish, value, kind)| match kind {
            0 => json!({"error": value}),
            1 => json!({"promptFeedback": {"blockReason": value}}),
            2 => json!({"candidates": value, "usageMetadata": value}),
            3 => json!({"candidates": [{"content": {"parts": parts}, "finishReason": finish}], "responseId": "r"}),
            _ => json!({"candidates": [{"content": {"parts": parts}}], "usageMetadata": {"promptTokenCount": 3, "x": value}}),
        },
    );
    vec(event, 0..8).prop_map(|events| {
        let events = events.iter();
        events
            .map(|event| format!("data: {event}\r\n\r\n"))
            .collect()
    })
}

proptest! {
    #[test]
    fn any_call_is_refused_or_becomes_json(call in any_call(), model in select(&["gemini-2.5-pro", "gemini-3-flash", "gemini-2.0-flash", "x"][..])) {
        let body = Bytes::from(call.to_string());
        let Ok(request) = ChatRequest::read_openai(body, &ReadLimits::default()) else {
            return Ok(());
        };
        for kind in [ProviderKind::Gemini, ProviderKind::Vertex] {
            match encode(&request, &Target::new(kind, model, None)) {
                Err(error) => prop_assert!(error.param().is_some()),
                Ok(encoded) => {
                    let sent: Value = serde_json::from_slice(&encoded.body).unwrap();
                    let contents = sent["contents"].as_array().unwrap();
                    prop_assert!(!contents.is_empty());
                    for pair in contents.windows(2) {
                        prop_assert_ne!(&pair[0]["role"], &pair[1]["role"]);
                    }
                    for content in contents {
                        prop_assert!(!content["parts"].as_array().unwrap().is_empty());
                    }
                }
            }
        }
    }

    #[test]
    fn a_stream_is_the_same_however_it_is_cut(events in any_events(), at in any::<Index>()) {
        let request = read(r#"{"model":"g","messages":[{"role":"user","content":"Hi"}],"stream":true,"stream_options":{"include_usage":true}}"#);
        let bytes = events.as_bytes();
        let whole = translated(&request, &[bytes]);
        let at = at.index(bytes.len() + 1);
        let (relayed, summary, is_whole) = translated(&request, &[&bytes[..at], &bytes[at..]]);
        prop_assert_eq!(&relayed, &whole.0);
        prop_assert_eq!(&summary, &whole.1);
        prop_assert_eq!(summary.complete, is_whole);
        let relayed = String::from_utf8(relayed).unwrap();
        let done = relayed.matches("data: [DONE]").count();
        prop_assert_eq!(done, usize::from(is_whole));
        for event in relayed.split_terminator("\n\n") {
            let data = event.strip_prefix("data: ").unwrap();
            prop_assert!(data == "[DONE]" || serde_json::from_str::<Value>(data).is_ok());
        }
    }

    #[test]
    fn no_bytes_are_too_odd(bytes in vec(any::<u8>(), 0..200)) {
        let request = read(r#"{"model":"g","messages":[{"role":"user","content":"Hi"}]}"#);
        let framed = [b"data: ", &bytes[..], b"\n\n"].concat();
        prop_assert!(!translated(&request, &[&framed]).2);
        let head = ResponseHead::read(StatusCode::OK, &HeaderMap::new(), SystemTime::UNIX_EPOCH);
        prop_assert!(decode(&request, &head, &bytes, 7).is_err());
    }
}
