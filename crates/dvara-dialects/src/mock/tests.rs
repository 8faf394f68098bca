use super::*;
use crate::answer::ResponseHead;
use crate::openai::{self, StreamDecoder};
use crate::request::ReadLimits;
use dvara_types::ProviderKind;
use http::StatusCode;
use serde_json::json;

const DRAW: Draw = Draw {
    roll: 0.5,
    id: [0xab; 16],
    created: 1_700_000_000,
};

fn request(extra: Value) -> ChatRequest {
    let mut body =
        json!({"model": "mock/any", "messages": [{"role": "user", "content": "12345678"}]});
    for (key, value) in extra.as_object().unwrap() {
        body[key] = value.clone();
    }
    ChatRequest::read_openai(body.to_string().into(), &ReadLimits::default()).unwrap()
}

fn plain() -> Mock {
    Mock::new(MockSettings::default(), &[]).unwrap()
}

fn with_rule(rule: Value) -> Mock {
    Mock::new(MockSettings::default(), &[("a.json".to_owned(), rule)]).unwrap()
}

fn json_of(mock: &Mock, request: &ChatRequest) -> Value {
    let reply = mock.answer(request, request.model(), &DRAW).unwrap();
    match reply.body.unwrap() {
        MockBody::Json(bytes) => serde_json::from_slice(&bytes).unwrap(),
        MockBody::Events(_) => panic!("a stream"),
    }
}

fn events_of(mock: &Mock, request: &ChatRequest) -> Vec<(Duration, Bytes)> {
    let reply = mock.answer(request, request.model(), &DRAW).unwrap();
    match reply.body.unwrap() {
        MockBody::Json(_) => panic!("no stream"),
        MockBody::Events(events) => events.collect(),
    }
}

fn chunks(events: &[(Duration, Bytes)]) -> Vec<Value> {
    let data = events
        .iter()
        .map(|(_, event)| event.strip_prefix(b"data: ").unwrap());
    data.filter_map(|data| serde_json::from_slice(data).ok())
        .collect()
}

#[test]
fn the_default_answer_has_openais_shape() {
    let answer = json_of(&plain(), &request(json!({})));
    assert_eq!(
        answer,
        json!({
            "id": "mock-abababababababababababababababab",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": "mock/any",
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": "This is a mock response"},
                "finish_reason": "stop",
            }],
            "usage": {"prompt_tokens": 2, "completion_tokens": 6, "total_tokens": 8},
        })
    );
}

#[test]
fn a_stream_is_words_then_the_end_then_usage() {
    let events = events_of(&plain(), &request(json!({"stream": true})));
    assert_eq!(events.last().unwrap().1, "data: [DONE]\n\n");
    let chunks = chunks(&events);
    let words: Vec<_> = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(words, ["This ", "is ", "a ", "mock ", "response"]);
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert!(chunks[1]["choices"][0]["delta"].get("role").is_none());
    assert_eq!(chunks[5]["choices"][0]["finish_reason"], "stop");
    assert_eq!(chunks[6]["choices"], json!([]));
    assert_eq!(chunks[6]["usage"]["total_tokens"], 8);
    let pauses: Vec<_> = events.iter().map(|(pause, _)| pause.as_millis()).collect();
    assert_eq!(pauses, [0, 20, 20, 20, 20, 0, 0, 0]);
}

#[test]
fn what_the_mock_sends_its_decoder_reads() {
    let mock = with_rule(
        json!({"name": "r", "response": "a b", "tool_calls": [{"name": "f", "arguments": {"x": 1}}, {"name": "g"}]}),
    );
    let whole = request(json!({}));
    let reply = mock.answer(&whole, whole.model(), &DRAW).unwrap();
    let MockBody::Json(body) = reply.body.unwrap() else {
        panic!("a stream");
    };
    let head = ResponseHead::of_status(StatusCode::OK);
    let kind = ProviderKind::Mock;
    let (answer, _) = openai::decode(kind, &head, body).unwrap();

    let streamed = request(json!({"stream": true}));
    let mut decoder = StreamDecoder::new(kind, &streamed);
    let mut relayed = Vec::new();
    for (_, event) in events_of(&mock, &streamed) {
        decoder.push(&event, &mut relayed).unwrap();
    }
    assert!(decoder.is_done());
    assert_eq!(decoder.summary().usage, answer.usage);
    assert_eq!(decoder.summary().finish, answer.finish);
    // The usage chunk was withheld.
    assert!(
        !relayed
            .concat()
            .windows(7)
            .any(|bytes| bytes == b"\"usage\"")
    );
}

