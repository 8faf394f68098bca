//! What holds for every call, answer and stream, whatever they say.

mod any;

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

const STREAMED: &str = r#"{"model":"c","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}]}"#;

fn read(body: &str) -> ChatRequest {
    let body = Bytes::copy_from_slice(body.as_bytes());
    ChatRequest::read_openai(body, &ReadLimits::default()).unwrap()
}

fn sent(body: &str) -> String {
    let request = read(body);
    let target = Target::new(ProviderKind::Cohere, request.model(), None);
    let encoded = encode(&request, &target).unwrap();
    String::from_utf8(encoded.body.to_vec()).unwrap()
}

fn success() -> ResponseHead {
    ResponseHead::read(StatusCode::OK, &HeaderMap::new(), SystemTime::UNIX_EPOCH)
}

#[test]
fn what_can_go_on_goes_on_byte_for_byte() {
    let schema =
        r#"{ "type":"object","properties":{"z":{},"a":{"enum":[1.0,1e2,-0]}} ,"required":["z"]}"#;
    let thought = r#""thinking":"\u0048m \ud83c\udf0d \/""#;
    let found = sent(&format!(
        r#"{{"model":"c","temperature":0.70,"top_p":0.90,"seed":1e3,"documents":[{{"data":{{"z":1.0,"a":"\u0041"}}}}],
        "messages":[
            {{"role":"user","content":"caf\u00e9 \ud83c\udf0d"}},
            {{"role":"assistant","content":null,"thinking_blocks":[{{"type":"thinking",{thought},"index":0}}],
              "tool_calls":[{{"id":"c","type":"function","function":{{"name":"f","arguments":"{{ \"x\":1.50}}"}}}}]}},
            {{"role":"tool","tool_call_id":"c","content":"\u0031"}},
            {{"role":"assistant","reasoning_content":"\u0049 look","content":"\u0041nd",
              "tool_calls":[{{"id":"d","type":"function","function":{{"name":"f","arguments":"{{}}"}}}}]}}],
        "tools":[{{"type":"function","function":{{"name":"f","description":"\u0064","parameters":{schema}}}}}]}}"#
    ));
    for piece in [
        r#""temperature":0.70"#,
        r#""p":0.90"#,
        r#""seed":1e3"#,
        r#""documents":[{"data":{"z":1.0,"a":"\u0041"}}]"#,
        r#""content":"caf\u00e9 \ud83c\udf0d""#,
        &format!(r#""content":[{{"type":"thinking",{thought}}}]"#),
        r#""arguments":"{ \"x\":1.50}""#,
        r#""content":"\u0031""#,
        r#""tool_plan":"\u0049 look\n\u0041nd""#,
        &format!(r#""description":"\u0064","parameters":{schema}"#),
    ] {
        assert!(found.contains(piece), "{piece} in {found}");
    }
    let formatted = sent(&format!(
        r#"{{"model":"c","messages":[{{"role":"user","content":"Hi"}}],
        "response_format":{{"type":"json_schema","json_schema":{{"name":"n","schema":{schema}}}}}}}"#
    ));
    let format = format!(r#""response_format":{{"type":"json_object","json_schema":{schema}}}"#);
    assert!(formatted.contains(&format), "{formatted}");
}

#[test]
fn a_client_that_leaves_early_is_known_by_what_it_got() {
    let mut decoder = StreamDecoder::new(&read(STREAMED), 7);
    let mut relay = Vec::new();
    let start =
        r#"data: {"type":"message-start","id":"m","delta":{"message":{"role":"assistant"}}}"#;
    decoder
        .push(&format!("{start}\n\n").into(), &mut relay)
        .unwrap();
    assert!(relay.is_empty(), "another target may still be tried");
    let text = r#"data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"twelve chars"}}}}"#;
    decoder
        .push(&format!("{text}\n\n").into(), &mut relay)
        .unwrap();
    let summary = decoder.summary();
    assert_eq!((summary.usage, summary.output_characters), (None, 12));
    assert_eq!(summary.estimated_output_tokens().0, 3);
    assert!(!summary.complete);
}

