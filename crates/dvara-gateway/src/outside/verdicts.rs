//! The classifier and the guardrail plugin: what they say of a call.

use std::sync::Arc;

use dvara_dialects::texts::Said;
use dvara_governance::guardrail::{
    Action, Category, ClassifierAction, Detection, Guardrails, OnAbsence, Phase, PluginRequest,
    PluginResponse, Question, Verdict, classifier_detections, plugin_verdict,
};
use dvara_types::TenantId;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use serde::Deserialize;

use super::service::{Asking, Failures, Service};
use super::settings::{ClassifierSettings, PluginSettings};
use super::{Asked, Outside};
use crate::http::error::GatewayError;
use crate::rules::{Found, foreign};

/// Most text that the classifier is asked about, in bytes: the newest.
const MOST_CLASSIFIED: usize = 64 * 1024;

/// How the classifier's provider is called in metrics.
const GENERIC: &str = "generic";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ScanLabels {
    provider: &'static str,
    flagged: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClassifiedLabels {
    provider: &'static str,
    category: &'static str,
    action: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PluginLabels {
    plugin: Arc<str>,
    category: &'static str,
    action: &'static str,
}

/// What is counted of their verdicts.
pub(super) struct VerdictMetrics {
    scans: Family<ScanLabels, Counter>,
    classified: Family<ClassifiedLabels, Counter>,
    plugin: Family<PluginLabels, Counter>,
}

impl VerdictMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            scans: Family::default(),
            classified: Family::default(),
            plugin: Family::default(),
        };
        registry.register(
            "gateway_ml_classifier_scans",
            "Calls that the classifier has looked at, by whether it found something",
            metrics.scans.clone(),
        );
        registry.register(
            "gateway_ml_guardrail",
            "What the classifier found, by what is done about it",
            metrics.classified.clone(),
        );
        registry.register(
            "gateway_plugin_guardrail",
            "What the guardrail plugin found, by what it wants done about it",
            metrics.plugin.clone(),
        );
        metrics
    }
}

/// A call that verdicts are asked for.
pub(crate) struct Call<'a> {
    pub(crate) said: &'a [Said<'a>],
    pub(crate) tenant: Option<&'a TenantId>,
    pub(crate) model: &'a str,
    pub(crate) guardrails: &'a Guardrails,
}

impl Outside {
    /// Whether anybody is asked about what calls say.
    pub(crate) fn judges_calls(&self) -> bool {
        self.classifier.is_some() || self.plugin.is_some()
    }

    /// Adds what the classifier and the plugin say of a call to what is found already. Nobody is asked about one that is refused
    /// anyway.
    ///
    /// # Errors
    /// 500 `guardrail_classifier_error` and `guardrail_plugin_error` where no verdict comes and a call must not go on without one.
    pub(crate) async fn judge(
        &self,
        asking: Asking<'_>,
        call: &Call<'_>,
        found: &mut Found,
    ) -> Result<(), GatewayError> {
        let guardrails = call.guardrails;
        if !guardrails.settings().enabled {
            return Ok(());
        }
        let texts: Vec<&str> = foreign(call.said).collect();
        let is_refused = |found: &Found| found.action(guardrails) == Some(Action::Block);
        if let Some(classifier) = &self.classifier
            && !is_refused(found)
        {
            let detections = classifier.ask(asking, &texts, guardrails).await?;
            found.detections.extend(detections);
        }
        if let Some(plugin) = &self.plugin
            && !is_refused(found)
        {
            found.plugin = plugin.ask(asking, call, texts).await?;
        }
        Ok(())
    }
}

/// The classifier.
pub(super) struct Classifier {
    service: Service,
    confidence: f32,
    on_failure: Option<OnAbsence>,
    metrics: Arc<VerdictMetrics>,
}

/// What the classifier answers.
#[derive(Deserialize)]
struct Classified {
    detections: Vec<Verdict>,
}

