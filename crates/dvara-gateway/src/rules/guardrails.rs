//! Attacks and contents that nobody wants, in what is asked and in whole answers (control-plane.md §10.2).

use std::collections::BTreeSet;
use std::sync::Arc;

use dvara_dialects::texts::{Part, Said, Saying, Speaker, Spoken};
use dvara_governance::guardrail::{
    self, Action, Category, Detection, Direction, Guardrails, LeakDetector, Outcome,
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

/// What was found in a call or an answer.
pub(crate) struct Found {
    /// By rules and by the classifier.
    pub(crate) detections: Vec<Detection>,
    /// By the plugin, with what it wants, whatever is set about categories.
    pub(crate) plugin: Option<(Action, Detection)>,
}

impl From<Vec<Detection>> for Found {
    fn from(detections: Vec<Detection>) -> Self {
        Self {
            detections,
            plugin: None,
        }
    }
}

impl Found {
    /// What is done about it: the strictest.
    pub(crate) fn action(&self, guardrails: &Guardrails) -> Option<Action> {
        let wanted = self.plugin.as_ref().map(|(action, _)| *action);
        let decided = guardrails.decide(&self.detections);
        decided.into_iter().chain(wanted).min()
    }
}

/// What a call asks for may be an attack.
pub(super) fn attacks(said: &[Said<'_>], guardrails: &Guardrails) -> Vec<Detection> {
    let mut found = Vec::new();
    guardrails.scan_request(foreign(said), &mut found);
    found
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
pub(crate) fn foreign<'s>(said: &'s [Said<'_>]) -> impl Iterator<Item = &'s str> {
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
    decide(found.into(), Direction::Response, guardrails, recorder)
}

/// Whether people read it: reasoning and arguments of tools are not what contents are judged by.
pub(super) fn is_read(part: Part) -> bool {
    matches!(part, Part::Content | Part::Refusal | Part::Other(_))
}

/// What becomes of what was found: what the head of the answer says of it. Records it.
///
/// # Errors
/// 403 `guardrail_blocked`.
pub(crate) fn decide(
    found: Found,
    direction: Direction,
    guardrails: &Guardrails,
    recorder: &Recorder,
) -> Result<Option<(HeaderName, HeaderValue)>, GatewayError> {
    let outcome = Outcome {
        action: found.action(guardrails),
        detections: found
            .detections
            .into_iter()
            .chain(found.plugin.map(|(_, one)| one))
            .collect(),
    };
    if direction == Direction::Request && outcome.detections.iter().any(is_classified_injection) {
        recorder.event(
            "ML_INJECTION_DETECTED",
            &serde_json::json!({"source": direction}),
        );
    }
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

fn is_classified_injection(found: &Detection) -> bool {
    found.source == guardrail::Source::Classifier && found.category == Category::Injection
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
