use super::*;
use bytes::Bytes;
use dvara_types::ProviderKind;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::request::ReadLimits;

fn read(body: &str) -> ChatRequest {
    ChatRequest::read_openai(
        Bytes::copy_from_slice(body.as_bytes()),
        &ReadLimits::default(),
    )
    .unwrap()
}

fn encoded(body: &str, model: &str) -> String {
    let request = read(body);
    let target = Target::new(ProviderKind::Openai, model, None);
    String::from_utf8(encode(&request, &target).unwrap().body.to_vec()).unwrap()
}

#[test]
fn an_untouched_call_leaves_in_the_bytes_it_came_in() {
    let request = read(
        r#"{"model":"m","messages":[{"role":"user"}],"metadata":{"a":"b"},"temperature":0.70}"#,
    );
    let encoded = encode(&request, &Target::new(ProviderKind::Openai, "m", None)).unwrap();
    assert_eq!(encoded.body.as_ptr(), request.body().as_ptr());
    assert_eq!(encoded.headers[1], (ACCEPT, JSON));
    assert!(encoded.dropped.is_empty());
}

#[test]
fn the_model_is_replaced_in_place() {
    for (body, model, expected) in [
        (
            r#"{ "model" : "ollama/llama3" , "messages":[{"role":"user"}] }"#,
            "llama3",
            r#"{ "model" : "llama3" , "messages":[{"role":"user"}] }"#,
        ),
        (
            r#"{"messages":[{"role":"user","model":"m"}],"model":"\u006d"}"#,
            "quo\"ted",
            r#"{"messages":[{"role":"user","model":"m"}],"model":"quo\"ted"}"#,
        ),
        // The same model in another spelling is the same model.
        (
            r#"{"messages":[{"role":"user"}],"model":"\u006d"}"#,
            "m",
            r#"{"messages":[{"role":"user"}],"model":"\u006d"}"#,
        ),
    ] {
        assert_eq!(encoded(body, model), expected);
    }
}

