//! Everything that is in force for a tenant, compiled once for each snapshot of the configuration.

use serde_json::{Map, Value};

use crate::SettingProblem;
use crate::pii::{PiiRules, PiiSettings};

/// What the platform sets for everybody.
#[derive(Debug, Clone, Default)]
pub struct RuleSettings {
    /// About personal data.
    pub pii: PiiSettings,
}

/// What is in force for one tenant.
#[derive(Debug, Clone)]
pub struct TenantRules {
    /// About personal data.
    pub pii: PiiRules,
}

impl TenantRules {
    /// What is in force for who sets nothing for itself.
    pub fn of_platform(settings: &RuleSettings) -> Self {
        Self {
            pii: PiiRules::of_platform(settings.pii),
        }
    }

    /// What is in force for the tenant of these metadata. What is wrong in them is named; the platform's value is in force for it.
    pub fn of_tenant(
        settings: &RuleSettings,
        metadata: &Map<String, Value>,
    ) -> (Self, Vec<SettingProblem>) {
        let (pii, problems) = PiiRules::of_tenant(settings.pii, metadata);
        (Self { pii }, problems)
    }
}
