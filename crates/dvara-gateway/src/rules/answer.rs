//! Personal data in what is answered (control-plane.md §10.1): refused, replaced for good or recorded; and tokens that become
//! what they stand for.

use std::rc::Rc;

use bytes::Bytes;
use dvara_crypto::token::TokenKey;
use dvara_dialects::texts::{Part, Spoken, replace, spoken};
use dvara_governance::pii::{self, Action, Counts, Finding, PiiRules};
use http::{HeaderName, HeaderValue};

use super::recorder::{Recorder, Source};
use super::stream::Guard;
use super::{redacted, restored};
use crate::dispatch::{Answered, Reply};
use crate::http::error::GatewayError;

/// What the answer of a call has to pass. Fixed before the call is sent, so a change of the rules meets whole answers only.
#[derive(Debug, Clone)]
pub(crate) struct AnswerRules {
    pub(super) pii: PiiRules,
    /// For the tokens that become values again.
    pub(super) tokens: Option<Rc<TokenKey>>,
    /// What the head of the answer says of it.
    notes: Vec<(HeaderName, HeaderValue)>,
    pub(super) recorder: Recorder,
}

impl AnswerRules {
    pub(crate) fn new(
        pii: PiiRules,
        tokens: Option<Rc<TokenKey>>,
        notes: Vec<(HeaderName, HeaderValue)>,
        recorder: Recorder,
    ) -> Self {
        let tokens = tokens.filter(|_| pii.settings.restore_in_answers);
        Self {
            pii,
            tokens,
            notes,
            recorder,
        }
    }

    /// Records what the rules make of the call.
    pub(crate) fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Whether answers are searched.
    pub(super) fn scans(&self) -> bool {
        self.pii.settings.enabled && self.pii.settings.scan_responses
    }

    fn is_idle(&self) -> bool {
        !self.scans() && self.tokens.is_none()
    }
}

/// The answer as it may go on; a stream gets its guard.
///
/// # Errors
/// 400 `pii_detected` for a whole answer that may not be seen.
pub(crate) fn enforce(mut reply: Reply, rules: AnswerRules) -> Result<Reply, GatewayError> {
    reply.notes.clone_from(&rules.notes);
    if rules.is_idle() {
        return Ok(reply);
    }
    reply.answered = match reply.answered {
        Answered::Whole(bytes) => Answered::Whole(whole(bytes, &rules)?),
        Answered::Stream(mut stream) => {
            stream.guard(Guard::new(rules));
            Answered::Stream(stream)
        }
    };
    Ok(reply)
}

fn whole(bytes: Bytes, rules: &AnswerRules) -> Result<Bytes, GatewayError> {
    let texts = spoken(&bytes);
    let mut counts = Counts::default();
    let mut replaced = Vec::new();
    for spoken in &texts {
        let findings = if rules.scans() {
            rules.pii.detectors.scan(&spoken.text)
        } else {
            Vec::new()
        };
        counts.add_all(&findings);
        if let Some(text) = edited(spoken, &findings, rules) {
            replaced.push((spoken.span, text));
        }
    }
    if !counts.is_empty() {
        let action = rules.pii.settings.action;
        rules
            .recorder
            .pii("PII_OUTPUT_LEAK", Source::Response, action, &counts);
        if action == Action::Block {
            return Err(GatewayError::PiiDetected(counts.kinds()));
        }
    }
    Ok(replace(&bytes, replaced))
}

/// The text as the client may see it; `None` when that is as it is.
fn edited(spoken: &Spoken<'_>, findings: &[Finding], rules: &AnswerRules) -> Option<String> {
    let withholds = rules.pii.settings.action.withholds() && !findings.is_empty();
    let is_json = matches!(spoken.lane.part, Part::Arguments(_));
    let text = withholds.then(|| redact(&spoken.text, findings, rules, is_json));
    let restored = rules
        .tokens
        .as_ref()
        .and_then(|key| restored(key, text.as_deref().unwrap_or(&spoken.text)));
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