#[test]
fn streams_ask_for_usage_once() {
    let head = r#"{"model":"m","messages":[{"role":"user"}],"stream":true"#;
    for (rest, expected) in [
        ("}", r#","stream_options":{"include_usage":true}}"#),
        (" }\n ", " ,\"stream_options\":{\"include_usage\":true}}\n "),
        (
            r#","stream_options":null}"#,
            r#","stream_options":{"include_usage":true}}"#,
        ),
        (
            r#","stream_options":{ }}"#,
            r#","stream_options":{"include_usage":true }}"#,
        ),
        (
            r#","stream_options":{ "x":1}}"#,
            r#","stream_options":{"include_usage":true, "x":1}}"#,
        ),
        (
            r#","stream_options":{"include_usage": false}}"#,
            r#","stream_options":{"include_usage": true}}"#,
        ),
        (
            r#","stream_options":{"include_usage":null,"x":1}}"#,
            r#","stream_options":{"include_usage":true,"x":1}}"#,
        ),
        (
            r#","stream_options":{"include_usage":true}}"#,
            r#","stream_options":{"include_usage":true}}"#,
        ),
    ] {
        assert_eq!(
            encoded(&format!("{head}{rest}"), "m"),
            format!("{head}{expected}")
        );
    }
    let request = read(&format!("{head}}}"));
    let encoded = encode(&request, &Target::new(ProviderKind::Openai, "m", None)).unwrap();
    assert_eq!(encoded.headers[1], (ACCEPT, EVENTS));
}

#[test]
fn tenant_claims_are_taken_out_of_metadata() {
    for (metadata, expected, dropped) in [
        (r#"{"tenant_id":"a"}"#, "{}", 1),
        (r#"{ "tenant_id" : "a" }"#, "{  }", 1),
        (r#"{"tenant_id":"a","x":1}"#, r#"{"x":1}"#, 1),
        (r#"{"x":1 , "tenant_id":"a"}"#, r#"{"x":1}"#, 1),
        (
            r#"{"x":1, "workspace_id":{"deep":[1]}, "y":2}"#,
            r#"{"x":1, "y":2}"#,
            1,
        ),
        (
            r#"{"tenant_id":1,"x":1,"workspace_id":2,"tenant_id":3}"#,
            r#"{"x":1}"#,
            2,
        ),
        (r#"{"workspace_id":2,"\u0074enant_id":3}"#, "{}", 2),
        (
            r#"{"Tenant_ID":3,"tenant":"kept"}"#,
            r#"{"tenant":"kept"}"#,
            1,
        ),
        (r#"{"\ud800":1,"tenant_id":3}"#, r#"{"\ud800":1}"#, 1),
        ("{}", "{}", 0),
        (r#""tenant_id""#, r#""tenant_id""#, 0),
        ("[]", "[]", 0),
        ("null", "null", 0),
    ] {
        let body = |metadata: &str| {
            format!(r#"{{"metadata":{metadata},"model":"m","messages":[{{"role":"user"}}]}}"#)
        };
        let request = read(&body(metadata));
        let encoded = encode(&request, &Target::new(ProviderKind::Openai, "m", None)).unwrap();
        assert_eq!(encoded.body, body(expected), "{metadata}");
        assert_eq!(encoded.dropped.len(), dropped, "{metadata}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            any_object(inner).prop_map(Value::Object),
        ]
    })
}

fn any_object(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let key = prop_oneof![
        2 => "[a-z]{0,4}".prop_map(|key| format!("x-{key}")),
        1 => any::<String>().prop_map(|key| format!("x-{key}")),
        1 => Just("tenant_id".to_owned()),
        1 => Just("workspace_id".to_owned()),
    ];
    prop::collection::vec((key, values), 0..5).prop_map(|members| members.into_iter().collect())
}

prop_compose! {
    fn any_body()(
        model in "[a-z\"\\\\é]{1,6}",
        rest in any_object(any_json()),
        metadata in prop::option::of(any_json()),
        stream in prop::option::of(any::<bool>()),
        options in prop::option::of(prop_oneof![
            Just(json!(null)),
            Just(json!({})),
            any::<bool>().prop_map(|asked| json!({"include_usage": asked})),
            any::<bool>().prop_map(|asked| json!({"x": [1], "include_usage": asked, "y": null})),
            Just(json!({"x": "}"})),
        ]),
        content in any::<String>(),
        front in any::<bool>(),
    ) -> Value {
        let mut body = Map::new();
        if front {
            body.extend(rest.clone());
        }
        body.insert("model".to_owned(), model.into());
        if let Some(metadata) = metadata {
            body.insert("metadata".to_owned(), metadata);
        }
        if let Some(stream) = stream {
            body.insert("stream".to_owned(), stream.into());
        }
        body.insert("messages".to_owned(), json!([{"role": "user", "content": content}]));
        if let Some(options) = options {
            body.insert("stream_options".to_owned(), options);
        }
        if !front {
            body.extend(rest);
        }
        Value::Object(body)
    }
}

/// What the splices should come to, done on a tree.
fn edited(mut body: Value, model: &str) -> Value {
    body["model"] = model.into();
    if body["stream"] == json!(true) {
        if !body.get("stream_options").is_some_and(Value::is_object) {
            body["stream_options"] = json!({});
        }
        body["stream_options"]["include_usage"] = true.into();
    }
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|key, _| key != "tenant_id" && key != "workspace_id");
    }
    body
}

proptest! {
    #[test]
    fn splices_come_to_what_edits_of_a_tree_come_to(body in any_body(), model in "[a-z\"é\\n]{1,6}", pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&body) } else { serde_json::to_string(&body) }.unwrap();
        let sent: Value = serde_json::from_str(&encoded(&text, &model)).unwrap();
        prop_assert_eq!(sent, edited(body, &model));
    }
}
