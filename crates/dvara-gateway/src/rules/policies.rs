//! Policies: asked about the call, and again about each target that it may go to (control-plane.md §9.3).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use dvara_governance::policy::{Denial, Evaluation, Facts, Policies};
use dvara_store::snapshot::{KnownKey, Snapshot};
use dvara_types::TenantId;
use http::{HeaderName, HeaderValue};
use serde_json::json;

use super::recorder::Recorder;
use crate::http::error::GatewayError;
use crate::read::Request;

/// That a policy warns; the name is that of the original (data-plane.md §3).
const WARNED: HeaderName = HeaderName::from_static("x-budget-warning");
/// What it says.
const WARNINGS: HeaderName = HeaderName::from_static("x-gateway-policy-warning");

/// What policies are asked about.
pub(crate) struct PolicyQuestion<'a> {
    policies: &'a Policies,
    request: &'a Request,
    tools: Vec<&'a str>,
    tenant: Option<&'a TenantId>,
    key: Option<&'a KnownKey>,
    now: DateTime<Utc>,
}

impl<'a> PolicyQuestion<'a> {
    /// The question of a call; `None` where no policy binds it.
    pub(crate) fn of(
        snapshot: &'a Snapshot,
        request: &'a Request,
        tenant: Option<&'a TenantId>,
        key: Option<&'a KnownKey>,
        tools: &'a [String],
    ) -> Option<Self> {
        let policies = snapshot.policies(tenant);
        (!policies.are_empty()).then(|| Self {
            policies,
            request,
            tools: tools.iter().map(String::as_str).collect(),
            tenant,
            key,
            now: Utc::now(),
        })
    }

    /// What the policies say of the call as the caller sent it.
    pub(super) fn ask(&self, region: Option<&str>) -> Evaluation {
        self.policies
            .evaluate(&self.facts(self.request.model(), region))
    }

    /// Whether a policy forbids the call to go to a model in a region.
    pub(crate) fn denies(&self, model: &str, region: Option<&str>) -> Option<Denial> {
        self.policies.denies_target(&self.facts(model, region))
    }

    fn facts<'f>(&'f self, model: &'f str, region: Option<&'f str>) -> Facts<'f> {
        let of_tenant = self.key.and_then(|key| key.tenant.metadata.get("region"));
        Facts {
            model: Some(model),
            max_tokens: self.request.most_tokens(),
            tools: &self.tools,
            stream: self.request.stream(),
            user: self.request.user(),
            tenant_id: self.tenant.map_or("", TenantId::as_str),
            tenant_region: of_tenant.and_then(serde_json::Value::as_str),
            key_id: self.key.map(|key| key.record.id.as_str()),
            region,
            mcp: None,
            budget_utilization_pct: None,
            now: self.now,
        }
    }
}

/// Asks about the call as the caller sent it. Gives the headers that warn.
///
/// # Errors
/// 403 `policy_denied`.
pub(crate) fn allow(
    question: Option<&PolicyQuestion<'_>>,
    region: Option<&str>,
    recorder: &Recorder,
) -> Result<Vec<(HeaderName, HeaderValue)>, GatewayError> {
    let Some(question) = question else {
        return Ok(Vec::new());
    };
    let model = question.request.model();
    let evaluation = question.ask(region);
    record(&evaluation, model, recorder);
    match evaluation.denial {
        Some(denial) => Err(GatewayError::PolicyDenied(denial.reason)),
        None => Ok(warnings(
            evaluation
                .warnings
                .into_iter()
                .map(|warning| warning.message),
        )),
    }
}

fn record(evaluation: &Evaluation, model: &str, recorder: &Recorder) {
    if let Some(denial) = &evaluation.denial {
        denied(denial, model, recorder);
    }
    for shadow in &evaluation.shadow {
        let divergence = shadow
            .divergence
            .map(dvara_governance::policy::Divergence::as_str);
        if let Some(divergence) = divergence {
            recorder.divergence(&shadow.policy_id, divergence);
        }
        recorder.event(
            "POLICY_SHADOW_DECISION",
            &json!({
                "model": model,
                "policy_id": &*shadow.policy_id,
                "rule_id": &*shadow.rule_id,
                "reason": &*shadow.reason,
                "divergence_type": divergence,
            }),
        );
    }
}

/// Records that a policy has refused a call, or a target of it.
pub(crate) fn denied(denial: &Denial, model: &str, recorder: &Recorder) {
    recorder.event(
        "POLICY_DENIED",
        &json!({
            "model": model,
            "status": 403,
            "policy_id": &*denial.policy_id,
            "rule_id": &*denial.rule_id,
            "reason": &*denial.reason,
        }),
    );
}

fn warnings(messages: impl Iterator<Item = Arc<str>>) -> Vec<(HeaderName, HeaderValue)> {
    let texts: Vec<String> = messages.map(|message| message.to_string()).collect();
    if texts.is_empty() {
        return Vec::new();
    }
    let mut headers = vec![(WARNED, HeaderValue::from_static("true"))];
    // A header is one line.
    let line = texts.join("; ").replace(char::is_control, " ");
    headers.extend(HeaderValue::from_bytes(line.as_bytes()).map(|value| (WARNINGS, value)));
    headers
}
