//! What the rules make of a call and of its answer. The rules themselves are pure and live in `dvara-governance`; here their
//! findings become refusals, other texts, events and counts.

mod answer;
mod guardrails;
mod policies;
mod recorder;
mod request;
mod settings;
mod stream;

pub(crate) use answer::{AnswerRules, enforce};
pub(crate) use guardrails::{attacks, leak_detector, size};
pub(crate) use policies::{PolicyQuestion, allow, denied};
pub(crate) use recorder::{Recorder, RuleMetrics};
pub(crate) use request::personal_data;
pub(crate) use settings::load as load_settings;
pub(crate) use stream::Guard;

use std::borrow::Cow;

use dvara_crypto::token::TokenKey;
use dvara_governance::pii::{Detectors, Finding, Kind, placeholder};

/// Longest value that is worth a token; what is longer, such as a private key, no model needs to tell from another.
const LONGEST_SEALED: usize = 1024;

/// What replaces a finding for good.
fn redacted(detectors: &Detectors, kind: Kind, pattern: Option<u16>) -> String {
    let custom = pattern.and_then(|number| detectors.custom().get(usize::from(number)));
    placeholder(
        kind,
        custom.map(dvara_governance::pii::CustomPattern::label),
    )
}

/// What replaces a finding until its answer is back.
fn tokenized(key: &TokenKey, detectors: &Detectors, finding: &Finding, value: &str) -> String {
    if value.len() > LONGEST_SEALED {
        return redacted(detectors, finding.kind, finding.pattern);
    }
    let kind = finding.kind.as_str();
    format!("{{{{PII_{kind}_{}}}}}", key.seal(kind, value))
}

/// A text with the tokens of this tenant's key replaced by what they stand for; `None` when there are none.
fn restored(key: &TokenKey, text: &str) -> Option<String> {
    dvara_governance::pii::tokens(text, |kind, digits| {
        key.open(kind, digits)
            .map(|value| Cow::Owned::<str>(value.expose().clone()))
    })
}
