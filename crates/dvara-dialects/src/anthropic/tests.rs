//! What holds for every call, answer and stream, whatever they say.

use bytes::Bytes;
use dvara_types::ProviderKind;
use http::{HeaderMap, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::time::SystemTime;

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
fn an_event_beyond_the_bound_breaks_the_stream() {
    let request = read(r#"{"model":"claude","messages":[{"role":"user","content":"Hi"}]}"#);
    let mut decoder = StreamDecoder::new(&request, 7);
    let huge = Bytes::from(vec![b'x'; crate::sse::DEFAULT_MAX_EVENT + 1]);
    assert!(decoder.push(&huge, &mut Vec::new()).is_err());
}

/// Any JSON, made of words that mean something here and of some that do not.
fn any_json() -> impl Strategy<Value = Value> {
    let word = select(WORDS).prop_map(|word| json!(word));
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..5_000).prop_map(Value::from),
        Just(json!(0.5)),
        Just(json!(u64::MAX)),
        Just(json!("é\"\\\n🌍")),
        Just(json!("data:image/png;base64,AA==")),
        Just(json!("{\"a\":1}")),
        word.clone(),
        word,
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let member = (select(WORDS), inner.clone());
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::from),
            vec(member, 0..6).prop_map(|members| {
                let members = members.into_iter();
                members
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

const WORDS: &[&str] = &[
    "",
    "type",
    "text",
    "role",
    "content",
    "user",
    "assistant",
    "tool",
    "system",
    "name",
    "id",
    "index",
    "thinking",
    "thinking_blocks",
    "redacted_thinking",
    "signature",
    "data",
    "citations",
    "input",
    "tool_use",
    "structured_output",
    "tool_calls",
    "tool_call_id",
    "function",
    "arguments",
    "image_url",
    "url",
    "file",
    "file_data",
    "cache_control",
    "message",
    "usage",
    "input_tokens",
    "output_tokens",
    "stop_reason",
    "end_turn",
    "delta",
    "content_block",
    "text_delta",
    "thinking_delta",
    "input_json_delta",
    "partial_json",
    "signature_delta",
    "error",
    "overloaded_error",
    "explanation",
    "stop_details",
    "refusal",
    "x",
];

/// A call whose messages mean something and whose other fields may.
fn any_call() -> impl Strategy<Value = Value> {
    const FIELDS: &[&str] = &[
        "tools",
        "tool_choice",
        "response_format",
        "stop",
        "user",
        "metadata",
        "reasoning_effort",
        "thinking",
        "output_config",
        "service_tier",
        "parallel_tool_calls",
        "temperature",
        "max_tokens",
        "top_k",
        "stream",
        "store",
        "system",
        "stop_sequences",
        "functions",
        "safety_identifier",
    ];
    let role = select(
        &[
            "user",
            "assistant",
            "system",
            "tool",
            "developer",
            "function",
        ][..],
    );
    let kind = select(
        &[
            "text",
            "image_url",
            "file",
            "refusal",
            "document",
            "input_audio",
        ][..],
    );
    let part = (kind, any_json(), any_json()).prop_map(|(kind, value, marker)| {
        json!({"type": kind, "text": "Hi", "image_url": {"url": value}, "file": {"file_data": value}, "refusal": value, "cache_control": marker})
    });
    let call = (any_json(), any::<bool>()).prop_map(|(value, good)| {
        let arguments = if good { json!("{\"a\":[]}") } else { value.clone() };
        json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}, "x": value})
    });
    let content = prop_oneof![
        Just(json!("Hi")),
        Just(json!("")),
        Just(Value::Null),
        vec(part, 0..3).prop_map(Value::from)
    ];
    let message = (role, content, vec(call, 0..3), any_json(), select(WORDS)).prop_map(
        |(role, content, calls, value, word)| {
            let mut message = json!({"role": role, "content": content, "tool_call_id": "c"});
            match role {
                "assistant" => {
                    message["tool_calls"] = calls.into();
                    message["thinking_blocks"] =
                        json!([{"type": "thinking", "thinking": word, "signature": "s", "index": value}]);
                }
                _ => message[word] = value,
            }
            if !message["role"].is_string() {
                message["role"] = json!(role);
            }
            message
        },
    );
    let fields = vec((select(FIELDS), any_json()), 0..4);
    let model = select(&["claude", "claude-sonnet-4-5", "claude-opus-5"][..]);
    (model, vec(message, 1..5), fields).prop_map(|(model, messages, fields)| {
        let mut call = json!({"model": model, "messages": messages});
        for (name, value) in fields {
            call[name] = value;
        }
        call
    })
}

/// Events whose types are right and whose members may be anything.
fn any_events() -> impl Strategy<Value = String> {
    let kind = select(
        &[
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
            "ping",
            "error",
            "new",
        ][..],
    );
    let block = select(
        &[
            "text",
            "thinking",
            "redacted_thinking",
            "tool_use",
            "server_tool_use",
        ][..],
    );
    let delta = select(
        &[
            "text_delta",
            "thinking_delta",
            "input_json_delta",
            "signature_delta",
            "citations_delta",
        ][..],
    );
    let event = (kind, 0_u8..3, block, delta, any_json(), any::<bool>()).prop_map(
        |(kind, index, block, delta, value, odd)| {
            let text = if odd { value.clone() } else { json!("a\"é🌍") };
            json!({
                "type": kind, "index": index,
                "message": {"id": text, "model": text, "usage": value},
                "content_block": {"type": block, "id": text, "name": "structured_output", "input": value, "text": text, "thinking": text, "data": text},
                "delta": {"type": delta, "text": text, "thinking": text, "partial_json": text, "signature": text,
                    "stop_reason": if odd { value.clone() } else { json!("tool_use") }, "stop_details": value},
                "usage": value, "error": value,
            })
        },
    );
    vec(event, 0..12).prop_map(|events| {
        let events = events.iter();
        events.map(|event| format!("data: {event}\n\n")).collect()
    })
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