/// What comes of an answer that a client sends back.
fn sent_back(message: &Value) -> Value {
    let answer = json!({"id": "a", "finish_reason": "COMPLETE", "message": message});
    let request = read(r#"{"model":"c","messages":[{"role":"user","content":"Hi"}]}"#);
    let (_, body) = decode(&request, &success(), answer.to_string().as_bytes(), 7).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let back = json!({"model": "c", "messages": [
        {"role": "user", "content": "Hi"}, body["choices"][0]["message"],
    ]});
    let sent: Value = serde_json::from_str(&sent(&back.to_string())).unwrap();
    sent["messages"][1].clone()
}

#[test]
fn an_answer_that_comes_back_is_the_message_that_it_was() {
    let text = json!({"type": "text", "text": "Hi \"you\""});
    let thought = json!({"type": "thinking", "thinking": "Hm\n…"});
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}});
    for message in [
        json!({"role": "assistant", "content": [thought, text]}),
        json!({"role": "assistant", "content": [text, thought]}),
        json!({"role": "assistant", "content": [thought, text, thought]}),
        json!({"role": "assistant", "content": [thought], "tool_calls": [call("a")]}),
        json!({"role": "assistant", "tool_plan": "I will.", "tool_calls": [call("a"), call("b")]}),
        json!({"role": "assistant", "tool_plan": "I \"will\".", "content": [thought], "tool_calls": [call("a")]}),
        json!({"role": "assistant", "tool_calls": [call("a")]}),
        json!({"role": "assistant", "content": "Hi"}),
    ] {
        assert_eq!(sent_back(&message), message);
    }
}

#[test]
fn a_block_of_thinking_beyond_the_bound_breaks_the_stream() {
    let mut decoder = StreamDecoder::new(&read(STREAMED), 7);
    let text = "x".repeat(1 << 20);
    let delta = format!(
        "data: {{\"type\":\"content-delta\",\"index\":0,\"delta\":{{\"message\":{{\"content\":{{\"thinking\":\"{text}\"}}}}}}}}\n\n"
    );
    let delta = Bytes::from(delta);
    for _ in 0..8 {
        decoder.push(&delta, &mut Vec::new()).unwrap();
    }
    assert!(decoder.push(&delta, &mut Vec::new()).is_err());
}

#[test]
fn an_event_beyond_the_bound_breaks_the_stream() {
    let mut decoder = StreamDecoder::new(&read(STREAMED), 7);
    let huge = Bytes::from(vec![b'x'; crate::sse::DEFAULT_MAX_EVENT + 1]);
    assert!(decoder.push(&huge, &mut Vec::new()).is_err());
}

#[test]
fn what_a_model_wrote_or_a_caller_said_is_not_in_a_fault() {
    let canary = "canary";
    let ends = [
        json!({"type": "content-delta", "delta": {"message": {"content": {"text": canary}}}}),
        json!({"type": "tool-call-delta", "index": 7, "delta": {"message": {"tool_calls": {"function": {"arguments": canary}}}}}),
    ];
    for end in ends {
        let (_, _, fault) = translated(&read(STREAMED), &[format!("data: {end}\n\n").as_bytes()]);
        let fault = fault.unwrap();
        assert!(!format!("{fault:?}").contains(canary), "{fault:?}");
    }
    let end = json!({"type": "message-end", "delta": {"finish_reason": "ERROR", "error": canary}});
    let (_, _, fault) = translated(&read(STREAMED), &[format!("data: {end}\n\n").as_bytes()]);
    let fault = fault.unwrap();
    assert!(fault.message_for_log.contains(canary));
    assert!(!fault.message_for_caller.contains(canary));
}

fn translated(
    request: &ChatRequest,
    chunks: &[&[u8]],
) -> (Vec<u8>, StreamSummary, Option<crate::fault::UpstreamFault>) {
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
    (relay.concat(), decoder.summary().clone(), outcome.err())
}

