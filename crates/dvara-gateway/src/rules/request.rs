//! The texts of a call: their size, personal data in them, attacks (control-plane.md §10).

use std::sync::Arc;

use dvara_crypto::token::TokenKey;
use dvara_dialects::request::ReadLimits;
use dvara_dialects::splice::Span;
use dvara_dialects::texts::{Said, Saying};
use dvara_governance::guardrail::LeakDetector;
use dvara_governance::pii::{Action, Counts, Finding, PiiRules, for_json, replace, unescape};
use dvara_governance::tenant::TenantRules;

use super::guardrails::Found;
use super::recorder::{Recorder, Source};
use super::{aside, guardrails, redacted, tokenized};
use crate::http::error::GatewayError;
use crate::outside::Seen;
use crate::read::Request;

/// A call whose texts may go on, and what its answer is held against.
pub(crate) struct Looked {
    pub(crate) request: Request,
    /// What of the system prompt an answer must not repeat.
    pub(crate) leak: Option<Arc<LeakDetector>>,
    /// What the rules found in it.
    pub(crate) found: Found,
}

/// Looks through the texts of a call, in the order of design §2. `seen` is what others saw in each text.
///
/// # Errors
/// 413 `input_too_large`, 400 `pii_detected`, and what
/// [`Request::said`] refuses: what can't be read can't be governed.
pub(crate) async fn look_through(
    request: Request,
    rules: Arc<TenantRules>,
    tokens: Option<Arc<TokenKey>>,
    recorder: Recorder,
    limits: ReadLimits,
    seen: Option<Seen>,
) -> Result<Looked, GatewayError> {
    let bytes = request.text_bytes();
    let look = move || {
        let said = request.said()?;
        guardrails::size(&request, &said, &rules.guardrails, &recorder)?;
        let replaced = personal_data(&said, seen, &rules.pii, tokens.as_deref(), &recorder)?;
        let found = guardrails::attacks(&said, &rules.guardrails);
        let leak = guardrails::leak_detector(&said, &rules.guardrails).map(Arc::new);
        drop(said);
        let request = match replaced {
            Some(replaced) => request.with_texts(replaced, &limits)?,
            None => request,
        };
        Ok(Looked {
            request,
            leak,
            found: found.into(),
        })
    };
    aside(bytes, look).await
}

/// The texts that go on in the places of others; `None` when the call goes on as it is.
///
/// # Errors
/// 400 `pii_detected` where the rules say so.
fn personal_data(
    said: &[Said<'_>],
    seen: Option<Seen>,
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
    let mut seen = seen.unwrap_or_default().into_iter();
    for one in said {
        let seen = seen.next().unwrap_or_default();
        let findings = match one.saying {
            Saying::Arguments => detectors.scan_arguments(&one.text, seen),
            Saying::Text | Saying::Reasoning => detectors.scan_beside(&one.text, seen),
        };
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
        // Without a key there are no tokens, and the value must not go on all the same.
        (Action::Redact, _) | (Action::Tokenize, None) => {
            &|finding, _| redacted(detectors, finding.kind, finding.pattern)
        }
        (Action::Tokenize, Some(key)) => {
            &|finding, value| tokenized(key, detectors, finding, value)
        }
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
        Some(match said.saying {
            Saying::Arguments => {
                let instead = instead(finding, &unescape(value));
                for_json(&said.text, finding, instead).into()
            }
            Saying::Text | Saying::Reasoning => instead(finding, value).into(),
        })
    })
}