#[test]
fn tool_calls_stream_with_an_opening_fragment_each() {
    let mock = with_rule(
        json!({"name": "r", "tool_calls": [{"name": "f", "arguments": "{\"a\": 1}"}, {"name": "g", "arguments": null}]}),
    );
    let events = events_of(&mock, &request(json!({"stream": true})));
    let chunks = chunks(&events);
    let calls: Vec<_> = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"][0].as_object())
        .collect();
    assert_eq!(calls[0]["function"], json!({"name": "f", "arguments": ""}));
    assert_eq!(calls[0]["type"], "function");
    assert!(calls[1].get("id").is_none());
    let arguments: String = calls
        .iter()
        .filter(|call| call["index"] == 0)
        .filter_map(|call| call["function"]["arguments"].as_str())
        .collect();
    assert_eq!(arguments, "{\"a\": 1}");
    assert_eq!(calls.last().unwrap()["function"]["arguments"], "{}");
    assert_ne!(calls[0]["id"], calls[3]["id"]);
    let whole = json_of(&mock, &request(json!({})));
    assert_eq!(whole["choices"][0]["message"]["content"], Value::Null);
    assert_eq!(whole["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn json_formats_wrap_the_text() {
    for format in [
        json!({"type": "json_object"}),
        json!({"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}),
    ] {
        let answer = json_of(&plain(), &request(json!({"response_format": format})));
        assert_eq!(
            answer["choices"][0]["message"]["content"],
            r#"{"result":"This is a mock response"}"#
        );
        let mock = with_rule(json!({"name": "r", "response": "{\"city\": 1}"}));
        let answer = json_of(&mock, &request(json!({"response_format": format})));
        assert_eq!(answer["choices"][0]["message"]["content"], "{\"city\": 1}");
    }
}

#[test]
fn files_come_before_settings_and_in_the_order_of_their_names() {
    let rule = |name: &str, when: &str| json!({"name": name, "when": when, "response": name});
    let settings = MockSettings {
        matchers: vec![
            Rule::read("matchers[0]", &rule("setting", "last contains \"1\"")).unwrap(),
            Rule::read("matchers[1]", &rule("setting-2", "last contains \"1\"")).unwrap(),
        ],
        ..MockSettings::default()
    };
    let files = [
        ("b.json".to_owned(), rule("b", "stream")),
        (
            "a.json".to_owned(),
            json!({"scenarios": [rule("a1", "json"), rule("a2", "stream")]}),
        ),
    ];
    let mock = Mock::new(settings, &files).unwrap();
    for (extra, expected) in [
        (json!({"stream": true}), Some(("a2", Source::File))),
        (json!({}), Some(("setting", Source::Settings))),
        (
            json!({"messages": [{"role": "user", "content": "x"}]}),
            None,
        ),
    ] {
        let request = request(extra);
        let reply = mock.answer(&request, request.model(), &DRAW).unwrap();
        assert_eq!(reply.fired, expected);
    }
}

#[test]
fn a_share_of_calls_fails_by_the_roll() {
    let mock = Mock::new(
        MockSettings {
            error_rate: 0.25,
            ..MockSettings::default()
        },
        &[],
    )
    .unwrap();
    let request = request(json!({}));
    for (roll, fails) in [(0.0, true), (0.24, true), (0.25, false), (0.99, false)] {
        let reply = mock
            .answer(&request, request.model(), &Draw { roll, ..DRAW })
            .unwrap();
        assert_eq!(reply.body.is_err(), fails, "{roll}");
        if let Err(fault) = reply.body {
            assert_eq!(fault.message_for_caller, "Mock simulated error");
            assert_eq!(fault.code.as_str(), "provider_error");
        }
    }
}

#[test]
fn a_scripted_error_is_what_a_vendors_would_become() {
    let mock = with_rule(
        json!({"name": "r", "latency_ms": 7, "error": {"status": 429, "message": "slow down", "retry_after_seconds": 3}}),
    );
    let request = request(json!({}));
    let reply = mock.answer(&request, request.model(), &DRAW).unwrap();
    assert_eq!(reply.latency, Duration::from_millis(7));
    let fault = reply.body.unwrap_err();
    assert_eq!(fault.code.as_str(), "provider_rate_limited");
    assert_eq!(fault.retry_after, Some(Duration::from_secs(3)));
}

#[test]
fn images_count_by_their_detail() {
    let image = |detail: &str| json!({"type": "image_url", "image_url": {"url": "https://x.test/i.png", "detail": detail}});
    let content = json!([{"type": "text", "text": "1234"}, image("low"), image("high")]);
    let answer = json_of(
        &plain(),
        &request(json!({"messages": [{"role": "user", "content": content}]})),
    );
    assert_eq!(answer["usage"]["prompt_tokens"], 1 + 85 + 765);
}

#[test]
fn every_mistake_of_every_file_is_reported_with_its_place() {
    let files = [
        (
            "z.json".to_owned(),
            json!([{"name": "one"}, {"name": "two", "response": "x", "when": "oops"}]),
        ),
        ("a.json".to_owned(), json!({"nome": "x"})),
        (
            "m.json".to_owned(),
            json!({"name": "e", "error": {"status": 200, "message": "m"}}),
        ),
    ];
    let problems = Mock::new(MockSettings::default(), &files).unwrap_err();
    let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 4, "{texts:?}");
    assert!(
        texts[0].starts_with("a.json[0]: unknown field `nome`"),
        "{texts:?}"
    );
    assert!(
        texts[1].starts_with("m.json[0] `e`: `error.status`"),
        "{texts:?}"
    );
    assert!(texts[2].starts_with("z.json[0] `one`: one of"), "{texts:?}");
    assert!(
        texts[3].starts_with("z.json[1] `two`: `when`: at character 1"),
        "{texts:?}"
    );
}

#[test]
fn a_call_id_has_the_length_of_openais() {
    let mock = with_rule(json!({"name": "r", "tool_calls": [{"name": "f"}]}));
    let whole = json_of(&mock, &request(json!({})));
    let id = whole["choices"][0]["message"]["tool_calls"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(id.len(), "call_".len() + 24);
}