/// Every member of a message and of a tool is one that Cohere's API knows.
fn only_known(sent: &Value) {
    let known = |object: &Value, names: &[&str]| {
        let members = object.as_object().unwrap();
        let unknown = members.keys().find(|key| !names.contains(&key.as_str()));
        assert_eq!(unknown, None, "{object}");
    };
    for message in sent["messages"].as_array().unwrap() {
        known(
            message,
            match message["role"].as_str().unwrap() {
                "assistant" => &["role", "content", "tool_plan", "tool_calls", "citations"],
                "tool" => &["role", "content", "tool_call_id"],
                _ => &["role", "content"],
            },
        );
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            known(call, &["id", "type", "function"]);
            known(&call["function"], &["name", "arguments"]);
        }
        let has_calls = message["tool_calls"].is_array();
        for part in message["content"].as_array().into_iter().flatten() {
            let kind = part["type"].as_str().unwrap();
            if kind != "document" {
                known(part, &["type", kind]);
            }
            assert!(!has_calls || kind == "thinking", "{message}");
        }
        assert!(!(has_calls && message["content"].is_string()), "{message}");
    }
    for tool in sent["tools"].as_array().into_iter().flatten() {
        known(tool, &["type", "function"]);
        known(&tool["function"], &["name", "description", "parameters"]);
    }
}

proptest! {
    #[test]
    fn what_is_sent_is_json_that_says_everything_once_and_only_what_cohere_knows(call in any_call()) {
        let Ok(request) = ChatRequest::read_openai(call.to_string().into(), &ReadLimits::default()) else {
            return Ok(());
        };
        let target = Target::new(ProviderKind::Cohere, request.model(), None);
        if let Ok(encoded) = encode(&request, &target) {
            let Members(members) = serde_json::from_slice(&encoded.body).unwrap();
            let mut names: Vec<_> = members.iter().map(|member| &*member.key).collect();
            names.sort_unstable();
            prop_assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{:?}", names);
            only_known(&serde_json::from_slice(&encoded.body).unwrap());
        }
    }

    #[test]
    fn an_answer_is_json_whatever_the_vendor_says(content in vec(any_json(), 0..4), calls in vec(any_json(), 0..3), rest in any_json()) {
        let request = read(r#"{"model":"c","messages":[{"role":"user","content":"Hi"}]}"#);
        let body = json!({"id": rest, "finish_reason": rest, "usage": rest,
            "message": {"content": content, "tool_calls": calls, "tool_plan": rest}});
        if let Ok((_, body)) = decode(&request, &success(), body.to_string().as_bytes(), 7) {
            let body: Value = serde_json::from_slice(&body).unwrap();
            prop_assert_eq!(&body["object"], "chat.completion");
        }
        let _ = decode(&request, &success(), rest.to_string().as_bytes(), 7);
    }

    #[test]
    fn a_stream_is_chunks_whatever_the_vendor_says_and_however_it_arrives(events in any_events(), at: prop::sample::Index) {
        let request = read(STREAMED);
        let bytes = events.as_bytes();
        let whole = translated(&request, &[bytes]);
        let at = at.index(bytes.len() + 1);
        prop_assert_eq!(&translated(&request, &[&bytes[..at], &bytes[at..]]), &whole);
        let (relayed, summary, fault) = whole;
        let relayed = String::from_utf8(relayed).unwrap();
        let events: Vec<_> = relayed.split_terminator("\n\n").collect();
        let done = events.iter().filter(|event| **event == "data: [DONE]").count();
        prop_assert_eq!(done, usize::from(fault.is_none()));
        prop_assert_eq!(summary.complete, fault.is_none());
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
        let request = read(STREAMED);
        let framed = [b"data: ", &bytes[..], b"\n\n"].concat();
        prop_assert!(translated(&request, &[&framed]).2.is_some());
        prop_assert!(decode(&request, &success(), &bytes, 7).is_err());
    }
}
