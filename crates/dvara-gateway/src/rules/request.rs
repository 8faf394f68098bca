//! Personal data in what is asked: refused, replaced or recorded (control-plane.md §10.1).

use dvara_crypto::token::TokenKey;
use dvara_dialects::request::ReadLimits;
use dvara_dialects::splice::Span;
use dvara_dialects::texts::{Said, Saying};
use dvara_governance::pii::{Action, Counts, Finding, PiiRules, for_json, replace};

use super::recorder::{Recorder, Source};
use super::{redacted, tokenized};
use crate::http::error::GatewayError;
use crate::read::Request;

/// The call as it may go on.
///
/// # Errors
/// 400 `pii_detected` where the rules say so, and what [`Request::said`] refuses: what can't be read can't be governed.
pub(crate) fn personal_data(
    request: Request,
    rules: &PiiRules,
    tokens: Option<&TokenKey>,
    recorder: &Recorder,
    limits: &ReadLimits,
) -> Result<Request, GatewayError> {
    if !rules.settings.enabled {
        return Ok(request);
    }
    let detectors = &rules.detectors;
    let said = request.said()?;
    let mut counts = Counts::default();
    let mut found: Vec<(&Said<'_>, Vec<Finding>)> = Vec::new();
    for said in &said {
        let findings = detectors.scan(&said.text);
        if !findings.is_empty() {
            counts.add_all(&findings);
            found.push((said, findings));
        }
    }
    if found.is_empty() {
        return Ok(request);
    }
    let action = rules.settings.action;
    let source = Source::Request;
    let instead: &dyn Fn(&Finding, &str) -> String = match (action, tokens) {
        (Action::Log, _) => {
            recorder.pii("PII_DETECTED", source, action, &counts);
            return Ok(request);
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
    let replaced: Vec<(Span, String)> = found
        .iter()
        .map(|(said, findings)| (said.span, replaced(said, findings, instead)))
        .collect();
    let request = request.with_texts(replaced, limits)?;
    let event = if action == Action::Redact {
        "PII_REDACTED"
    } else {
        "PII_TOKENIZED"
    };
    recorder.pii(event, source, action, &counts);
    Ok(request)
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
