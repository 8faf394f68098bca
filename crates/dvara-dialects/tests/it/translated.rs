//! Vendors behind chat completions whose dialect is another one, or OpenAI's with differences, case by case:
//! `tests/golden/README.md` says how the files work.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use bytes::Bytes;
use dvara_dialects::answer::ResponseHead;
use dvara_dialects::request::{ChatRequest, ReadLimits};
use dvara_dialects::target::Target;
use dvara_dialects::vendor::{self, ChatPath, StreamDecoder};
use dvara_types::ProviderKind;
use http::{HeaderMap, HeaderName, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::files::Files;
use crate::golden::REQUESTS as OPENAI_REQUESTS;
use crate::{declared, outcome};

/// When everything here is answered.
const NOW: u64 = 1_700_000_000;

/// Makes the bytes of the wire of a file.
pub(crate) type Frame = fn(&[u8]) -> Vec<u8>;

/// A vendor, and the folder of its golden files.
pub(crate) struct Vendor {
    pub(crate) files: Files,
    pub(crate) kind: ProviderKind,
    /// The model that the requests of OpenAI's golden files are sent to; `None` when they are not.
    pub(crate) pinned: Option<&'static str>,
    /// Requests that streams answer, where it makes a difference: stream, request.
    pub(crate) streamed: &'static [(&'static str, &'static str)],
    /// The bytes of a stream that stands in its file as a list of events.
    pub(crate) frame: Option<Frame>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFile {
    _source: String,
    body: Box<RawValue>,
    /// Fields that are laid over the body, one set after the other: a case of its own each.
    each: Option<Vec<serde_json::Map<String, Value>>>,
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

/// The path of a call at a target, behind a base URL without a path.
pub(crate) fn path(target: &Target<'_>, stream: bool) -> String {
    match vendor::chat_path(target.kind, "") {
        ChatPath::Fixed(path) => path.to_owned(),
        ChatPath::OfModel(path) => path(target, stream),
    }
}

impl Vendor {
    /// Every case of the vendor, and no file that belongs to none.
    pub(crate) fn check(&self) {
        self.check_cases();
        declared::check(self, None);
    }

    /// The same for a vendor whose models are reached in two ways; `also` is the other one.
    pub(crate) fn check_beside(&self, also: &Self) {
        self.check_cases();
        declared::check(self, Some(also));
    }

    /// The same without what the vendor declares, for one whose declarations are those of others.
    pub(crate) fn check_cases(&self) {
        self.requests();
        self.answers();
        self.streams();
        self.every_file_belongs_to_a_case();
    }

    /// Every call that is encoded, and what is expected of it.
    pub(crate) fn request_files(&self) -> Vec<(Value, Value)> {
        let value =
            |name: String| -> Value { serde_json::from_slice(&self.files.read(&name)).unwrap() };
        let own = self.cases(".request.json").into_iter().flat_map(|case| {
            let expected = value(format!("{case}.request.expected.json"));
            let calls = self.variants(&case);
            let Some(calls) = calls else {
                return vec![(self.call(&case), expected)];
            };
            let calls = calls.into_iter().enumerate();
            calls
                .map(|(index, (_, call))| (call, expected[index]["comes_to"].clone()))
                .collect()
        });
        let of_openai = self.of_openai().map(|case| {
            let expected = value(format!("openai-{case}.request.expected.json"));
            (self.call(&format!("../openai/{case}")), expected)
        });
        own.chain(of_openai).collect()
    }

    fn requests(&self) {
        let own = self.cases(".request.json");
        assert!(!own.is_empty());
        for case in own {
            let of_request = |request: &ChatRequest| {
                encoded(request, &Target::new(self.kind, request.model(), None))
            };
            let found = match self.variants(&case) {
                None => of_request(&self.request(&case)),
                Some(variants) => variants
                    .into_iter()
                    .map(|(with, call)| {
                        let request = read_request(call.to_string());
                        json!({"with": with, "comes_to": of_request(&request)})
                    })
                    .collect(),
            };
            self.files
                .compare(&format!("{case}.request.expected.json"), &found);
        }
        for case in self.of_openai() {
            let request = self.request(&format!("../openai/{case}"));
            let target = Target::new(self.kind, request.model(), self.pinned);
            let name = format!("openai-{case}.request.expected.json");
            self.files.compare(&name, &encoded(&request, &target));
        }
    }

    fn of_openai(&self) -> impl Iterator<Item = &'static str> {
        let are_sent = self.pinned.is_some();
        OPENAI_REQUESTS.into_iter().filter(move |_| are_sent)
    }

    fn answers(&self) {
        let answers = self.cases(".answer.json");
        assert!(!answers.is_empty());
        for case in answers {
            let file: AnswerFile =
                serde_json::from_slice(&self.files.read(&format!("{case}.answer.json"))).unwrap();
            let mut headers = HeaderMap::new();
            for (name, value) in &file.headers {
                headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
            }
            let status = StatusCode::from_u16(file.status).unwrap();
            let head = ResponseHead::read(status, &headers, SystemTime::UNIX_EPOCH);
            let body = file
                .text
                .unwrap_or_else(|| file.body.unwrap().get().to_owned());
            let request = self.request(file.answers.as_deref().unwrap_or("plain"));
            let target = Target::new(self.kind, request.model(), None);
            let expected = match vendor::decode(&target, &request, &head, body.into(), NOW) {
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
            let name = format!("{case}.answer.expected.json");
            self.files.compare(&name, &expected);
        }
    }

    /// How the files of streams end: the bytes of the wire, or a list of events that are framed here.
    fn stream_ending(&self) -> &'static str {
        if self.frame.is_some() {
            ".stream.json"
        } else {
            ".stream.sse"
        }
    }

    fn streams(&self) {
        let streams = self.cases(self.stream_ending());
        assert!(!streams.is_empty());
        for case in streams {
            let file = self.files.read(&format!("{case}{}", self.stream_ending()));
            let sent = self.frame.map_or(file.clone(), |frame| frame(&file));
            let mut expected = json!({});
            for (client, shows_usage) in [("to_one_that_asked", true), ("to_others", false)] {
                let request = self.streamed(&case, shows_usage);
                let whole = self.translated(&request, &[&sent]);
                // Who asked for usage makes no difference to splits; once is enough.
                for at in (0..sent.len()).filter(|_| shows_usage) {
                    let split = self.translated(&request, &[&sent[..at], &sent[at..]]);
                    assert_eq!(split, whole, "{case} split at {at}");
                }
                let single: Vec<_> = sent.chunks(1).collect();
                let single = self.translated(&request, &single);
                assert_eq!(single, whole, "{case} byte by byte");
                let (relayed, summary) = whole;
                let is_data = |line: &&str| !(line.is_empty() || line.starts_with([':', 'e']));
                for line in relayed.lines().filter(is_data) {
                    let data = line.strip_prefix("data: ").unwrap();
                    assert!(data == "[DONE]" || serde_json::from_str::<Value>(data).is_ok());
                }
                expected["summary"] = summary;
                expected[client] = relayed.split_inclusive('\n').map(Value::from).collect();
            }
            let name = format!("{case}.stream.expected.json");
            self.files.compare(&name, &expected);
        }
    }

    /// What a stream comes to when it arrives in these chunks.
    fn translated(&self, request: &ChatRequest, chunks: &[&[u8]]) -> (String, Value) {
        let target = Target::new(self.kind, request.model(), None);
        let decoder = StreamDecoder::new(&target, request, NOW);
        let (relayed, summary) = outcome::of_decoder(decoder, chunks);
        (String::from_utf8(relayed).unwrap(), summary)
    }

    /// The request that a stream answers.
    fn streamed(&self, case: &str, shows_usage: bool) -> ChatRequest {
        let asked = self
            .streamed
            .iter()
            .find(|(stream, _)| *stream == case)
            .map_or("plain", |(_, request)| request);
        let file: RequestFile =
            serde_json::from_slice(&self.files.read(&format!("{asked}.request.json"))).unwrap();
        let mut body: Value = serde_json::from_str(file.body.get()).unwrap();
        body["stream"] = json!(true);
        body["stream_options"] = json!({"include_usage": shows_usage});
        read_request(body.to_string())
    }

    fn every_file_belongs_to_a_case(&self) {
        let mut known = BTreeSet::new();
        for ending in [".request.json", ".answer.json", self.stream_ending()] {
            let kind = ending.split('.').nth(1).unwrap();
            for case in self.cases(ending) {
                known.insert(format!("{case}{ending}"));
                known.insert(format!("{case}.{kind}.expected.json"));
            }
        }
        for case in self.of_openai() {
            known.insert(format!("openai-{case}.request.expected.json"));
        }
        assert_eq!(self.files.names().collect::<BTreeSet<_>>(), known);
        for (stream, request) in self.streamed {
            assert!(known.contains(&format!("{stream}{}", self.stream_ending())));
            assert!(known.contains(&format!("{request}.request.json")));
        }
    }

    /// The variants of a case that has some, each with the fields that make it.
    fn variants(&self, case: &str) -> Option<Vec<(Value, Value)>> {
        let of_fields = |fields: serde_json::Map<String, Value>| {
            let mut call = self.call(case);
            for (name, value) in &fields {
                call[name] = value.clone();
            }
            (Value::Object(fields), call)
        };
        let variants = self.request_file(case).each?.into_iter();
        Some(variants.map(of_fields).collect())
    }

    fn call(&self, case: &str) -> Value {
        serde_json::from_str(self.request_file(case).body.get()).unwrap()
    }

    fn request(&self, case: &str) -> ChatRequest {
        read_request(self.request_file(case).body.get().to_owned())
    }

    fn request_file(&self, case: &str) -> RequestFile {
        serde_json::from_slice(&self.files.read(&format!("{case}.request.json"))).unwrap()
    }

    /// The names of the cases whose files end so.
    fn cases(&self, end: &str) -> Vec<String> {
        let mut cases: Vec<_> = self
            .files
            .names()
            .filter_map(|name| Some(name.strip_suffix(end)?.to_owned()))
            .collect();
        cases.sort();
        cases
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
                "path": path(target, request.stream()),
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

pub(crate) fn read_request(body: String) -> ChatRequest {
    ChatRequest::read_openai(Bytes::from(body), &ReadLimits::default()).unwrap()
}
