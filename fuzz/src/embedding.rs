//! What must hold of any body of a call for embeddings, and of any answer to one.

use std::time::SystemTime;

use bytes::Bytes;
use dvara_dialects::answer::ResponseHead;
use dvara_dialects::embedding::{self, EmbeddingRequest};
use dvara_dialects::request::ReadLimits;
use dvara_dialects::target::Target;
use dvara_types::ProviderKind;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A model of each shape of vendors.
const MODELS: [(ProviderKind, &str); 8] = [
    (ProviderKind::Openai, "text-embedding-3-small"),
    (ProviderKind::Mistral, "mistral-embed"),
    (ProviderKind::Qwen, "text-embedding-v4"),
    (ProviderKind::Gemini, "gemini-embedding-001"),
    (ProviderKind::Vertex, "text-embedding-005"),
    (ProviderKind::Cohere, "embed-v4.0"),
    (ProviderKind::Bedrock, "amazon.titan-embed-text-v2:0"),
    (ProviderKind::Bedrock, "cohere.embed-v4:0"),
];

/// A call: refused by name, or sent as JSON, with every input once.
pub fn call(data: &[u8]) {
    let body = Bytes::copy_from_slice(data);
    let request = match EmbeddingRequest::read_openai(body, &ReadLimits::default()) {
        Ok(request) => request,
        Err(error) => {
            assert!(!error.code().is_empty() && !error.message().is_empty());
            return;
        }
    };
    assert!(request.count() > 0);
    let _ = request.estimated_tokens();
    for (kind, model) in MODELS {
        let Ok(encoded) = embedding::encode(&request, &Target::new(kind, model, None)) else {
            continue;
        };
        let inputs: usize = encoded.calls.iter().map(|(_, count)| count).sum();
        assert_eq!(inputs, request.count());
        for (call, _) in encoded.calls {
            serde_json::from_slice::<&RawValue>(&call.body).expect("a body is JSON");
        }
    }
}

/// As far as every client reads it.
#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    data: Vec<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    index: usize,
    #[serde(borrow)]
    embedding: &'a RawValue,
}

/// An answer: a fault, or a vector for each input in its place.
pub fn answer(data: &[u8]) {
    let head = ResponseHead::read(StatusCode::OK, &HeaderMap::new(), SystemTime::UNIX_EPOCH);
    for format in ["float", "base64"] {
        let call = format!(r#"{{"model":"m","input":["a","b"],"encoding_format":"{format}"}}"#);
        let request = EmbeddingRequest::read_openai(call.into(), &ReadLimits::default())
            .expect("well-formed");
        for (kind, model) in MODELS {
            let target = Target::new(kind, model, None);
            let body = Bytes::copy_from_slice(data);
            let Ok(embedded) = embedding::decode(&target, &head, body, 2) else {
                continue;
            };
            let Ok(answered) = embedding::render(&request, &[embedded]) else {
                continue;
            };
            if kind == ProviderKind::Openai {
                assert_eq!(answered.body, data, "an answer is relayed as it came");
                continue;
            }
            let list: List<'_> = serde_json::from_slice(&answered.body).expect("a list goes on");
            assert_eq!(list.data.len(), 2);
            for (index, item) in list.data.iter().enumerate() {
                assert_eq!(item.index, index);
                assert!(item.embedding.get().starts_with(['[', '"']));
            }
        }
    }
}
