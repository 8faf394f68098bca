use std::borrow::Cow;
use std::time::SystemTime;

use bytes::Bytes;
use dvara_dialects::answer::ResponseHead;
use dvara_dialects::request::{ChatRequest, ReadLimits};
use dvara_dialects::target::Target;
use dvara_dialects::vendor::{self, Decoded};
use dvara_types::ProviderKind;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;

/// When the answers come, in seconds since 1970.
const NOW: u64 = 1_760_000_000;

/// The reasons that clients know; what is none of them means something to its vendor only.
pub(crate) const FINISHES: [&str; 4] = ["stop", "length", "tool_calls", "content_filter"];

const CALL: &[u8] = br#"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#;

/// Statuses that an answer is tried with.
const STATUSES: [u16; 8] = [200, 201, 400, 401, 404, 429, 500, 529];

/// An answer in OpenAI's dialect.
pub fn openai(data: &[u8]) {
    let sent = Bytes::copy_from_slice(data);
    for decoded in decode(ProviderKind::Openai, &sent) {
        assert_eq!(decoded.body, sent, "an answer is relayed as it came");
    }
}

/// An answer of a vendor of OpenAI's shape that has words of its own.
pub fn shaped(data: &[u8]) {
    for kind in crate::WITH_WORDS {
        for decoded in decode(kind, &Bytes::copy_from_slice(data)) {
            // What it says is its own, but it is an answer again, and nothing is left to say in other words.
            let again = decode(kind, &decoded.body);
            assert!(again.iter().all(|again| again.body == decoded.body));
            let (one, other) = (&again[0].answer, &decoded.answer);
            assert_eq!((one.usage, one.choices), (other.usage, other.choices));
            assert_eq!(one.finish, other.finish);
        }
    }
}

/// An answer in Anthropic's dialect, which goes on in OpenAI's.
pub fn anthropic(data: &[u8]) {
    translated(ProviderKind::Anthropic, data);
}

/// An answer in Gemini's dialect, which goes on in OpenAI's.
pub fn gemini(data: &[u8]) {
    translated(ProviderKind::Gemini, data);
}

/// An answer in Cohere's dialect, which goes on in OpenAI's.
pub fn cohere(data: &[u8]) {
    translated(ProviderKind::Cohere, data);
}

/// An answer of Bedrock's, which goes on in OpenAI's dialect.
pub fn bedrock(data: &[u8]) {
    translated(ProviderKind::Bedrock, data);
}

/// What goes on is a chat completion.
fn translated(kind: ProviderKind, data: &[u8]) {
    for decoded in decode(kind, &Bytes::copy_from_slice(data)) {
        let completion: Completion<'_> =
            serde_json::from_slice(&decoded.body).expect("a chat completion goes on");
        assert_eq!(
            (completion.object, completion.created),
            ("chat.completion", NOW)
        );
        assert!(completion.id.get().len() > 2 && completion.model.get().starts_with('"'));
        assert_eq!(completion.choices.len(), 1);
        assert_eq!(completion.usage.is_some(), decoded.answer.usage.is_some());
        let choice = &completion.choices[0];
        assert_eq!((choice.index, choice.message.role), (0, "assistant"));
        assert!(FINISHES.contains(&&*choice.finish_reason));
        for call in choice.message.tool_calls.iter().flatten() {
            assert_eq!(call.kind, "function");
            assert!(call.id.get().starts_with('"') && call.function.name.get().starts_with('"'));
            assert!(call.function.arguments.get().starts_with('"'));
        }
    }
}

/// As far as every client reads it. A key that stands there twice is refused.
#[derive(Deserialize)]
struct Completion<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    object: &'a str,
    created: u64,
    #[serde(borrow)]
    model: &'a RawValue,
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    index: u64,
    #[serde(borrow)]
    message: Message<'a>,
    finish_reason: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Message<'a> {
    role: &'a str,
    #[serde(borrow)]
    tool_calls: Option<Vec<ToolCall<'a>>>,
}

#[derive(Deserialize)]
struct ToolCall<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    function: Function<'a>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: &'a RawValue,
    #[serde(borrow)]
    arguments: &'a RawValue,
}

/// Reads the answer under every status; gives back what is no fault.
fn decode(kind: ProviderKind, body: &Bytes) -> Vec<Decoded> {
    let request = ChatRequest::read_openai(Bytes::from_static(CALL), &ReadLimits::default())
        .expect("well-formed");
    let target = Target::new(kind, request.model(), None);
    let mut answers = Vec::new();
    for status in STATUSES {
        let status = StatusCode::from_u16(status).expect("a status");
        let head = ResponseHead::read(status, &HeaderMap::new(), SystemTime::UNIX_EPOCH);
        match vendor::decode(&target, &request, &head, body.clone(), NOW) {
            Ok(decoded) => {
                assert!(status.is_success());
                assert!(decoded.answer.choices > 0, "an answer without a choice");
                if let Some(usage) = decoded.answer.usage {
                    let _ = usage.total();
                }
                answers.push(decoded);
            }
            Err(fault) => {
                assert!(!fault.message_for_caller.is_empty() && !fault.message_for_log.is_empty());
                if matches!(status.as_u16(), 401 | 500..) {
                    assert!(fault.vendor_code.is_none() && fault.param.is_none());
                }
            }
        }
        let _ = vendor::not_a_stream(&target, &head, body);
    }
    answers
}
