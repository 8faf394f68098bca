//! Tenants: who is served and billed.

use serde::{Deserialize, Serialize};

use crate::TenantId;

/// Whether a tenant is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TenantStatus {
    /// Served.
    Active,
    /// Refused until somebody lifts it.
    Suspended,
}

/// A tenant's row.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantRecord {
    /// Its id.
    pub id: TenantId,
    /// A name for people.
    pub name: String,
    /// Whether it is served.
    pub status: TenantStatus,
    /// Settings by dotted name, and free notes: `suspendedReason`, `region`, `pii.action`, …
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

/// That a tenant is suspended, with the reason that was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspended {
    /// Free text of whoever suspended it.
    pub reason: Option<String>,
}

impl TenantRecord {
    /// Whether the tenant is served.
    ///
    /// # Errors
    /// When it is suspended.
    pub fn check_served(&self) -> Result<(), Suspended> {
        match self.status {
            TenantStatus::Active => Ok(()),
            TenantStatus::Suspended => {
                let reason = self.metadata.get("suspendedReason");
                let reason = reason.and_then(|reason| reason.as_str());
                Err(Suspended {
                    reason: reason.map(str::to_owned),
                })
            }
        }
    }
}
