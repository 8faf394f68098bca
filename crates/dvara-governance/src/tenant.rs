//! Everything that is in force for a tenant, compiled once for each snapshot of the configuration.

use serde_json::{Map, Value};

use std::fmt;
use std::sync::Arc;

use crate::SettingProblem;
use crate::guardrail::{GuardrailSettings, Guardrails};
use crate::pii::{PiiRules, PiiSettings};

/// What the platform sets for everybody.
#[derive(Clone, Default)]
pub struct RuleSettings {
    /// About personal data.
    pub pii: PiiSettings,
    /// About attacks and contents.
    pub guardrails: GuardrailSettings,
}

impl fmt::Debug for RuleSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RuleSettings")
            .field("pii", &self.pii)
            .finish_non_exhaustive()
    }
}

/// What is in force for one tenant.
#[derive(Clone)]
pub struct TenantRules {
    /// About personal data.
    pub pii: PiiRules,
    /// About attacks and contents.
    pub guardrails: Arc<Guardrails>,
}

impl fmt::Debug for TenantRules {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TenantRules")
            .field("pii", &self.pii)
            .finish_non_exhaustive()
    }
}

impl TenantRules {
    /// What is in force for who sets nothing for itself.
    pub fn of_platform(settings: &RuleSettings) -> Self {
        Self {
            pii: PiiRules::of_platform(settings.pii),
            guardrails: Arc::new(Guardrails::new(settings.guardrails.clone()).0),
        }
    }

    /// What is in force for the tenant of these metadata. What is wrong in them is named; the platform's value is in force for it.
    pub fn of_tenant(
        settings: &RuleSettings,
        metadata: &Map<String, Value>,
    ) -> (Self, Vec<SettingProblem>) {
        let (pii, mut problems) = PiiRules::of_tenant(settings.pii, metadata);
        let (guardrails, wrong) = settings.guardrails.with_tenant(metadata);
        problems.extend(wrong);
        let (guardrails, wrong) = Guardrails::new(guardrails);
        problems.extend(wrong);
        let rules = Self {
            pii,
            guardrails: Arc::new(guardrails),
        };
        (rules, problems)
    }
}
