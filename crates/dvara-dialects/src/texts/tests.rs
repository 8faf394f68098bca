use bytes::Bytes;

use super::*;
use crate::embedding::EmbeddingRequest;
use crate::request::{ChatRequest, ReadLimits};

fn chat(body: &str) -> ChatRequest {
    ChatRequest::read_openai(
        Bytes::copy_from_slice(body.as_bytes()),
        &ReadLimits::default(),
    )
    .unwrap()
}

fn said(body: &str) -> Vec<(Speaker, Saying, String)> {
    let request = chat(body);
    let said = request.said().unwrap();
    said.iter()
        .map(|said| (said.speaker, said.saying, said.text.to_string()))
        .collect()
}

#[test]
fn every_text_of_a_call_is_seen() {
    let body = r#"{"model":"m","user":"u-1","messages":[
        {"role":"system","content":"be kind"},
        {"role":"user","content":[{"type":"text","text":"h\u00e9llo"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
            {"type":"input_audio_transcript","transcript":"spoken","id":"x"}]},
        {"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":\"b\"}"}}]},
        {"role":"tool","tool_call_id":"c","content":"result"}],
        "documents":[{"id":"d","data":{"title":"attached"}}]}"#;
    let texts: Vec<String> = said(body)
        .into_iter()
        .map(|(speaker, saying, text)| format!("{speaker:?} {saying:?} {text}"))
        .collect();
    for wanted in [
        "System Text be kind",
        "User Text héllo",
        "User Text spoken",
        "Assistant Arguments {\"a\":\"b\"}",
        "Tool Text result",
    ] {
        assert!(
            texts.iter().any(|text| text == wanted),
            "{wanted} not in {texts:#?}"
        );
    }
    assert!(texts.iter().any(|text| text.ends_with(" hm")), "{texts:#?}");
    assert!(
        !texts
            .iter()
            .any(|text| text.contains("AAAA") || text.contains("u-1")),
        "{texts:#?}"
    );
}

#[test]
fn documents_beside_the_messages_are_seen() {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"q"}],"documents":[{"id":"d","text":"attached"}]}"#;
    assert!(said(body).contains(&(Speaker::User, Saying::Text, "attached".to_owned())));
}

#[test]
fn a_text_is_replaced_and_everything_else_stays() {
    let body = r#"{"model":"m", "temperature":0.70, "messages":[{"role":"user","content":"my \"mail\" is a@b.io"}]}"#;
    let request = chat(body);
    let replaced = request
        .said()
        .unwrap()
        .iter()
        .map(|said| (said.span, said.text.replace("a@b.io", "[X]")))
        .collect();
    let request = request
        .with_texts(replaced, &ReadLimits::default())
        .unwrap();
    assert_eq!(
        request.body(),
        r#"{"model":"m", "temperature":0.70, "messages":[{"role":"user","content":"my \"mail\" is [X]"}]}"#
    );
}

