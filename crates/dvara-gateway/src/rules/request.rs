//! Personal data in what is asked: refused, replaced or recorded (control-plane.md §10.1).

use dvara_crypto::token::TokenKey;
use dvara_dialects::splice::Span;
use dvara_dialects::texts::{Said, Saying};
use dvara_governance::pii::{Action, Counts, Finding, PiiRules, for_json, replace};

use super::recorder::{Recorder, Source};
use super::{redacted, tokenized};
use crate::http::error::GatewayError;

/// The texts that go on in the places of others; `None` when the call goes on as it is.
///
/// # Errors
/// 400 `pii_detected` where the rules say so, 403 `pii_tokenize_unavailable`.
pub(crate) fn personal_data(
    said: &[Said<'_>],
    rules: &PiiRules,
    tokens: Option<&TokenKey>,
    recorder: &Recorder,
) -> Result<Option<Vec<(Span, String)>>, GatewayError> {
    if !rules.settings.enabled {
        return Ok(None);
    }
    let detectors = &rules.detectors;
    let mut counts = Counts::default();
    let mut found: Vec<(&Said<'_>, Vec<Finding>)> = Vec::new();
    for one in said {
        let findings = detectors.scan(&one.text);
        if !findings.is_empty() {
            counts.add_all(&findings);
            found.push((one, findings));
        }
    }
    if found.is_empty() {
        return Ok(None);
    }
    let action = rules.settings.action;
    let source = Source::Request;
    let instead: &dyn Fn(&Finding, &str) -> String = match (action, tokens) {
        (Action::Log, _) => {
            recorder.pii("PII_DETECTED", source, action, &counts);
            return Ok(None);
        }
        (Action::Block, _) => {
            recorder.pii("PII_DETECTED", source, action, &counts);
            return Err(GatewayError::PiiDetected(counts.kinds()));
        }
        (Action::Redact, _) => &|finding, _| redacted(detectors, finding.kind, finding.pattern),
        (Action::Tokenize, Some(key)) => {
            &|finding, value| tokenized(key, detectors, finding, value)
        }
        (Action::Tokenize, None) => return Err(GatewayError::PiiTokenizeUnavailable),
    };
    let replaced = found
        .iter()
        .map(|(one, findings)| (one.span, replaced(one, findings, instead)))
        .collect();
    let event = match action {
        Action::Tokenize => "PII_TOKENIZED",
        Action::Redact | Action::Block | Action::Log => "PII_REDACTED",
    };
    recorder.pii(event, source, action, &counts);
    Ok(Some(replaced))
}

fn replaced(
    said: &Said<'_>,
    findings: &[Finding],
    instead: &dyn Fn(&Finding, &str) -> String,
) -> String {
    replace(&said.text, findings, |finding, value| {
        let instead = instead(finding, value);
        Some(match said.saying {
            Saying::Arguments => for_json(&said.text, finding, instead).into(),
            Saying::Text | Saying::Reasoning => instead.into(),
        })
    })
}
