//! What is answered, whole: held against its schema, searched for personal data, which is refused, replaced for good or
//! recorded, and for contents (control-plane.md §10, data-plane.md §15); and tokens that become what they stand for.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use dvara_crypto::token::TokenKey;
use dvara_dialects::texts::{Lane, Part, Spoken, replace, spoken};
use dvara_governance::guardrail::{Guardrails, LeakDetector};
use dvara_governance::pii::{self, Action, Counts, Finding, PiiRules};
use dvara_governance::tenant::TenantRules;
use dvara_store::snapshot::OutputSchema;
use http::{HeaderName, HeaderValue};
use serde_json::json;

use super::recorder::{Recorder, Source};
use super::stream::Guard;
use super::{MOST_HELD, aside, guardrails, redacted, restored};
use crate::dispatch::{Answered, Reply};
use crate::http::error::GatewayError;
use crate::outside::{Asking, Outside, Seen};

/// What the answer of a call has to pass. Fixed before the call is sent, so a change of the rules meets whole answers only.
#[derive(Clone)]
pub(crate) struct AnswerRules {
    pub(super) pii: PiiRules,
    /// Absent where answers are not searched for contents.
    pub(super) guardrails: Option<Arc<Guardrails>>,
    /// What of the system prompt an answer must not repeat.
    pub(super) leak: Option<Arc<LeakDetector>>,
    /// For the tokens that become values again.
    pub(super) tokens: Option<Arc<TokenKey>>,
    /// What the text of the answer has to fit.
    schema: Option<Arc<OutputSchema>>,
    /// The model that was asked for.
    model: Box<str>,
    /// What the head of the answer says of it.
    notes: Vec<(HeaderName, HeaderValue)>,
    pub(super) recorder: Recorder,
}

impl fmt::Debug for AnswerRules {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AnswerRules")
            .finish_non_exhaustive()
    }
}

impl AnswerRules {
    pub(crate) fn new(
        rules: &TenantRules,
        tokens: Option<Arc<TokenKey>>,
        leak: Option<Arc<LeakDetector>>,
        notes: Vec<(HeaderName, HeaderValue)>,
        recorder: Recorder,
    ) -> Self {
        let pii = rules.pii.clone();
        let contents = rules.guardrails.settings();
        let scans = contents.enabled && contents.scan_responses;
        Self {
            tokens: tokens.filter(|_| pii.settings.restore_in_answers),
            pii,
            guardrails: scans.then(|| rules.guardrails.clone()),
            leak,
            schema: None,
            model: Box::default(),
            notes,
            recorder,
        }
    }

    /// These rules for an answer that has to fit a schema; a stream and what is embedded have none (data-plane.md §15).
    #[must_use]
    pub(crate) fn fitting(mut self, schema: Option<Arc<OutputSchema>>, model: &str) -> Self {
        self.schema = schema;
        self.model = model.into();
        self
    }

    /// These rules for an answer without texts: vectors.
    #[must_use]
    pub(crate) fn of_vectors(mut self) -> Self {
        self.pii.settings.scan_responses = false;
        (self.guardrails, self.tokens) = (None, None);
        self
    }

    /// Records what the rules make of the call.
    pub(crate) fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Whether answers are searched.
    pub(super) fn scans(&self) -> bool {
        self.pii.settings.enabled && self.pii.settings.scan_responses
    }

    /// Whether text may have to be kept from its reader, or be another than it was.
    pub(super) fn withholds(&self) -> bool {
        let of_personal = self.scans() && self.pii.settings.action.withholds();
        let of_contents = self
            .guardrails
            .as_ref()
            .is_some_and(|rules| rules.may_block());
        of_personal || of_contents || self.tokens.is_some()
    }

    fn is_idle(&self) -> bool {
        let searched = self.scans() || self.guardrails.is_some();
        !searched && self.tokens.is_none() && self.schema.is_none()
    }
}

/// The answer as it may go on; a stream gets its guard.
///
/// # Errors
/// For a whole answer that may not be seen: 400 `pii_detected`, 503 `pii_detector_unavailable`, 403 `guardrail_blocked` and `answer_too_large_to_scan`.
pub(crate) async fn enforce(
    mut reply: Reply,
    rules: AnswerRules,
    outside: &Outside,
    asking: Asking<'_>,
) -> Result<Reply, GatewayError> {
    reply.notes.clone_from(&rules.notes);
    if rules.is_idle() {
        return Ok(reply);
    }
    reply.answered = match reply.answered {
        Answered::Whole(bytes) => {
            let size = bytes.len();
            let seen = if outside.sees_personal_data() && rules.scans() && size <= MOST_HELD {
                let texts = spoken(&bytes);
                let texts: Vec<&str> = texts.iter().map(|spoken| &*spoken.text).collect();
                let told = (&rules.recorder, Source::Response);
                outside
                    .personal_data(asking, &texts, &rules.pii, told)
                    .await?
            } else {
                None
            };
            let (bytes, notes) = aside(size, move || whole(bytes, seen, &rules)).await?;
            reply.notes.extend(notes);
            Answered::Whole(bytes)
        }
        Answered::Stream(mut stream) => {
            stream.guard(Guard::new(rules));
            Answered::Stream(stream)
        }
    };
    Ok(reply)
}

