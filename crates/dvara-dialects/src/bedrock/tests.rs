//! What holds for every call, answer and stream, whatever they say.

mod any;

use std::time::SystemTime;

use bytes::Bytes;
use dvara_types::ProviderKind;
use http::{HeaderMap, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use any::{any_call, any_event, any_json, framed};

use super::*;
use crate::answer::StreamSummary;
use crate::json::Members;
use crate::request::{ChatRequest, ReadLimits};

const PLAIN: &str = r#"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#;
const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

fn read(body: &str) -> ChatRequest {
    let body = Bytes::copy_from_slice(body.as_bytes());
    ChatRequest::read_openai(body, &ReadLimits::default()).unwrap()
}

fn sent(body: &str) -> String {
    let request = read(body);
    let target = Target::new(ProviderKind::Bedrock, request.model(), None);
    let encoded = encode(&request, &target).unwrap();
    String::from_utf8(encoded.body.to_vec()).unwrap()
}

fn head() -> ResponseHead {
    ResponseHead::read(StatusCode::OK, &HeaderMap::new(), SystemTime::UNIX_EPOCH)
}

#[test]
fn what_can_go_on_goes_on_byte_for_byte() {
    let schema =
        r#"{ "type":"object","properties":{"z":{},"a":{"enum":[1.0,1e2,-0]}} ,"required":["z"]}"#;
    let found = sent(&format!(
        r#"{{"model":"{CLAUDE}","temperature":0.70,"nobody_knows":{{"z":1.0,"a":[ ]}},"guardrailConfig":{{ "a":1.0}},
        "stop":["\u0045ND"],
        "messages":[
            {{"role":"user","content":"caf\u00e9 \ud83c\udf0d"}},
            {{"role":"assistant","content":"Hm","thinking_blocks":[{{"type":"thinking","thinking":"\u0048m \ud83c\udf0d \/","signature":"a+\/b==","index":0}}],
              "tool_calls":[{{"id":"c","type":"function","function":{{"name":"f","arguments":"{{ \"x\":1.50}}"}}}}]}},
            {{"role":"tool","tool_call_id":"c","content":"\u0031"}}],
        "tools":[{{"type":"function","function":{{"name":"f","parameters":{schema}}}}}]}}"#
    ));
    for piece in [
        r#""temperature":0.70"#,
        r#""nobody_knows":{"z":1.0,"a":[ ]}"#,
        r#""guardrailConfig":{ "a":1.0}"#,
        r#""stopSequences":["\u0045ND"]"#,
        r#"{"text":"caf\u00e9 \ud83c\udf0d"}"#,
        r#"{"reasoningText":{"text":"\u0048m \ud83c\udf0d \/","signature":"a+\/b=="}}"#,
        r#""input":{ "x":1.50}"#,
        r#"{"text":"\u0031"}"#,
        &format!(r#""inputSchema":{{"json":{schema}}}"#),
    ] {
        assert!(found.contains(piece), "{piece} in {found}");
    }
}

#[test]
fn what_a_client_sends_back_is_what_the_model_said() {
    let thought =
        json!({"reasoningContent": {"reasoningText": {"text": "Hm \"🌍\"", "signature": "a+/="}}});
    let hidden = json!({"reasoningContent": {"redactedContent": "YisvPQ=="}});
    let bytes = json!({"reasoningContent": {"redactedContent": "//79"}});
    let text = json!({"text": "I look."});
    let call = |id: &str| json!({"toolUse": {"toolUseId": id, "name": "f", "input": {"z": 1.5, "a": [{}]}}});
    let request = read(PLAIN);
    for content in [
        json!([thought, text]),
        json!([thought, hidden, call("a"), call("b")]),
        json!([thought, text, bytes, thought, call("a"), thought, call("b")]),
        json!([text, thought, call("a")]),
        json!([call("a"), thought]),
    ] {
        let answer = json!({"output": {"message": {"content": content}}, "stopReason": "tool_use"});
        let (_, body) = decode(&request, &head(), answer.to_string().as_bytes(), 7).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let back = json!({"model": CLAUDE, "messages": [
            {"role": "user", "content": "Hi"}, body["choices"][0]["message"],
        ]});
        let sent: Value = serde_json::from_str(&sent(&back.to_string())).unwrap();
        assert_eq!(sent["messages"][1]["content"], content);
    }
}

#[test]
fn reasoning_moves_between_bedrock_and_anthropic() {
    let block = json!({"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix"});
    let answer =
        json!({"content": [block, {"type": "text", "text": "Hello."}], "stop_reason": "end_turn"});
    let request = read(PLAIN);
    let (_, body) =
        crate::anthropic::decode(&request, &head(), answer.to_string().as_bytes(), 7).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let back = json!({"model": CLAUDE, "messages": [
        {"role": "user", "content": "Hi"}, body["choices"][0]["message"], {"role": "user", "content": "Again"},
    ]});
    let there: Value = serde_json::from_str(&sent(&back.to_string())).unwrap();
    let content = &there["messages"][1]["content"];
    let answer = json!({"output": {"message": {"content": content}}, "stopReason": "end_turn"});
    let (_, body) = decode(&request, &head(), answer.to_string().as_bytes(), 7).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let mut blocks = body["choices"][0]["message"]["thinking_blocks"].clone();
    blocks[0].as_object_mut().unwrap().remove("index");
    assert_eq!(blocks, json!([block]));
}

