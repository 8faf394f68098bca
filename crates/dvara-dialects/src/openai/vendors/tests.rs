mod any;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::time::SystemTime;

use super::*;
use crate::answer::{ResponseHead, StreamSummary};
use crate::fields::Verdict;
use crate::json::Members;
use crate::openai::{StreamDecoder, decode, encode};
use crate::request::{ChatRequest, ReadLimits};
use crate::target::Target;
use any::{any_call, any_choices, any_json};

const SHAPED: [ProviderKind; 10] = [
    ProviderKind::Openai,
    ProviderKind::AzureOpenai,
    ProviderKind::Mistral,
    ProviderKind::Groq,
    ProviderKind::Qwen,
    ProviderKind::Deepseek,
    ProviderKind::Moonshot,
    ProviderKind::Chatglm,
    ProviderKind::Grok,
    ProviderKind::Ollama,
];

#[test]
fn every_field_of_openais_has_one_verdict_and_they_are_in_order() {
    assert_eq!(plain::FIELDS.len(), 37);
    for kind in SHAPED {
        let fields = declared(kind).fields;
        let (of_openai, own) = fields.split_at(plain::FIELDS.len());
        let names = |list: &[(&'static str, Verdict)]| -> Vec<&str> {
            list.iter().map(|(name, _)| *name).collect()
        };
        assert_eq!(names(of_openai), names(plain::FIELDS), "{kind:?}");
        let own = names(own);
        assert!(own.is_sorted_by(|one, other| one < other), "{kind:?}");
        for name in own {
            assert!(!names(of_openai).contains(&name), "{kind:?} {name}");
        }
    }
}

#[test]
fn a_name_in_place_of_another_is_declared_to_be_so() {
    for kind in SHAPED {
        let declared = declared(kind);
        for (name, verdict) in declared.fields {
            if let Verdict::Renamed(new) = verdict {
                let mut drops = declared.drops.iter();
                assert!(drops.any(|(field, _)| field == new), "{kind:?} {name}");
            }
        }
    }
}

#[test]
fn vendors_that_drop_what_they_do_not_know_pass_their_own_fields() {
    for kind in [ProviderKind::Mistral, ProviderKind::Groq] {
        let own = &declared(kind).fields[plain::FIELDS.len()..];
        assert!(own.len() > 5);
        assert!(
            own.iter()
                .all(|(_, verdict)| matches!(verdict, Verdict::Passed))
        );
    }
}

fn read(body: &str) -> ChatRequest {
    ChatRequest::read_openai(Bytes::from(body.to_owned()), &ReadLimits::default()).unwrap()
}

fn sent(kind: ProviderKind, body: &str) -> String {
    let request = read(body);
    let encoded = encode(&request, &Target::new(kind, request.model(), None)).unwrap();
    String::from_utf8(encoded.body.to_vec()).unwrap()
}

#[test]
fn what_a_vendor_takes_as_it_is_leaves_in_the_bytes_it_came_in() {
    let body = r#"{"model":"m", "messages":[ {"role":"user","content":"caf\u00e9"} ],"temperature":0.70,"tools":[{"type":"function","function":{"name":"f","parameters":{"z":1,"a":{}}}}]}"#;
    for kind in SHAPED {
        let request = read(body);
        let encoded = encode(&request, &Target::new(kind, "m", None)).unwrap();
        assert_eq!(encoded.body.as_ptr(), request.body().as_ptr(), "{kind:?}");
    }
}

#[test]
fn what_is_beside_an_edit_keeps_its_bytes() {
    let body = r#"{ "store" : true, "seed":7 , "model":"m","temperature": 0.70,"messages":[{"name":"x" ,"role":"user", "content":"caf\u00e9"},{"role":"user","content":"b","z":1}], "user":"u" }"#;
    assert_eq!(
        sent(ProviderKind::Mistral, body),
        r#"{ "random_seed":7 , "model":"m","temperature": 0.70,"messages":[{"role":"user", "content":"caf\u00e9"},{"role":"user","content":"b"}] }"#
    );
}

fn any_kind() -> impl Strategy<Value = ProviderKind> {
    select(&SHAPED[..])
}

fn head() -> ResponseHead {
    ResponseHead::read(StatusCode::OK, &HeaderMap::new(), SystemTime::UNIX_EPOCH)
}

fn relayed(kind: ProviderKind, chunks: &[&[u8]]) -> (Vec<u8>, StreamSummary, bool) {
    let request = read(r#"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#);
    let mut decoder = StreamDecoder::new(kind, &request);
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

fn names_are_unique(json: &str) -> bool {
    let Members(members) = serde_json::from_str(json).unwrap();
    let mut names: Vec<_> = members.iter().map(|member| &*member.key).collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair[0] != pair[1])
}

fn all_fields() -> Vec<&'static str> {
    let mut fields: Vec<_> = SHAPED
        .into_iter()
        .flat_map(|kind| declared(kind).fields.iter().map(|(name, _)| *name))
        .chain(["thinking", "enable_thinking", "do_sample", "user_id", "x"])
        .collect();
    fields.sort_unstable();
    fields.dedup();
    fields
}

proptest! {
    #[test]
    fn a_call_is_json_that_says_everything_once_or_is_refused(kind in any_kind(), call in any_call(all_fields()), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&call) } else { serde_json::to_string(&call) }.unwrap();
        let Ok(request) = ChatRequest::read_openai(text.into(), &ReadLimits::default()) else {
            return Ok(());
        };
        let target = Target::new(kind, request.model(), None);
        if let Ok(encoded) = encode(&request, &target) {
            let text = std::str::from_utf8(&encoded.body).unwrap();
            let sent: Value = serde_json::from_str(text).unwrap();
            prop_assert!(names_are_unique(text), "{}", text);
            let again = ChatRequest::read_openai(encoded.body.clone(), &ReadLimits::default()).unwrap();
            prop_assert_eq!(again.max_tokens(), request.max_tokens());
            let target = Target::new(kind, again.model(), None);
            let encoded = encode(&again, &target).unwrap();
            prop_assert_eq!(encoded.body.as_ptr(), again.body().as_ptr(), "nothing is left to edit: {}", text);
            prop_assert!(encoded.dropped.is_empty());
            for message in sent["messages"].as_array().unwrap() {
                prop_assert!(message["role"].is_string());
            }
            for (name, verdict) in declared(kind).fields {
                if matches!(verdict, Verdict::Refused { .. } | Verdict::Dropped { .. } | Verdict::Renamed(_)) {
                    prop_assert!(sent.get(name).is_none(), "{}", name);
                }
            }
        }
    }

    #[test]
    fn an_answer_is_json_whatever_the_vendor_says(kind in any_kind(), choices in any_choices(), rest in any_json()) {
        let body = json!({"id": "x", "choices": choices, "usage": rest, "model": rest});
        if let Ok((answer, body)) = decode(kind, &head(), body.to_string().into()) {
            serde_json::from_slice::<Value>(&body).unwrap();
            prop_assert_eq!(answer.choices as usize, choices.as_array().unwrap().len());
        }
        let _ = decode(kind, &head(), rest.to_string().into());
    }

    #[test]
    fn a_stream_comes_to_the_same_however_it_arrives(kind in any_kind(), events in vec(any_choices(), 0..6), lines: bool, at: prop::sample::Index) {
        let events = events.iter().map(|choices| {
            let event = json!({"choices": choices});
            let data = if lines { serde_json::to_string_pretty(&event) } else { serde_json::to_string(&event) }.unwrap();
            data.lines().map(|line| format!("data: {line}\n")).collect::<String>() + "\n"
        });
        let events: String = events.collect();
        let bytes = events.as_bytes();
        let whole = relayed(kind, &[bytes]);
        let at = at.index(bytes.len() + 1);
        prop_assert_eq!(&relayed(kind, &[&bytes[..at], &bytes[at..]]), &whole);
        let (relayed, _, is_whole) = whole;
        let relayed = String::from_utf8(relayed).unwrap();
        prop_assert_eq!(relayed.ends_with("data: [DONE]\n\n"), is_whole);
        for event in relayed.split_terminator("\n\n").filter(|event| *event != "data: [DONE]") {
            let data = crate::sse::data(event.as_bytes()).unwrap();
            serde_json::from_slice::<Value>(&data).unwrap();
        }
    }

    #[test]
    fn no_bytes_are_too_odd(kind in any_kind(), bytes in vec(any::<u8>(), 0..200)) {
        let framed = [b"data: ", &bytes[..], b"\n\n"].concat();
        prop_assert!(!relayed(kind, &[&framed]).2);
        prop_assert!(decode(kind, &head(), bytes.into()).is_err());
    }
}