/// How many tokens in the answer could not become what they stand for (data-plane.md §4).
const UNRESOLVED: HeaderName = HeaderName::from_static("x-gateway-pii-unresolved");

/// What the head of the answer says of it.
type Notes = Vec<(HeaderName, HeaderValue)>;

fn whole(
    bytes: Bytes,
    seen: Option<Seen>,
    rules: &AnswerRules,
) -> Result<(Bytes, Notes), GatewayError> {
    if bytes.len() > MOST_HELD {
        return too_large(bytes, rules);
    }
    let texts = spoken(&bytes);
    check_schema(&texts, rules)?;
    let mut counts = Counts::default();
    let mut unresolved = 0;
    let mut replaced = Vec::new();
    let mut seen = seen.unwrap_or_default().into_iter();
    let detectors = &rules.pii.detectors;
    for spoken in &texts {
        let seen = seen.next().unwrap_or_default();
        let findings = match (rules.scans(), spoken.lane.part) {
            (false, _) => Vec::new(),
            (true, Part::Arguments(_)) => detectors.scan_arguments(&spoken.text, seen),
            (true, _) => detectors.scan_beside(&spoken.text, seen),
        };
        counts.add_all(&findings);
        if let Some(text) = edited(spoken, &findings, rules, &mut unresolved) {
            replaced.push((spoken, text));
        }
    }
    if !counts.is_empty() {
        let action = rules.pii.settings.action;
        let source = Source::Response;
        rules
            .recorder
            .pii("PII_OUTPUT_LEAK", source, action, &counts);
        if action == Action::Block {
            return Err(GatewayError::PiiDetected(counts.kinds()));
        }
    }
    let flag = match &rules.guardrails {
        Some(guardrails) => {
            guardrails::answer(&texts, guardrails, rules.leak.as_ref(), &rules.recorder)?
        }
        None => None,
    };
    let unresolved = (unresolved > 0).then(|| (UNRESOLVED, HeaderValue::from(unresolved)));
    let notes = flag.into_iter().chain(unresolved).collect();
    Ok((replace(&bytes, &replaced), notes))
}

/// The first text of the first choice has to fit; a blank one is not judged.
fn check_schema(texts: &[Spoken<'_>], rules: &AnswerRules) -> Result<(), GatewayError> {
    let Some(schema) = &rules.schema else {
        return Ok(());
    };
    let content = Lane {
        choice: 0,
        part: Part::Content,
    };
    let text = texts.iter().find(|spoken| spoken.lane == content);
    let checked = text.map_or(Ok(()), |spoken| schema.schema.check(&spoken.text));
    rules.recorder.schema(&rules.model, checked.is_ok());
    checked.map_err(|misfits| {
        let misfits: Vec<String> = misfits.iter().map(ToString::to_string).collect();
        GatewayError::SchemaFailed(misfits.join("; "))
    })
}

/// An answer that is too large to be looked through: nobody sees it where something might have to be withheld.
fn too_large(bytes: Bytes, rules: &AnswerRules) -> Result<(Bytes, Notes), GatewayError> {
    let payload = json!({"source": "response", "limit": MOST_HELD, "scan_incomplete": true});
    rules.recorder.event("ANSWER_TOO_LARGE_TO_SCAN", &payload);
    if rules.withholds() || rules.schema.is_some() {
        return Err(GatewayError::TooLargeToScan);
    }
    Ok((bytes, Notes::new()))
}

/// The text as the client may see it; `None` when that is as it is. Tokens that stand for nothing we know are counted.
fn edited(
    spoken: &Spoken<'_>,
    findings: &[Finding],
    rules: &AnswerRules,
    unresolved: &mut u32,
) -> Option<String> {
    let withholds = rules.pii.settings.action.withholds() && !findings.is_empty();
    let is_json = matches!(spoken.lane.part, Part::Arguments(_));
    let text = withholds.then(|| redact(&spoken.text, findings, rules, is_json));
    // What is signed must go back as it came, tokens and all.
    let tokens = rules
        .tokens
        .as_ref()
        .filter(|_| spoken.lane.part != Part::Signed);
    let restored = tokens.and_then(|key| {
        let text = text.as_deref().unwrap_or(&spoken.text);
        restored(key, text, is_json, || *unresolved += 1)
    });
    restored.or(text)
}

/// A text with a placeholder for each finding: in answers there is no way back.
pub(super) fn redact(
    text: &str,
    findings: &[Finding],
    rules: &AnswerRules,
    is_json: bool,
) -> String {
    pii::replace(text, findings, |finding, _| {
        let instead = redacted(&rules.pii.detectors, finding.kind, finding.pattern);
        Some(
            if is_json {
                pii::for_json(text, finding, instead)
            } else {
                instead
            }
            .into(),
        )
    })
}