#[test]
fn an_answer_is_called_as_bedrock_calls_it() {
    let mut headers = HeaderMap::new();
    headers.insert("x-amzn-requestid", "0f8e-4a".parse().unwrap());
    let head = ResponseHead::read(StatusCode::OK, &headers, SystemTime::UNIX_EPOCH);
    let mut decoder = StreamDecoder::new(&read(PLAIN), 7);
    decoder.answered_by(&head);
    let mut relay = Vec::new();
    let delta = framed("contentBlockDelta", &json!({"delta": {"text": "Hi"}}));
    decoder.push(&delta.into(), &mut relay).unwrap();
    let relayed = String::from_utf8(relay.concat()).unwrap();
    assert!(
        relayed.starts_with("data: {\"id\":\"bedrock-0f8e-4a\""),
        "{relayed}"
    );
}

#[test]
fn nothing_goes_on_before_the_first_block() {
    let mut decoder = StreamDecoder::new(&read(PLAIN), 7);
    let mut relay = Vec::new();
    let start = framed("messageStart", &json!({"role": "assistant"}));
    decoder.push(&start.into(), &mut relay).unwrap();
    assert!(relay.is_empty(), "another target may still be tried");
}

#[test]
fn a_block_of_reasoning_beyond_the_bound_breaks_the_stream() {
    let text = "x".repeat(1 << 20);
    for delta in [
        json!({"reasoningContent": {"text": text}}),
        json!({"reasoningContent": {"redactedContent": text}}),
    ] {
        let mut decoder = StreamDecoder::new(&read(PLAIN), 7);
        let delta = framed(
            "contentBlockDelta",
            &json!({"contentBlockIndex": 0, "delta": delta}),
        );
        let delta = Bytes::from(delta);
        let pushed = (0..12).find(|_| decoder.push(&delta, &mut Vec::new()).is_err());
        assert!(pushed.is_some_and(|pushed| pushed >= 8));
    }
}

#[test]
fn a_message_beyond_the_bound_breaks_the_stream_before_it_comes() {
    let mut decoder = StreamDecoder::new(&read(PLAIN), 7);
    let huge = framed("contentBlockDelta", &json!("x".repeat(9 << 20)));
    let outcome = decoder.push(&Bytes::copy_from_slice(&huge[..12]), &mut Vec::new());
    assert!(outcome.is_err());
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
    fn what_is_sent_is_json_that_says_everything_once_in_turns(call in any_call()) {
        let Ok(request) = ChatRequest::read_openai(call.to_string().into(), &ReadLimits::default()) else {
            return Ok(());
        };
        let target = Target::new(ProviderKind::Bedrock, request.model(), None);
        if let Ok(encoded) = encode(&request, &target) {
            let Members(members) = serde_json::from_slice(&encoded.body).unwrap();
            let mut names: Vec<_> = members.iter().map(|member| &*member.key).collect();
            names.sort_unstable();
            prop_assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{:?}", names);
            let sent: Value = serde_json::from_slice(&encoded.body).unwrap();
            let turns = sent["messages"].as_array().unwrap();
            prop_assert!(turns.windows(2).all(|pair| pair[0]["role"] != pair[1]["role"]), "{:?}", turns);
            let full = |turn: &Value| !turn["content"].as_array().unwrap().is_empty();
            prop_assert!(!turns.is_empty() && turns.iter().all(full));
        }
    }

    #[test]
    fn a_path_is_one_segment_whatever_the_model_is_called(model in ".{1,80}", stream: bool) {
        let target = Target { kind: ProviderKind::Bedrock, model: &model };
        let path = path(&target, stream);
        prop_assert_eq!(path.split('/').count(), 4);
        prop_assert!(path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\\;".contains(&byte)), "{}", path);
        prop_assert!(!path.split('/').any(|segment| matches!(segment, "." | "..")));
    }

    #[test]
    fn an_answer_is_json_whatever_the_vendor_says(content in vec(any_json(), 0..4), rest in any_json(), by_tool: bool) {
        let schema = if by_tool { r#","response_format":{"type":"json_schema","json_schema":{}}"# } else { "" };
        let request = read(&format!(r#"{{"model":"m","messages":[{{"role":"user","content":"Hi"}}]{schema}}}"#));
        let body = json!({"output": {"message": {"content": content}}, "stopReason": rest, "usage": rest, "trace": rest, "additionalModelResponseFields": rest});
        if let Ok((_, body)) = decode(&request, &head(), body.to_string().as_bytes(), 7) {
            let body: Value = serde_json::from_slice(&body).unwrap();
            prop_assert_eq!(&body["object"], "chat.completion");
        }
        let _ = decode(&request, &head(), rest.to_string().as_bytes(), 7);
    }

    #[test]
    fn a_stream_is_chunks_whatever_the_vendor_says_and_however_it_arrives(events in vec(any_event(), 0..12), at: prop::sample::Index) {
        let request = read(r#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}],"response_format":{"type":"json_schema","json_schema":{}}}"#);
        let bytes = events.concat();
        let whole = translated(&request, &[&bytes]);
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
        let request = read(PLAIN);
        prop_assert!(!translated(&request, &[&bytes]).2);
        prop_assert!(decode(&request, &head(), &bytes, 7).is_err());
    }
}
