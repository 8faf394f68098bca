//! What the rules make of a call and of its answer. The rules themselves are pure and live in `dvara-governance`; here their
//! findings become refusals, other texts, events and counts.

mod answer;
mod explain;
mod guardrails;
mod policies;
mod recorder;
mod request;
mod settings;
mod stream;
mod template;
mod window;

pub(crate) use answer::{AnswerRules, enforce};
pub(crate) use explain::explain;
pub(crate) use guardrails::{Found, decide, foreign};
pub(crate) use policies::{PolicyQuestion, allow, denied};
pub(crate) use recorder::{Recorder, RuleMetrics, Source};
pub(crate) use request::look_through;
pub(crate) use settings::load as load_settings;
pub(crate) use stream::{Guard, Withheld};
pub(crate) use template::fill_in;
pub(crate) use window::{bound, fit_window, judge_window};

use dvara_crypto::token::TokenKey;
use dvara_governance::pii::{Detectors, Finding, Kind, placeholder};

use crate::http::error::GatewayError;

/// Longest value that is worth a token; what is longer, such as a private key, no model needs to tell from another.
const LONGEST_SEALED: usize = 1024;

/// Most text of an answer that is looked through, and most that is held of a stream, in bytes (data-plane.md §5.3).
const MOST_HELD: usize = 1_000_000;

/// Bytes that rules look through within less than a millisecond.
const QUICK: usize = 32 * 1024;

/// Does what may take long beside the core that the call lives on, so that its other calls go on (design §2).
///
/// # Errors
/// Those of the work; 500 when it panics.
async fn aside<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> Result<T, GatewayError> + Send + 'static,
) -> Result<T, GatewayError> {
    if bytes <= QUICK {
        return work();
    }
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or(Err(GatewayError::Internal))
}

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

/// A text with the tokens of this tenant's key replaced by what they stand for; `None` when there are none. In a JSON text they stand
/// inside of strings. `unresolved` is told of each that stands for nothing we know.
fn restored(
    key: &TokenKey,
    text: &str,
    is_json: bool,
    mut unresolved: impl FnMut(),
) -> Option<String> {
    dvara_governance::pii::tokens(text, |kind, digits| {
        let Some(value) = key.open(kind, digits) else {
            unresolved();
            return None;
        };
        let value = value.expose();
        if !is_json {
            return Some(value.clone());
        }
        let literal = serde_json::Value::from(value.as_str()).to_string();
        Some(literal[1..literal.len() - 1].to_owned())
    })
}
