//! Attacks and contents that nobody wants, in what is asked and in whole answers (control-plane.md §10.2).

use std::collections::BTreeSet;
use std::sync::Arc;

use dvara_dialects::texts::{Part, Said, Saying, Speaker, Spoken};
use dvara_governance::guardrail::{
    Action, Category, Detection, Direction, Guardrails, LeakDetector,
};
use http::{HeaderName, HeaderValue};

use super::recorder::Recorder;
use crate::http::error::GatewayError;
use crate::read::Request;

/// That something was found, and the call goes on.
const FLAGGED: HeaderName = HeaderName::from_static("x-gateway-guardrail-flagged");

/// Whether a call is of a size that may be looked at.
///
/// # Errors
/// 413 `input_too_large`.
pub(super) fn size(
    request: &Request,
    said: &[Said<'_>],
    guardrails: &Guardrails,
    recorder: &Recorder,
) -> Result<(), GatewayError> {
    let limits = &guardrails.settings().limits;
    limits
        .check_lengths(lengths(request, said))
        .map_err(|exceeded| {
            recorder.event("INPUT_SIZE_EXCEEDED", &serde_json::json!(exceeded));
            GatewayError::InputTooLarge(exceeded)
        })
}

/// What a call asks for may be an attack. Gives what the head of the answer says of it.
///
/// # Errors
/// 403 `guardrail_blocked`.
pub(super) fn attacks(
    said: &[Said<'_>],
    guardrails: &Guardrails,
    recorder: &Recorder,
) -> Result<Option<(HeaderName, HeaderValue)>, GatewayError> {
    let mut found = Vec::new();
    guardrails.scan_request(foreign(said), &mut found);
    decide(found, Direction::Request, guardrails, recorder)
}

/// The characters of each message, and of the longest text beside them.
pub(super) fn lengths(request: &Request, said: &[Said<'_>]) -> Vec<u64> {
    let mut lengths = vec![0; request.message_count()];
    let mut beside = 0;
    for one in said {
        let characters = one.text.chars().count() as u64;
        match one.message.and_then(|message| lengths.get_mut(message)) {
            Some(length) => *length += characters,
            None => beside = beside.max(characters),
        }
    }
    lengths.extend((beside > 0).then_some(beside));
    lengths
}

/// Texts that may attack the model: the operator's own instructions do not, nor does what the model itself has said.
pub(super) fn foreign<'s>(said: &'s [Said<'_>]) -> impl Iterator<Item = &'s str> {
    let is_foreign = |one: &&Said<'_>| {
        matches!(one.speaker, Speaker::User | Speaker::Tool) && one.saying == Saying::Text
    };
    said.iter().filter(is_foreign).map(|one| &*one.text)
}

/// What of a system prompt an answer must not repeat.
pub(super) fn leak_detector(said: &[Said<'_>], guardrails: &Guardrails) -> Option<LeakDetector> {
    if !guardrails.settings().enabled || !guardrails.settings().scan_responses {
        return None;
    }
    let of = |system: bool| {
        said.iter()
            .filter(move |one| (one.speaker == Speaker::System) == system)
            .map(|one| &*one.text)
    };
    let prompt = of(true).collect::<Vec<_>>().join("\n");
    LeakDetector::new(&prompt, of(false))
}

/// What a whole answer says.
///
/// # Errors
/// 403 `guardrail_blocked`.
pub(super) fn answer(
    spoken: &[Spoken<'_>],
    guardrails: &Arc<Guardrails>,
    leak: Option<&Arc<LeakDetector>>,
    recorder: &Recorder,
) -> Result<Option<(HeaderName, HeaderValue)>, GatewayError> {
    let read = spoken.iter().filter(|one| is_read(one.lane.part));
    let mut found = Vec::new();
    guardrails.scan_answer(read.map(|one| &*one.text), leak, &mut found);
    decide(found, Direction::Response, guardrails, recorder)
}

/// Whether people read it: reasoning and arguments of tools are not what contents are judged by.
pub(super) fn is_read(part: Part) -> bool {
    matches!(part, Part::Content | Part::Refusal | Part::Alone)
}

/// What becomes of what was found. Records it.
pub(super) fn decide(
    found: Vec<Detection>,
    direction: Direction,
    guardrails: &Guardrails,
    recorder: &Recorder,
) -> Result<Option<(HeaderName, HeaderValue)>, GatewayError> {
    let outcome = guardrails.outcome(found);
    let (Some(action), Some(payload)) = (outcome.action, outcome.audit_payload(direction)) else {
        return Ok(None);
    };
    let categories = categories(&outcome.detections);
    let payload = serde_json::json!(payload);
    recorder.guardrail(action, &categories, &payload);
    match action {
        Action::Block => Err(GatewayError::GuardrailBlocked(named(&categories))),
        Action::Flag => {
            let value = HeaderValue::from_str(&named(&categories));
            Ok(value.ok().map(|value| (FLAGGED, value)))
        }
        Action::Log => Ok(None),
    }
}

fn categories(detections: &[Detection]) -> BTreeSet<Category> {
    detections.iter().map(|found| found.category).collect()
}

fn named(categories: &BTreeSet<Category>) -> String {
    let names: Vec<String> = categories
        .iter()
        .map(|category| category.setting_name().replace('-', "_").to_uppercase())
        .collect();
    names.join(", ")
}