impl Classifier {
    pub(super) fn new(
        settings: &ClassifierSettings,
        failures: &Failures,
        metrics: Arc<VerdictMetrics>,
    ) -> Self {
        Self {
            service: Service::new("classifier", settings.service.clone(), failures),
            confidence: settings.confidence,
            on_failure: settings.on_failure,
            metrics,
        }
    }

    pub(super) fn service(&self) -> &Service {
        &self.service
    }

    async fn ask(
        &self,
        asking: Asking<'_>,
        texts: &[&str],
        guardrails: &Guardrails,
    ) -> Result<Vec<Detection>, GatewayError> {
        let question = Question::about(texts, MOST_CLASSIFIED);
        if question.texts.is_empty() {
            return Ok(Vec::new());
        }
        let question = serde_json::to_vec(&question).map_err(|_| GatewayError::Internal)?;
        let Some(Classified { detections }) = self.service.ask(asking, question).await else {
            return self.absent(guardrails).map(|()| Vec::new());
        };
        let detections = classifier_detections(&detections, self.confidence);
        self.count(&detections, guardrails);
        Ok(detections)
    }

    fn absent(&self, guardrails: &Guardrails) -> Result<(), GatewayError> {
        let usual = match guardrails.settings().classifier_action {
            ClassifierAction::Use(action) => action,
            ClassifierAction::Inherit => guardrails.action(Category::Injection),
        };
        let on_failure = self.on_failure.unwrap_or(OnAbsence::default_for(usual));
        match on_failure {
            OnAbsence::Open => Ok(()),
            OnAbsence::Closed => Err(GatewayError::GuardrailUnavailable(Asked::Classifier)),
        }
    }

    fn count(&self, detections: &[Detection], guardrails: &Guardrails) {
        let labels = ScanLabels {
            provider: GENERIC,
            flagged: if detections.is_empty() {
                "false"
            } else {
                "true"
            },
        };
        self.metrics.scans.get_or_create(&labels).inc();
        let action = guardrails.decide(detections);
        for detection in detections {
            let labels = ClassifiedLabels {
                provider: GENERIC,
                category: detection.category.setting_name(),
                action: action.map_or("NONE", Action::as_str),
            };
            self.metrics.classified.get_or_create(&labels).inc();
        }
    }
}

/// The guardrail plugin.
pub(super) struct Plugin {
    name: Arc<str>,
    service: Service,
    on_failure: OnAbsence,
    metrics: Arc<VerdictMetrics>,
}

impl Plugin {
    pub(super) fn new(
        settings: &PluginSettings,
        failures: &Failures,
        metrics: Arc<VerdictMetrics>,
    ) -> Self {
        Self {
            name: settings.name.clone(),
            service: Service::new("guardrail plugin", settings.service.clone(), failures),
            on_failure: settings.on_failure,
            metrics,
        }
    }

    pub(super) fn service(&self) -> &Service {
        &self.service
    }

    async fn ask(
        &self,
        asking: Asking<'_>,
        call: &Call<'_>,
        texts: Vec<&str>,
    ) -> Result<Option<(Action, Detection)>, GatewayError> {
        let question = PluginRequest {
            phase: Phase::Request,
            tenant: call.tenant.map_or("", TenantId::as_str),
            model: call.model,
            texts,
        };
        let question = serde_json::to_vec(&question).map_err(|_| GatewayError::Internal)?;
        match self.service.ask::<PluginResponse>(asking, question).await {
            Some(answer) => {
                let verdict = plugin_verdict(answer);
                if let Some((action, detection)) = &verdict {
                    self.count(*action, detection);
                }
                Ok(verdict)
            }
            None if self.on_failure == OnAbsence::Open => Ok(None),
            None => Err(GatewayError::GuardrailUnavailable(Asked::Plugin)),
        }
    }

    fn count(&self, action: Action, detection: &Detection) {
        let labels = PluginLabels {
            plugin: self.name.clone(),
            category: detection.category.setting_name(),
            action: action.as_str(),
        };
        self.metrics.plugin.get_or_create(&labels).inc();
    }
}
