//! What the rules found, for auditors and dashboards. Types, counts and ids of rules, never a text.
//!
//! Events have the names and payloads of the audit trail; until it is there they go to the log, one line each.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use dvara_governance::guardrail::{self, Category};
use dvara_governance::pii::{Action, Counts};
use dvara_types::{ApiKeyId, TenantId};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use serde_json::Value;

use crate::enter::Entered;
use crate::metrics::{Bounded, NAMES};

/// Bytes; from a word to the longest key that is waited for.
const HELD: [f64; 8] = [
    0.0,
    16.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16_384.0,
    1_000_000.0,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PiiLabels {
    r#type: &'static str,
    action: &'static str,
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DivergenceLabels {
    policy_id: Arc<str>,
    divergence_type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct GuardrailLabels {
    tenant: Arc<str>,
    category: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SchemaLabels {
    tenant: Arc<str>,
    model: Arc<str>,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ModelLabels {
    tenant: Arc<str>,
    model: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PrunedLabels {
    tenant: Arc<str>,
    model: Arc<str>,
    strategy: &'static str,
}

/// What the rules count.
#[derive(Debug)]
pub(crate) struct RuleMetrics {
    pii: Family<PiiLabels, Counter>,
    held: Histogram,
    divergences: Family<DivergenceLabels, Counter>,
    blocked: Family<GuardrailLabels, Counter>,
    flagged: Family<GuardrailLabels, Counter>,
    schemas: Family<SchemaLabels, Counter>,
    long: Family<ModelLabels, Counter>,
    pruned: Family<PrunedLabels, Counter>,
    models: Mutex<Bounded>,
}

impl RuleMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Arc<Self> {
        let metrics = Self {
            pii: Family::default(),
            held: Histogram::new(HELD),
            divergences: Family::default(),
            blocked: Family::default(),
            flagged: Family::default(),
            schemas: Family::default(),
            long: Family::default(),
            pruned: Family::default(),
            models: Mutex::new(Bounded::new(NAMES)),
        };
        registry.register(
            "gateway_pii_findings",
            "Personal data and secrets found in calls and answers, by type, what became of them and where they stood",
            metrics.pii.clone(),
        );
        registry.register(
            "gateway_stream_held_bytes",
            "The most text that each enforced stream held back at once",
            metrics.held.clone(),
        );
        registry.register(
            "gateway_policy_shadow_divergence",
            "Calls that a policy in shadow would have met otherwise than the enforced ones did",
            metrics.divergences.clone(),
        );
        registry.register(
            "gateway_guardrail_blocked",
            "Calls and answers that guardrails refused, by what was found",
            metrics.blocked.clone(),
        );
        registry.register(
            "gateway_guardrail_flagged",
            "Calls and answers that guardrails flagged, by what was found",
            metrics.flagged.clone(),
        );
        registry.register(
            "gateway_schema_validations",
            "Answers that were held against an output schema, by whether they fit",
            metrics.schemas.clone(),
        );
        registry.register(
            "gateway_context_window_warnings",
            "Calls that were long for their model's window",
            metrics.long.clone(),
        );
        registry.register(
            "gateway_context_window_pruned",
            "Calls that were too long for their model's window and lost messages, by the strategy that chose them",
            metrics.pruned.clone(),
        );
        Arc::new(metrics)
    }
}

/// Where something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// In what is asked.
    Request,
    /// In what is answered.
    Response,
}

impl Source {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

/// Records what the rules make of one call.
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    metrics: Arc<RuleMetrics>,
    trace_id: Arc<str>,
    tenant: Option<TenantId>,
    key: Option<ApiKeyId>,
}

impl Recorder {
    pub(crate) fn new(metrics: Arc<RuleMetrics>, trace_id: &str, entered: &Entered) -> Self {
        let key = entered.caller().key();
        Self {
            metrics,
            trace_id: trace_id.into(),
            tenant: key.map(|key| key.tenant.id.clone()),
            key: key.map(|key| key.record.id.clone()),
        }
    }

    /// Personal data was found.
    pub(crate) fn pii(&self, event: &'static str, source: Source, action: Action, counts: &Counts) {
        for (kind, count) in counts.iter() {
            let labels = PiiLabels {
                r#type: kind,
                action: action.as_str(),
                source: source.as_str(),
            };
            self.metrics.pii.get_or_create(&labels).inc_by(count);
        }
        self.event(event, &counts.payload(source.as_str()));
    }

    /// Guardrails found something.
    pub(crate) fn guardrail(
        &self,
        action: guardrail::Action,
        categories: &BTreeSet<Category>,
        payload: &Value,
    ) {
        let (event, family) = match action {
            guardrail::Action::Block => ("GUARDRAIL_BLOCKED", Some(&self.metrics.blocked)),
            guardrail::Action::Flag => ("GUARDRAIL_FLAGGED", Some(&self.metrics.flagged)),
            guardrail::Action::Log => ("GUARDRAIL_DETECTED", None),
        };
        let tenant = self.tenant_label();
        for category in categories {
            let labels = GuardrailLabels {
                tenant: tenant.clone(),
                category: category.setting_name(),
            };
            if let Some(family) = family {
                family.get_or_create(&labels).inc();
            }
        }
        self.event(event, payload);
    }

    /// An answer was held against a schema.
    pub(crate) fn schema(&self, model: &str, fits: bool) {
        let labels = SchemaLabels {
            tenant: self.tenant_label(),
            model: self.model_label(model),
            result: if fits { "valid" } else { "invalid" },
        };
        self.metrics.schemas.get_or_create(&labels).inc();
    }

    /// A call is long for its model's window.
    pub(crate) fn window_warning(&self, model: &str) {
        let labels = ModelLabels {
            tenant: self.tenant_label(),
            model: self.model_label(model),
        };
        self.metrics.long.get_or_create(&labels).inc();
    }

    /// A call lost messages to fit into its model's window.
    pub(crate) fn window_pruned(&self, model: &str, strategy: &'static str) {
        let labels = PrunedLabels {
            tenant: self.tenant_label(),
            model: self.model_label(model),
            strategy,
        };
        self.metrics.pruned.get_or_create(&labels).inc();
    }

    fn tenant_label(&self) -> Arc<str> {
        let tenant = self.tenant.as_ref();
        tenant.map_or("unknown", TenantId::as_str).into()
    }

    /// Models are callers' words: only so many of them get a series of their own.
    fn model_label(&self, model: &str) -> Arc<str> {
        let models = self.metrics.models.lock();
        models.unwrap_or_else(PoisonError::into_inner).label(model)
    }

    /// A policy in shadow would have met the call otherwise.
    pub(crate) fn divergence(&self, policy: &Arc<str>, divergence: &'static str) {
        let labels = DivergenceLabels {
            policy_id: policy.clone(),
            divergence_type: divergence,
        };
        self.metrics.divergences.get_or_create(&labels).inc();
    }

    /// How much an enforced stream has held back at most.
    pub(crate) fn held(&self, bytes: usize) {
        self.metrics
            .held
            .observe(u32::try_from(bytes).unwrap_or(u32::MAX).into());
    }

    /// An event for the audit trail.
    pub(crate) fn event(&self, event: &'static str, payload: &Value) {
        let tenant = self.tenant.as_ref().map_or("", TenantId::as_str);
        let key = self.key.as_ref().map_or("", ApiKeyId::as_str);
        tracing::info!(event, trace_id = %self.trace_id, tenant.id = tenant, key.id = key, %payload, "audit event");
    }
}
