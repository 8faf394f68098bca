//! Cases × targets and vendors: `tests/golden/README.md` says how the files work.

use std::collections::BTreeSet;
use std::time::SystemTime;

use bytes::Bytes;
use dvara_dialects::answer::ResponseHead;
use dvara_dialects::request::{ChatRequest, ReadLimits};
use dvara_dialects::target::Target;
use dvara_dialects::vendor;
use dvara_types::ProviderKind;
use http::{HeaderMap, HeaderName, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::conversation::describe;
use crate::files::Files;
use crate::{outcome, translated};

const FILES: Files = Files("openai");

/// Targets that every request is encoded for: a name, the kind, and the model in place of the one asked for.
const TARGETS: [(&str, ProviderKind, Option<&str>); 3] = [
    ("openai", ProviderKind::Openai, None),
    (
        "openai, pinned",
        ProviderKind::Openai,
        Some("pinned-2024-01-01"),
    ),
    ("ollama", ProviderKind::Ollama, Some("ollama/llama3:8b")),
];

pub(crate) const REQUESTS: [&str; 14] = [
    "plain",
    "multi-turn",
    "system",
    "images",
    "documents-and-audio",
    "tools",
    "tools-streamed",
    "functions",
    "json-schema",
    "json-object",
    "unknown-fields",
    "reasoning",
    "choices-and-logprobs",
    "tenant-claims",
];

/// Answers by the vendor whose shape they have.
const ANSWERS: [(&str, &[&str]); 8] = [
    (
        "openai",
        &[
            "plain",
            "tools",
            "json-schema",
            "refusal",
            "reasoning-usage",
            "cached-tokens",
            "logprobs",
            "choices",
            "no-choices",
            "error-400",
            "error-401",
            "error-403",
            "error-404",
            "error-413",
            "error-429",
            "error-500",
            "error-503",
        ],
    ),
    ("deepseek", &["deepseek"]),
    ("xai", &["xai-reasoning"]),
    ("ollama", &["error-404-ollama"]),
    ("vllm", &["error-422"]),
    ("openrouter", &["error-in-success"]),
    ("any server", &["no-usage"]),
    ("a proxy in between", &["html-in-success", "error-502-html"]),
];

/// Streams by the vendor whose shape they have.
const STREAMS: [(&str, &[&str]); 7] = [
    (
        "openai",
        &[
            "plain",
            "crlf",
            "parallel-tools",
            "json-schema",
            "choices",
            "logprobs",
            "in-band-error",
        ],
    ),
    ("groq", &["groq-usage"]),
    ("azure", &["azure-content-filter", "azure-filtered"]),
    ("deepseek", &["deepseek-reasoning"]),
    ("ollama", &["ollama"]),
    ("openrouter", &["openrouter-comments", "openrouter-error"]),
    (
        "a broken connection",
        &[
            "cut-between-events",
            "cut-within-event",
            "done-without-finish",
            "no-done",
        ],
    ),
];

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
    status: u16,
    headers: std::collections::BTreeMap<String, String>,
    body: Option<Box<RawValue>>,
    text: Option<String>,
}

#[test]
fn requests_are_read_and_encoded_as_expected() {
    for case in REQUESTS {
        let file: RequestFile =
            serde_json::from_slice(&FILES.read(&format!("{case}.request.json"))).unwrap();
        let body = Bytes::from(file.body.get().to_owned());
        let request = ChatRequest::read_openai(body, &ReadLimits::default()).unwrap();
        let targets: Vec<_> = TARGETS
            .into_iter()
            .map(|(name, kind, pinned)| {
                encoded(&request, name, Target::new(kind, request.model(), pinned))
            })
            .collect();
        let expected = json!({"read": describe(&request), "targets": targets});
        FILES.compare(&format!("{case}.request.expected.json"), &expected);
    }
}

fn encoded(request: &ChatRequest, name: &str, target: Target<'_>) -> Value {
    let encoded = vendor::encode(request, &target).unwrap();
    let sent = if encoded.body == request.body() {
        assert_eq!(
            encoded.body.as_ptr(),
            request.body().as_ptr(),
            "unchanged is not copied"
        );
        json!("the bytes received")
    } else {
        serde_json::from_slice(&encoded.body).unwrap()
    };
    let dropped: Vec<_> = encoded
        .dropped
        .iter()
        .map(|dropped| dropped.field.clone())
        .collect();
    json!({
        "target": name,
        "path": translated::path(&target, false),
        "accept": encoded.headers[1].1.to_str().unwrap(),
        "sent": sent,
        "dropped": dropped,
    })
}

#[test]
fn answers_are_read_as_expected() {
    let request = translated::read_request(
        r#"{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}"#.to_owned(),
    );
    for (vendor, cases) in ANSWERS {
        for case in cases {
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
            let target = Target::new(ProviderKind::Openai, "gpt-4o", None);
            let decoded = vendor::decode(&target, &request, &head, body.into(), 0);
            let result = decoded.map(|decoded| decoded.answer);
            let expected = match &result {
                Ok(answer) => json!({
                    "vendor": vendor,
                    "model": answer.model,
                    "usage": outcome::usage(answer.usage),
                    "finish": answer.finish.as_ref().map(ToString::to_string),
                    "choices": answer.choices,
                    "output_characters": answer.output_characters,
                }),
                Err(fault) => json!({"vendor": vendor, "fault": outcome::fault(fault)}),
            };
            FILES.compare(&format!("{case}.answer.expected.json"), &expected);
        }
    }
}

#[test]
fn streams_are_relayed_and_read_as_expected_however_they_are_split() {
    for (vendor, cases) in STREAMS {
        for case in cases {
            let sent = FILES.read(&format!("{case}.stream.sse"));
            let mut expected = json!({"vendor": vendor});
            for (client, shows_usage) in [("to_one_that_asked", true), ("to_others", false)] {
                let whole = outcome::stream(&[&sent], shows_usage);
                // Who asked for usage makes no difference to splits; once is enough.
                for at in (0..sent.len()).filter(|_| shows_usage) {
                    let split = outcome::stream(&[&sent[..at], &sent[at..]], shows_usage);
                    assert_eq!(split, whole, "{case} split at {at}");
                }
                let single: Vec<_> = sent.chunks(1).collect();
                assert_eq!(
                    outcome::stream(&single, shows_usage),
                    whole,
                    "{case} byte by byte"
                );
                let (relayed, summary) = whole;
                expected["summary"] = summary;
                expected[client] = if relayed == sent {
                    json!("the bytes received")
                } else {
                    let text = String::from_utf8(relayed).unwrap();
                    text.split_inclusive('\n').map(Value::from).collect()
                };
            }
            FILES.compare(&format!("{case}.stream.expected.json"), &expected);
        }
    }
}

#[test]
fn every_golden_file_is_on_the_list() {
    let mut listed = BTreeSet::new();
    let of = |lists: &[(&str, &'static [&'static str])]| -> Vec<&'static str> {
        lists
            .iter()
            .flat_map(|(_, cases)| cases.iter().copied())
            .collect()
    };
    for (cases, kind, extension) in [
        (REQUESTS.to_vec(), "request", "json"),
        (of(&ANSWERS), "answer", "json"),
        (of(&STREAMS), "stream", "sse"),
    ] {
        for case in cases {
            listed.insert(format!("{case}.{kind}.{extension}"));
            listed.insert(format!("{case}.{kind}.expected.json"));
        }
    }
    let found: BTreeSet<_> = FILES.names().collect();
    assert_eq!(found, listed);
}