#[test]
fn inputs_of_embeddings_are_texts() {
    let read = |body: &'static str| {
        EmbeddingRequest::read_openai(Bytes::from_static(body.as_bytes()), &ReadLimits::default())
            .unwrap()
    };
    let request = read(r#"{"model":"m","input":["a","b"]}"#);
    let texts: Vec<String> = request
        .said()
        .iter()
        .map(|said| said.text.to_string())
        .collect();
    assert_eq!(texts, ["a", "b"]);
    let replaced = vec![(request.said()[1].span, "c".to_owned())];
    let request = request
        .with_texts(replaced, &ReadLimits::default())
        .unwrap();
    assert_eq!(request.body(), r#"{"model":"m","input":["a","c"]}"#);
    assert!(read(r#"{"model":"m","input":[1,2]}"#).said().is_empty());
}

#[test]
fn every_text_of_an_answer_is_seen_and_replaced() {
    let answer = Bytes::from_static(
        br#"{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"hi","reasoning_content":"hm","refusal":"no","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}],"thinking_blocks":[{"type":"thinking","thinking":"deep","signature":"s"}]},"finish_reason":"stop"}]}"#,
    );
    let seen: Vec<(Part, String)> = spoken(&answer)
        .iter()
        .map(|spoken| (spoken.lane.part, spoken.text.to_string()))
        .collect();
    assert_eq!(
        seen,
        [
            (Part::Content, "hi".to_owned()),
            (Part::Reasoning, "hm".to_owned()),
            (Part::Refusal, "no".to_owned()),
            (Part::Arguments(0), "{}".to_owned()),
            (Part::Signed, "deep".to_owned()),
        ]
    );
    let texts = spoken(&answer);
    let shouted: Vec<_> = texts
        .iter()
        .map(|spoken| (spoken, spoken.text.to_uppercase()))
        .collect();
    let text = String::from_utf8(replace(&answer, &shouted).to_vec()).unwrap();
    assert!(
        text.contains(r#""content":"HI""#) && text.contains(r#""thinking_blocks":[]"#),
        "a signed text that is changed would be refused: {text}"
    );
    assert_eq!(replace(&answer, &[]), answer);
}

#[test]
fn a_custom_tool_is_given_text_and_no_arguments() {
    let (stream, _) = rewritten(&[
        chunk(
            r#"{"tool_calls":[{"index":2,"custom":{"input":"hi"}}]}"#,
            "null",
        ),
        chunk("{}", "\"tool_calls\""),
        "data: [DONE]\n\n".to_owned(),
    ]);
    let held = r#""delta":{"tool_calls":[{"index":2,"custom":{"input":"I"}}]}"#;
    assert!(stream.contains(held), "{stream}");
}

/// Holds back the last byte of each lane, shouts, and blocks where it hears `stop!`.
#[derive(Default)]
struct Shouting {
    held: std::collections::BTreeMap<Lane, String>,
    blocked: bool,
}

impl Editor for Shouting {
    fn push(&mut self, lane: Lane, text: &str, out: &mut String) {
        let held = self.held.entry(lane).or_default();
        held.push_str(text);
        self.blocked |= held.contains("stop!");
        let keep = held.chars().next_back().map_or(0, char::len_utf8);
        let go: String = held.drain(..held.len() - keep).collect();
        out.push_str(&go.to_uppercase());
    }

    fn finish(&mut self, lane: Lane, out: &mut String) {
        out.push_str(&self.held.remove(&lane).unwrap_or_default().to_uppercase());
    }

    fn withholds(&self) -> bool {
        true
    }

    fn is_blocked(&self) -> bool {
        self.blocked
    }
}

fn chunk(delta: &str, finish: &str) -> String {
    format!(
        "data: {{\"id\":\"i\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
    )
}

fn rewritten(events: &[String]) -> (String, Flow) {
    let (mut rewriter, mut editor, mut relay) =
        (Rewriter::default(), Shouting::default(), Vec::new());
    let mut flow = Flow::On;
    for event in events {
        flow = rewriter.rewrite(
            &Bytes::copy_from_slice(event.as_bytes()),
            &mut editor,
            &mut relay,
        );
        if flow == Flow::Blocked {
            break;
        }
    }
    (String::from_utf8(relay.concat()).unwrap(), flow)
}

/// What a client puts together.
fn put_together(stream: &str) -> (String, String, Vec<String>) {
    let (mut content, mut arguments, mut ends) = (String::new(), String::new(), Vec::new());
    for data in stream
        .split("\n\n")
        .filter_map(|event| event.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
    {
        let value: serde_json::Value = serde_json::from_str(data).unwrap();
        let choice = &value["choices"][0];
        content.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
        arguments.push_str(
            choice["delta"]["tool_calls"][0]["function"]["arguments"]
                .as_str()
                .unwrap_or_default(),
        );
        ends.extend(choice["finish_reason"].as_str().map(str::to_owned));
    }
    (content, arguments, ends)
}

#[test]
fn what_is_held_goes_on_before_the_end() {
    let events = [
        chunk(r#"{"role":"assistant","content":""}"#, "null"),
        chunk(r#"{"content":"hel"}"#, "null") + &chunk(r#"{"content":"lo"}"#, "null"),
        chunk(
            r#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\"a\":"}}]}"#,
            "null",
        ),
        chunk(
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"#,
            "null",
        ),
        chunk("{}", "\"tool_calls\""),
        "data: [DONE]\n\n".to_owned(),
    ];
    let (stream, flow) = rewritten(&events);
    assert_eq!(flow, Flow::On);
    let (content, arguments, ends) = put_together(&stream);
    assert_eq!(
        (content.as_str(), arguments.as_str()),
        ("HELLO", "{\"A\":1}")
    );
    assert_eq!(ends, ["tool_calls"]);
    assert!(
        stream.ends_with("\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"),
        "{stream}"
    );
}

#[test]
fn texts_under_any_name_are_one_text_over_the_events_of_a_stream() {
    let events = [
        chunk(
            r#"{"reasoning":"wh","parts":[{"type":"t","index":1,"text":"on"}]}"#,
            "null",
        ),
        chunk(
            r#"{"reasoning":"y","parts":[{"type":"t","index":1,"text":"e"}]}"#,
            "null",
        ),
        chunk("{}", "\"stop\""),
    ];
    let (stream, _) = rewritten(&events);
    let (mut reasoning, mut part) = (String::new(), String::new());
    for data in stream
        .split("\n\n")
        .filter_map(|event| event.strip_prefix("data: "))
    {
        let value: serde_json::Value = serde_json::from_str(data).unwrap();
        let delta = &value["choices"][0]["delta"];
        reasoning.push_str(delta["reasoning"].as_str().unwrap_or_default());
        part.push_str(delta["parts"][0]["text"].as_str().unwrap_or_default());
        assert!(
            delta["parts"].is_null() || delta["parts"][0]["index"] == 1,
            "{stream}"
        );
    }
    assert_eq!((reasoning.as_str(), part.as_str()), ("WHY", "ONE"));
}

#[test]
fn what_spells_a_text_does_not_go_on_beside_it() {
    let spelled = r#"{"content":[{"token":"hi","bytes":[104,105]}]}"#;
    let event = format!(
        r#"{{"choices":[{{"index":0,"delta":{{"content":"hi"}},"logprobs":{spelled},"finish_reason":null}}]}}"#
    );
    let (stream, _) = rewritten(&[format!("data: {event}\n\n")]);
    assert!(
        stream.contains(r#""logprobs":null"#) && !stream.contains("token"),
        "{stream}"
    );
    let whole = Bytes::from(event.replace("delta", "message"));
    let texts = spoken(&whole);
    let changed = replace(&whole, &[(&texts[0], "HI".to_owned())]);
    let changed = String::from_utf8(changed.to_vec()).unwrap();
    assert!(changed.contains(r#""logprobs":null"#), "{changed}");
    assert_eq!(texts.len(), 1);
}

#[test]
fn an_event_that_says_something_and_ends_says_all_of_it() {
    let events = [
        chunk(r#"{"content":"hel"}"#, "null"),
        chunk(r#"{"content":"lo"}"#, "\"stop\""),
    ];
    let (content, _, ends) = put_together(&rewritten(&events).0);
    assert_eq!((content.as_str(), ends.len()), ("HELLO", 1));
}

#[test]
fn a_blocked_stream_ends_by_the_filter_and_says_nothing_more() {
    let events = [
        chunk(r#"{"content":"well "}"#, "null"),
        chunk(r#"{"content":"stop! now"}"#, "null"),
        chunk(r#"{"content":"never"}"#, "null"),
    ];
    let (stream, flow) = rewritten(&events);
    assert_eq!(flow, Flow::Blocked);
    let (content, _, ends) = put_together(&stream);
    assert_eq!(
        (content.as_str(), ends),
        ("WELL", vec!["content_filter".to_owned()])
    );
    assert!(stream.ends_with("data: [DONE]\n\n"));
}

#[test]
fn events_without_a_text_go_on_as_they_came() {
    let usage =
        "data: {\"id\":\"i\",\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n".to_owned();
    let events = [
        ": comment\n\n".to_owned(),
        usage.clone(),
        "event: x\ndata: odd\n\n".to_owned(),
    ];
    assert_eq!(rewritten(&events).0, events.concat());
}

#[test]
fn a_template_goes_before_the_messages_and_its_name_out_of_the_metadata() {
    let request = chat(
        r#"{"model":"m","messages":[{"role":"user","content":"q"}],"metadata":{"team":"a","prompt_template_id":"prm_1","prompt_variables":{"name":"Ada"}}}"#,
    );
    let called = request.template_call().unwrap().unwrap();
    assert_eq!(
        (called.id.as_str(), called.variables["name"].as_str()),
        ("prm_1", Some("Ada"))
    );
    let filled = request
        .with_prompt(
            Some("be \"kind\""),
            "Hello Ada",
            ("prm_1", 3),
            &ReadLimits::default(),
        )
        .unwrap();
    assert_eq!(
        filled.body(),
        r#"{"model":"m","messages":[{"role":"system","content":"be \"kind\""},{"role":"user","content":"Hello Ada"},{"role":"user","content":"q"}],"metadata":{"team":"a","resolved_template_id":"prm_1","resolved_template_version":"3"}}"#
    );
    assert!(filled.template_call().unwrap().is_none());
    for wrong in [
        r#"{"prompt_template_id":5}"#,
        r#"{"prompt_template_id":"x","prompt_variables":[]}"#,
    ] {
        let body = format!(
            r#"{{"model":"m","messages":[{{"role":"user","content":"q"}}],"metadata":{wrong}}}"#
        );
        assert!(chat(&body).template_call().is_err());
    }
}
