//! Presidio beside our own rules (control-plane.md §10.1).

use dvara_governance::pii::presidio::{Analysis, Recognized, findings};
use dvara_governance::pii::{Degraded, Finding, PiiRules};
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;

use super::Outside;
use super::service::{Asking, Failures, Service};
use super::settings::PresidioSettings;
use crate::http::error::GatewayError;
use crate::rules::{Recorder, Source};

/// Texts that are asked about at once for one call.
const AT_ONCE: usize = 8;

/// What was found in each of some texts, in their order.
pub(crate) type Seen = Vec<Vec<Finding>>;

/// The analyzer.
pub(super) struct Presidio {
    service: Service,
    language: Box<str>,
    score_threshold: f32,
}

impl Outside {
    /// Whether Presidio is asked at all.
    pub(crate) fn sees_personal_data(&self) -> bool {
        self.presidio.is_some()
    }

    /// What Presidio sees in some texts; `None` where nobody asks it.
    ///
    /// # Errors
    /// 503 `pii_detector_unavailable` when it does not answer and nothing may go on that it has not seen.
    pub(crate) async fn personal_data(
        &self,
        asking: Asking<'_>,
        texts: &[&str],
        rules: &PiiRules,
        (recorder, source): (&Recorder, Source),
    ) -> Result<Option<Seen>, GatewayError> {
        let Some(presidio) = self.presidio.as_ref().filter(|_| rules.settings.enabled) else {
            return Ok(None);
        };
        let asked = texts.iter().map(|text| presidio.see(asking, text));
        let seen: Vec<Option<Vec<Finding>>> = stream::iter(asked).buffered(AT_ONCE).collect().await;
        if let Some(seen) = seen.into_iter().collect() {
            return Ok(Some(seen));
        }
        let action = rules.settings.action;
        if !action.withholds() {
            return Ok(None);
        }
        let degraded = rules.settings.degraded;
        let payload = json!({
            "stage": source.as_str(),
            "attempted_action": action.as_str(),
            "degraded_action": degraded.as_str(),
            "reason": "presidio gave no answer",
            "exposed": degraded == Degraded::Log,
        });
        recorder.event("PII_REDACT_DEGRADED", &payload);
        match degraded {
            Degraded::Block => Err(GatewayError::PiiDetectorUnavailable),
            Degraded::Log => Ok(None),
        }
    }
}

impl Presidio {
    pub(super) fn new(settings: &PresidioSettings, failures: &Failures) -> Self {
        Self {
            service: Service::new("Presidio analyzer", settings.service.clone(), failures),
            language: settings.language.clone(),
            score_threshold: settings.score_threshold,
        }
    }

    pub(super) fn service(&self) -> &Service {
        &self.service
    }

    async fn see(&self, asking: Asking<'_>, text: &str) -> Option<Vec<Finding>> {
        if text.trim().is_empty() {
            return Some(Vec::new());
        }
        let question = Analysis {
            text,
            language: &self.language,
            score_threshold: self.score_threshold,
        };
        let question = serde_json::to_vec(&question).ok()?;
        let answer: Vec<Recognized> = self.service.ask(asking, question).await?;
        Some(findings(text, &answer))
    }
}
