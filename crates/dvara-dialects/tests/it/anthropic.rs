//! Anthropic behind chat completions, case by case: `tests/golden/README.md` says how the files work.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use bytes::Bytes;
use dvara_dialects::answer::ResponseHead;
use dvara_dialects::request::{ChatRequest, ReadLimits};
use dvara_dialects::target::Target;
use dvara_dialects::vendor::{self, StreamDecoder};
use dvara_types::ProviderKind;
use http::{HeaderMap, HeaderName, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::files::Files;
use crate::golden::REQUESTS as OPENAI_REQUESTS;
use crate::outcome;

const FILES: Files = Files("anthropic");

/// When everything here is answered.
const NOW: u64 = 1_700_000_000;

/// The model that the requests of OpenAI's golden files are sent to.
const PINNED: &str = "claude-sonnet-4-5-20250929";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFile {
    _source: String,
    body: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerFile {
    _source: String,
    /// The case of the request that it answers; `plain` unless it says.
    answers: Option<String>,
    status: u16,
    headers: BTreeMap<String, String>,
    body: Option<Box<RawValue>>,
    text: Option<String>,
}

/// Requests that streams answer, where it makes a difference.
const STREAMED_REQUESTS: [(&str, &str); 2] = [
    ("structured-output", "json-schema"),
    ("structured-output-without-deltas", "json-schema"),
];

#[test]
fn requests_are_encoded_as_expected() {
    let own = cases(".request.json");
    assert!(!own.is_empty());
    for case in own {
        let request = request(&FILES.read(&format!("{case}.request.json")));
        let target = Target::new(ProviderKind::Anthropic, request.model(), None);
        FILES.compare(
            &format!("{case}.request.expected.json"),
            &encoded(&request, &target),
        );
    }
    for case in OPENAI_REQUESTS {
        let request = request(&FILES.read(&format!("../openai/{case}.request.json")));
        let target = Target::new(ProviderKind::Anthropic, request.model(), Some(PINNED));
        FILES.compare(
            &format!("openai-{case}.request.expected.json"),
            &encoded(&request, &target),
        );
    }
}

fn encoded(request: &ChatRequest, target: &Target<'_>) -> Value {
    match vendor::encode(request, target) {
        Ok(encoded) => {
            let headers: BTreeMap<_, _> = encoded
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
                .collect();
            let dropped = encoded.dropped.iter();
            json!({
                "path": vendor::chat_path(target.kind),
                "headers": headers,
                "sent": serde_json::from_slice::<Value>(&encoded.body).unwrap(),
                "dropped": dropped.map(|one| json!({"field": one.field, "reason": one.reason})).collect::<Vec<_>>(),
            })
        }
        Err(refused) => json!({"refused": {
            "code": refused.code(),
            "param": refused.param(),
            "message": refused.message(),
        }}),
    }
}

#[test]
fn answers_are_translated_as_expected() {
    let answers = cases(".answer.json");
    assert!(!answers.is_empty());
    for case in answers {
        let file: AnswerFile =
            serde_json::from_slice(&FILES.read(&format!("{case}.answer.json"))).unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in &file.headers {
            headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let status = StatusCode::from_u16(file.status).unwrap();
        let head = ResponseHead::read(status, &headers, SystemTime::UNIX_EPOCH);
        let body = file
            .text
            .unwrap_or_else(|| file.body.unwrap().get().to_owned());
        let asked = file.answers.as_deref().unwrap_or("plain");
        let request = request(&FILES.read(&format!("{asked}.request.json")));
        let kind = ProviderKind::Anthropic;
        let expected = match vendor::decode(kind, &request, &head, body.into(), NOW) {
            Ok(decoded) => json!({
                "model": decoded.answer.model,
                "usage": outcome::usage(decoded.answer.usage),
                "finish": decoded.answer.finish.as_ref().map(ToString::to_string),
                "choices": decoded.answer.choices,
                "output_characters": decoded.answer.output_characters,
                "body": serde_json::from_slice::<Value>(&decoded.body).unwrap(),
            }),
            Err(fault) => json!({"fault": outcome::fault(&fault)}),
        };
        FILES.compare(&format!("{case}.answer.expected.json"), &expected);
    }
}

#[test]
fn streams_are_translated_as_expected_however_they_are_split() {
    let streams = cases(".stream.sse");
    assert!(!streams.is_empty());
    for case in streams {
        let sent = FILES.read(&format!("{case}.stream.sse"));
        let mut expected = json!({});
        for (client, shows_usage) in [("to_one_that_asked", true), ("to_others", false)] {
            let request = streamed(&case, shows_usage);
            let whole = translated(&request, &[&sent]);
            // Who asked for usage makes no difference to splits; once is enough.
            for at in (0..sent.len()).filter(|_| shows_usage) {
                let split = translated(&request, &[&sent[..at], &sent[at..]]);
                assert_eq!(split, whole, "{case} split at {at}");
            }
            let single: Vec<_> = sent.chunks(1).collect();
            assert_eq!(translated(&request, &single), whole, "{case} byte by byte");
            let (relayed, summary) = whole;
            for event in relayed.split("\n\n").filter(|event| !event.is_empty()) {
                let data = event.strip_prefix("data: ").unwrap();
                assert!(data == "[DONE]" || serde_json::from_str::<Value>(data).is_ok());
            }
            expected["summary"] = summary;
            expected[client] = relayed.split_inclusive('\n').map(Value::from).collect();
        }
        FILES.compare(&format!("{case}.stream.expected.json"), &expected);
    }
}

/// What a stream comes to when it arrives in these chunks.
fn translated(request: &ChatRequest, chunks: &[&[u8]]) -> (String, Value) {
    let decoder = StreamDecoder::new(ProviderKind::Anthropic, request, NOW);
    let (relayed, summary) = outcome::of_decoder(decoder, chunks);
    (String::from_utf8(relayed).unwrap(), summary)
}

/// The request that a stream answers.
fn streamed(case: &str, shows_usage: bool) -> ChatRequest {
    let asked = STREAMED_REQUESTS
        .iter()
        .find(|(stream, _)| *stream == case)
        .map_or("plain", |(_, request)| request);
    let file: RequestFile =
        serde_json::from_slice(&FILES.read(&format!("{asked}.request.json"))).unwrap();
    let mut body: Value = serde_json::from_str(file.body.get()).unwrap();
    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": shows_usage});
    read_request(body.to_string())
}

#[test]
fn every_golden_file_belongs_to_a_case() {
    let mut known = BTreeSet::new();
    for (kind, extension) in [("request", "json"), ("answer", "json"), ("stream", "sse")] {
        for case in cases(&format!(".{kind}.{extension}")) {
            known.insert(format!("{case}.{kind}.{extension}"));
            known.insert(format!("{case}.{kind}.expected.json"));
        }
    }
    for case in OPENAI_REQUESTS {
        known.insert(format!("openai-{case}.request.expected.json"));
    }
    assert_eq!(FILES.names().collect::<BTreeSet<_>>(), known);
    for (stream, request) in STREAMED_REQUESTS {
        assert!(known.contains(&format!("{stream}.stream.sse")));
        assert!(known.contains(&format!("{request}.request.json")));
    }
}

fn request(file: &[u8]) -> ChatRequest {
    let file: RequestFile = serde_json::from_slice(file).unwrap();
    read_request(file.body.get().to_owned())
}

fn read_request(body: String) -> ChatRequest {
    ChatRequest::read_openai(Bytes::from(body), &ReadLimits::default()).unwrap()
}

/// The names of the cases whose files end so.
fn cases(end: &str) -> Vec<String> {
    let mut cases: Vec<_> = FILES
        .names()
        .filter_map(|name| Some(name.strip_suffix(end)?.to_owned()))
        .collect();
    cases.sort();
    cases
}
