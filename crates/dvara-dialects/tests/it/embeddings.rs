//! Embeddings, case by case: what each vendor is asked, and the list that the client gets of its answers.

use std::collections::BTreeSet;
use std::time::SystemTime;

use dvara_dialects::answer::ResponseHead;
use dvara_dialects::embedding::{self, Embedded, EmbeddingRequest};
use dvara_dialects::fields::{UNKNOWN, Verdict};
use dvara_dialects::request::ReadLimits;
use dvara_dialects::target::Target;
use dvara_types::ProviderKind;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::files::Files;
use crate::outcome;

const FILES: Files = Files("embeddings");

/// The call of a client and the answers of its vendor, one for each call that the vendor gets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    _source: String,
    kind: ProviderKind,
    body: Box<RawValue>,
    answers: Vec<Box<RawValue>>,
    #[serde(default = "success")]
    status: u16,
}

fn success() -> u16 {
    200
}

fn cases() -> Vec<(String, Case)> {
    let names = FILES
        .names()
        .filter(|name| !name.ends_with(".expected.json"));
    let mut names: Vec<_> = names.collect();
    names.sort();
    let read = |name: String| {
        let case = serde_json::from_slice(&FILES.read(&name))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        (name.trim_end_matches(".json").to_owned(), case)
    };
    names.into_iter().map(read).collect()
}

fn read(case: &Case) -> EmbeddingRequest {
    let body = case.body.get().to_owned().into();
    EmbeddingRequest::read_openai(body, &ReadLimits::default()).unwrap()
}

fn outcome_of(case: &Case) -> Value {
    let request = read(case);
    let target = Target::new(case.kind, request.model(), None);
    let encoded = match embedding::encode(&request, &target) {
        Ok(encoded) => encoded,
        Err(refused) => {
            return json!({"refused": {"code": refused.code(), "param": refused.param(), "message": refused.message()}});
        }
    };
    let sent: Vec<Value> = encoded
        .calls
        .iter()
        .map(|(call, _)| serde_json::from_slice(&call.body).unwrap())
        .collect();
    let dropped = encoded.dropped.iter();
    let dropped: Vec<_> = dropped
        .map(|one| json!({"field": one.field, "reason": one.reason}))
        .collect();
    let status = StatusCode::from_u16(case.status).unwrap();
    let head = ResponseHead::read(status, &HeaderMap::new(), SystemTime::UNIX_EPOCH);
    assert_eq!(case.answers.len(), sent.len(), "an answer for each call");
    let answers: Result<Vec<Embedded>, _> = case
        .answers
        .iter()
        .zip(&encoded.calls)
        .map(|(answer, (_, count))| {
            let body = answer.get().to_owned().into();
            embedding::decode(&target, &head, body, *count)
        })
        .collect();
    let answer = answers.and_then(|answers| embedding::render(&request, &answers));
    let got = match answer {
        Ok(answered) => json!({
            "body": serde_json::from_slice::<Value>(&answered.body).unwrap(),
            "tokens": answered.usage.input.0,
            "is_guess": answered.is_guess,
        }),
        Err(fault) => json!({"fault": outcome::fault(&fault)}),
    };
    json!({"path": embedding::path(&target, ""), "sent": sent, "dropped": dropped, "got": got})
}

#[test]
fn embeddings_are_asked_and_answered_as_expected() {
    let mut known = BTreeSet::new();
    for (name, case) in cases() {
        FILES.compare(&format!("{name}.expected.json"), &outcome_of(&case));
        known.extend([format!("{name}.json"), format!("{name}.expected.json")]);
    }
    assert_eq!(FILES.names().collect::<BTreeSet<_>>(), known);
}

#[test]
fn what_is_declared_of_embeddings_is_shown_by_a_case() {
    for kind in ProviderKind::ALL {
        let of_kind = || cases().into_iter().filter(|(_, case)| case.kind == kind);
        for (_, case) in of_kind() {
            let request = read(&case);
            let target = Target::new(kind, request.model(), None);
            let Some(declared) = embedding::declared(&target) else {
                continue;
            };
            // Cases of models that this declaration is for.
            let same: Vec<_> = of_kind()
                .filter(|(_, other)| {
                    let request = read(other);
                    let target = Target::new(kind, request.model(), None);
                    embedding::declared(&target).is_some_and(|other| std::ptr::eq(other, declared))
                })
                .collect();
            let said: BTreeSet<String> = same
                .iter()
                .flat_map(|(_, case)| {
                    let body: Value = serde_json::from_str(case.body.get()).unwrap();
                    body.as_object()
                        .unwrap()
                        .keys()
                        .cloned()
                        .collect::<Vec<_>>()
                })
                .collect();
            let outcomes: Vec<_> = same.iter().map(|(_, case)| outcome_of(case)).collect();
            for (field, verdict) in declared.fields {
                assert!(
                    said.contains(*field),
                    "{}: no case says {field}",
                    declared.vendor
                );
                if let Verdict::Dropped { because, .. } = verdict {
                    let shows = |outcome: &Value| {
                        let dropped = outcome["dropped"].as_array();
                        dropped.is_some_and(|dropped| {
                            dropped.contains(&json!({"field": field, "reason": because}))
                        })
                    };
                    assert!(outcomes.iter().any(shows), "{}: {field}", declared.vendor);
                }
            }
            for (place, because) in declared.refusals {
                let shows = |outcome: &Value| {
                    let refused = &outcome["refused"];
                    let message = refused["message"].as_str().unwrap_or_default();
                    refused["param"] == *place && message.ends_with(because)
                };
                assert!(outcomes.iter().any(shows), "{}: {place}", declared.vendor);
            }
            let drops_unknown = |outcome: &Value| outcome.to_string().contains(UNKNOWN);
            assert_eq!(
                outcomes.iter().any(drops_unknown),
                declared.unknown == dvara_dialects::fields::Unknown::Dropped,
                "{}: a case with a field that is in no table",
                declared.vendor
            );
        }
    }
}
