use bytes::Bytes;
use dvara_types::ProviderKind;
use http::StatusCode;
use serde_json::{Value, json};

use super::*;
use crate::answer::ResponseHead;
use crate::request::ReadLimits;

fn read(body: Value) -> Result<EmbeddingRequest, ReadError> {
    EmbeddingRequest::read_openai(body.to_string().into(), &ReadLimits::default())
}

fn head() -> ResponseHead {
    ResponseHead::read(
        StatusCode::OK,
        &http::HeaderMap::new(),
        std::time::SystemTime::UNIX_EPOCH,
    )
}

#[test]
fn inputs_of_every_kind_are_read_and_others_refused() {
    for (input, count, tokens) in [
        (json!("12345678"), 1, 2),
        (json!(["1234", "12345"]), 2, 3),
        (json!([1, 2, 3]), 1, 3),
        (json!([[1, 2], [3]]), 2, 3),
    ] {
        let request = read(json!({"model": "m", "input": input})).unwrap();
        assert_eq!(request.count(), count, "{input}");
        assert_eq!(request.estimated_tokens().0, tokens, "{input}");
    }
    for (input, tokens) in [
        (json!("hello \u{e9}\n"), 3),
        (json!(["hello", "hello"]), 2),
        (json!([[1, 2], [3]]), 3),
    ] {
        let request = read(json!({"model": "m", "input": input})).unwrap();
        assert_eq!(request.counted_tokens(Table::Cl100k).0, tokens, "{input}");
    }
    for input in [
        json!(null),
        json!(""),
        json!([]),
        json!([""]),
        json!(["a", 1]),
        json!([[]]),
        json!([["a"]]),
        json!({"a": 1}),
        json!(1),
        json!([-1]),
        json!(vec!["a"; 2_049]),
    ] {
        let refused = read(json!({"model": "m", "input": input})).err().unwrap();
        assert_eq!(refused.param(), Some("input"), "{input}");
    }
    for (member, value) in [
        ("model", json!(" ")),
        ("encoding_format", json!("int8")),
        ("dimensions", json!(0)),
        ("dimensions", json!("3")),
    ] {
        let mut body = json!({"model": "m", "input": "a"});
        body[member] = value;
        assert_eq!(read(body).err().unwrap().param(), Some(member));
    }
    let twice = Bytes::from_static(br#"{"model":"m","input":"a","input":"b"}"#);
    let refused = EmbeddingRequest::read_openai(twice, &ReadLimits::default());
    assert_eq!(refused.err().unwrap().param(), Some("input"));
    for body in ["", "[]", "{\"model\":", "\u{1}"] {
        let refused = EmbeddingRequest::read_openai(body.into(), &ReadLimits::default());
        assert_eq!(refused.err().unwrap().code(), "invalid_json", "{body}");
    }
}

#[test]
fn an_untouched_call_leaves_in_the_bytes_it_came_in_and_its_answer_comes_in_the_vendors() {
    let request = read(json!({"model": "text-embedding-3-small", "input": ["a", "b"], "x": 1}));
    let request = request.unwrap();
    let target = Target::new(ProviderKind::Openai, request.model(), None);
    let calls = encode(&request, &target).unwrap().calls;
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].0.body.as_ptr(), request.body.as_ptr());
    let answer = Bytes::from_static(br#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10]},{"object":"embedding","index":1,"embedding":[2]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":2,"total_tokens":2},"x":1}"#);
    let embedded = decode(&target, &head(), answer.clone(), 2).unwrap();
    let answered = render(&request, &[embedded]).unwrap();
    assert_eq!(answered.body.as_ptr(), answer.as_ptr());
    assert_eq!((answered.usage.input.0, answered.is_guess), (2, false));
}

#[test]
fn a_large_call_becomes_several_and_their_vectors_one_list_in_order() {
    let texts: Vec<_> = (0..23).map(|number| format!("t{number}")).collect();
    let request = read(json!({"model": "text-embedding-v4", "input": texts})).unwrap();
    let target = Target::new(ProviderKind::Qwen, request.model(), None);
    let calls = encode(&request, &target).unwrap().calls;
    let sizes: Vec<_> = calls.iter().map(|(_, count)| *count).collect();
    assert_eq!(sizes, [10, 10, 3]);
    let mut number = 0;
    let answers: Vec<_> = calls
        .iter()
        .map(|(call, count)| {
            let sent: Value = serde_json::from_slice(&call.body).unwrap();
            let inputs = sent["input"].as_array().unwrap();
            assert_eq!(inputs[0], format!("t{number}"));
            // A vendor may answer out of order, as long as it says which is which.
            let data: Vec<_> = (0..*count)
                .rev()
                .map(|index| json!({"index": index, "embedding": [number + index]}))
                .collect();
            number += count;
            let answer = json!({"data": data, "usage": {"prompt_tokens": count}});
            decode(&target, &head(), answer.to_string().into(), *count).unwrap()
        })
        .collect();
    let answered = render(&request, &answers).unwrap();
    assert_eq!(answered.usage.input.0, 23);
    let body: Value = serde_json::from_slice(&answered.body).unwrap();
    for (index, item) in body["data"].as_array().unwrap().iter().enumerate() {
        assert_eq!(
            *item,
            json!({"object": "embedding", "index": index, "embedding": [index]})
        );
    }
    assert_eq!(body["data"].as_array().unwrap().len(), 23);
}

#[test]
fn vectors_come_in_the_form_that_was_asked_for() {
    let base64 = "AACAPwAAIMA=";
    for (format, answer, expected) in [
        ("float", json!([1.0, -2.5]), json!([1.0, -2.5])),
        ("base64", json!([1.0, -2.5]), json!(base64)),
        ("base64", json!(base64), json!(base64)),
        ("float", json!(base64), json!([1.0, -2.5])),
    ] {
        let request = json!({"model": "mistral-embed", "input": "a", "encoding_format": format});
        let request = read(request).unwrap();
        let target = Target::new(ProviderKind::Mistral, request.model(), None);
        let answer = json!({"data": [{"index": 0, "embedding": answer}]}).to_string();
        let embedded = decode(&target, &head(), answer.into(), 1).unwrap();
        let answered = render(&request, &[embedded]).unwrap();
        let body: Value = serde_json::from_slice(&answered.body).unwrap();
        assert_eq!(body["data"][0]["embedding"], expected, "{format}");
        assert!(answered.is_guess);
        assert_eq!(body["usage"]["prompt_tokens"], 1);
    }
}

#[test]
fn an_answer_that_lacks_a_vector_is_a_fault_and_not_a_shorter_list() {
    let target = Target::new(ProviderKind::Openai, "text-embedding-3-small", None);
    for answer in [
        json!({"data": []}),
        json!({"data": [{"index": 0, "embedding": [1]}]}),
        json!({"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}),
        json!({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": null}]}),
        json!({"error": {"message": "x"}}),
        json!([]),
    ] {
        let fault = decode(&target, &head(), answer.to_string().into(), 2);
        assert_eq!(
            fault.err().unwrap().code.as_str(),
            "provider_error",
            "{answer}"
        );
    }
}

#[test]
fn vendors_without_embeddings_say_so() {
    for kind in [
        ProviderKind::Anthropic,
        ProviderKind::Groq,
        ProviderKind::Mock,
    ] {
        let target = Target::new(kind, "m", None);
        assert_eq!(check(&target).unwrap_err().param(), Some("model"));
        assert!(path(&target, "").is_none());
    }
}
