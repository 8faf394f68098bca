//! What holds for every call, answer and stream, whatever they say.

pub(crate) mod any;

use bytes::Bytes;
use dvara_types::ProviderKind;
use http::{HeaderMap, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::SystemTime;

use any::{any_call, any_events, any_json};

use super::*;
use crate::answer::{ResponseHead, StreamSummary};
use crate::json::Members;
use crate::request::{ChatRequest, ReadLimits};
use crate::target::Target;

fn read(body: &str) -> ChatRequest {
    let body = Bytes::copy_from_slice(body.as_bytes());
    ChatRequest::read_openai(body, &ReadLimits::default()).unwrap()
}

fn sent(body: &str) -> String {
    let request = read(body);
    let target = Target::new(ProviderKind::Anthropic, request.model(), None);
    let encoded = encode(&request, &target).unwrap();
    String::from_utf8(encoded.body.to_vec()).unwrap()
}

#[test]
fn what_can_go_on_goes_on_byte_for_byte() {
    let schema =
        r#"{ "type":"object","properties":{"z":{},"a":{"enum":[1.0,1e2,-0]}} ,"required":["z"]}"#;
    let thought = r#""thinking":"\u0048m \ud83c\udf0d \/","signature":"a+\/b==""#;
    let found = sent(&format!(
        r#"{{"model":"claude","temperature":0.70,"nobody_knows":{{"z":1.0,"a":[ ]}},
        "messages":[
            {{"role":"user","content":"caf\u00e9 \ud83c\udf0d"}},
            {{"role":"assistant","content":"Hm","thinking_blocks":[{{"type":"thinking",{thought},"index":0}}],
              "tool_calls":[{{"id":"c","type":"function","function":{{"name":"f","arguments":"{{ \"x\":1.50}}"}}}}]}},
            {{"role":"tool","tool_call_id":"c","content":"\u0031"}}],
        "tools":[{{"type":"function","function":{{"name":"f","parameters":{schema}}}}}]}}"#
    ));
    for piece in [
        r#""temperature":0.70"#,
        r#""nobody_knows":{"z":1.0,"a":[ ]}"#,
        r#""content":"caf\u00e9 \ud83c\udf0d""#,
        &format!(r#"{{"type":"thinking",{thought}}}"#),
        r#""input":{ "x":1.50}"#,
        r#""content":"\u0031""#,
        &format!(r#""input_schema":{schema}"#),
    ] {
        assert!(found.contains(piece), "{piece} in {found}");
    }
}

#[test]
fn a_client_that_leaves_early_is_known_by_what_it_got() {
    let request =
        read(r#"{"model":"claude","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#);
    let mut decoder = StreamDecoder::new(&request, 7);
    let mut relay = Vec::new();
    let start = r#"data: {"type":"message_start","message":{"id":"m","model":"claude-x","usage":{"input_tokens":9,"cache_read_input_tokens":4,"output_tokens":1}}}"#;
    decoder
        .push(&format!("{start}\n\n").into(), &mut relay)
        .unwrap();
    assert!(relay.is_empty(), "another target may still be tried");
    let text = r#"data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"twelve chars"}}"#;
    decoder
        .push(&format!("{text}\n\n").into(), &mut relay)
        .unwrap();
    let summary = decoder.summary();
    let usage = summary.usage.unwrap();
    assert_eq!(
        (usage.input.0, usage.cache_read.0, usage.output.0),
        (9, 4, 3)
    );
    assert!(summary.output_is_guessed && !summary.complete);
    assert_eq!(summary.model.as_deref(), Some("claude-x"));
}

#[test]
fn what_a_client_sends_back_is_what_the_model_said() {
    let thought = json!({"type": "thinking", "thinking": "Hm \"🌍\"", "signature": "a+/="});
    let hidden = json!({"type": "redacted_thinking", "data": "b+/="});
    let text = json!({"type": "text", "text": "I look."});
    let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "f", "input": {"z": 1.5, "a": [{}]}});
    let request = read(r#"{"model":"claude","messages":[{"role":"user","content":"Hi"}]}"#);
    let head = ResponseHead::read(StatusCode::OK, &HeaderMap::new(), SystemTime::UNIX_EPOCH);
    for content in [
        json!([thought, text]),
        json!([thought, hidden, call("a"), call("b")]),
        json!([
            thought,
            text,
            hidden,
            thought,
            call("a"),
            thought,
            call("b")
        ]),
        json!([text, thought, call("a")]),
        json!([call("a"), thought]),
    ] {
        let answer = json!({"content": content, "stop_reason": "tool_use"});
        let (_, body) = decode(&request, &head, answer.to_string().as_bytes(), 7).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let back = json!({"model": "claude", "messages": [
            {"role": "user", "content": "Hi"}, body["choices"][0]["message"],
        ]});
        let sent: Value = serde_json::from_str(&sent(&back.to_string())).unwrap();
        assert_eq!(sent["messages"][1]["content"], content);
    }
}

#[test]
fn a_block_of_thinking_beyond_the_bound_breaks_the_stream() {
    let request = read(r#"{"model":"claude","messages":[{"role":"user","content":"Hi"}]}"#);
    let mut decoder = StreamDecoder::new(&request, 7);
    let start =
        r#"data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking"}}"#;
    decoder
        .push(&format!("{start}\n\n").into(), &mut Vec::new())
        .unwrap();
    let text = "x".repeat(1 << 20);
    let delta = format!(
        "data: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"thinking_delta\",\"thinking\":\"{text}\"}}}}\n\n"
    );
    let delta = Bytes::from(delta);
    for _ in 0..8 {
        decoder.push(&delta, &mut Vec::new()).unwrap();
    }
    assert!(decoder.push(&delta, &mut Vec::new()).is_err());
}

#[test]
fn an_event_beyond_the_bound_breaks_the_stream() {
    let request = read(r#"{"model":"claude","messages":[{"role":"user","content":"Hi"}]}"#);
    let mut decoder = StreamDecoder::new(&request, 7);
    let huge = Bytes::from(vec![b'x'; crate::sse::DEFAULT_MAX_EVENT + 1]);
    assert!(decoder.push(&huge, &mut Vec::new()).is_err());
}

fn translated(request: &ChatRequest, chunks: &[&[u8]]) -> (Vec<u8>, StreamSummary, bool) {
    let mut decoder = StreamDecoder::new(request, 7);
    let mut relay = Vec::new();
    let mut outcome = Ok(());
    for chunk in chunks {
        outcome = decoder.push(&Bytes::copy_from_slice(chunk), &mut relay);
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_ok() {
        outcome = decoder.finish(&mut relay);
    }
    (relay.concat(), decoder.summary().clone(), outcome.is_ok())
}

proptest! {
    #[test]
    fn what_is_sent_is_json_that_says_everything_once(call in any_call()) {
        let Ok(request) = ChatRequest::read_openai(call.to_string().into(), &ReadLimits::default()) else {
            return Ok(());
        };
        let target = Target::new(ProviderKind::Anthropic, request.model(), None);
        if let Ok(encoded) = encode(&request, &target) {
            let Members(members) = serde_json::from_slice(&encoded.body).unwrap();
            let mut names: Vec<_> = members.iter().map(|member| &*member.key).collect();
            names.sort_unstable();
            prop_assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{:?}", names);
            serde_json::from_slice::<Value>(&encoded.body).unwrap();
        }
    }

    #[test]
    fn an_answer_is_json_whatever_the_vendor_says(content in vec(any_json(), 0..4), rest in any_json(), by_tool: bool) {
        let schema = if by_tool { r#","response_format":{"type":"json_schema","json_schema":{}}"# } else { "" };
        let request = read(&format!(r#"{{"model":"claude","messages":[{{"role":"user","content":"Hi"}}]{schema}}}"#));
        let head = ResponseHead::read(StatusCode::OK, &HeaderMap::new(), SystemTime::UNIX_EPOCH);
        let body = json!({"id": rest, "content": content, "stop_reason": rest, "usage": rest, "stop_details": rest});
        let (_, body) = decode(&request, &head, body.to_string().as_bytes(), 7).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        prop_assert_eq!(&body["object"], "chat.completion");
        let _ = decode(&request, &head, rest.to_string().as_bytes(), 7);
    }

    #[test]
    fn a_stream_is_chunks_whatever_the_vendor_says_and_however_it_arrives(events in any_events(), at: prop::sample::Index) {
        let request = read(r#"{"model":"claude","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}],"response_format":{"type":"json_schema","json_schema":{}}}"#);
        let bytes = events.as_bytes();
        let whole = translated(&request, &[bytes]);
        let at = at.index(bytes.len() + 1);
        prop_assert_eq!(&translated(&request, &[&bytes[..at], &bytes[at..]]), &whole);
        let (relayed, summary, is_whole) = whole;
        let relayed = String::from_utf8(relayed).unwrap();
        let events: Vec<_> = relayed.split_terminator("\n\n").collect();
        let done = events.iter().filter(|event| **event == "data: [DONE]").count();
        prop_assert_eq!(done, usize::from(is_whole));
        prop_assert_eq!(summary.complete, is_whole);
        let mut roles = 0;
        for event in events {
            let data = event.strip_prefix("data: ").unwrap();
            if data != "[DONE]" {
                let chunk: Value = serde_json::from_str(data).unwrap();
                roles += usize::from(chunk["choices"][0]["delta"]["role"] == "assistant");
            }
        }
        prop_assert!(roles <= 1);
    }

    #[test]
    fn no_bytes_are_too_odd(bytes in vec(any::<u8>(), 0..200)) {
        let request = read(r#"{"model":"claude","messages":[{"role":"user","content":"Hi"}]}"#);
        let framed = [b"data: ", &bytes[..], b"\n\n"].concat();
        prop_assert!(!translated(&request, &[&framed]).2);
        let head = ResponseHead::read(StatusCode::OK, &HeaderMap::new(), SystemTime::UNIX_EPOCH);
        prop_assert!(decode(&request, &head, &bytes, 7).is_err());
    }
}
