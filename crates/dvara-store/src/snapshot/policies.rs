//! The policies in force, compiled for every tenant.

use std::fmt;

use dvara_governance::policy::{BrokenPolicy, Policies, PolicyIndex, PolicySource};
use dvara_types::TenantId;

use super::BrokenRow;
use crate::rows::policies::{self, PolicyRecord, PolicyRow};

#[derive(Default)]
pub(super) struct CompiledPolicies {
    index: PolicyIndex,
    broken: Vec<BrokenRow>,
}

// A policy's rules are texts of people, and many.
impl fmt::Debug for CompiledPolicies {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CompiledPolicies")
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

impl CompiledPolicies {
    /// The policies of the next snapshot; those whose text is as before are taken over as they are.
    pub(super) fn recompile(&self, rows: Vec<PolicyRow>) -> Self {
        let mut records: Vec<PolicyRecord> = Vec::with_capacity(rows.len());
        let mut broken = Vec::new();
        for row in rows {
            let id = row.id.clone();
            match row.record() {
                Ok(record) => records.push(record),
                Err(reason) => broken.push(BrokenRow {
                    table: policies::TABLE,
                    id,
                    reason,
                }),
            }
        }
        records.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        let (index, broken_texts) = self.index.recompile(records.iter().map(source));
        broken.extend(broken_texts.into_iter().map(broken_row));
        Self { index, broken }
    }

    /// The policies that bind a tenant.
    pub(super) fn of(&self, tenant: Option<&TenantId>) -> &Policies {
        self.index.of(tenant)
    }

    pub(super) fn broken(&self) -> &[BrokenRow] {
        &self.broken
    }
}

fn source(policy: &PolicyRecord) -> PolicySource<'_> {
    PolicySource {
        id: policy.id.as_str(),
        tenant: policy.tenant.clone(),
        dsl: &policy.dsl,
        status: policy.status,
    }
}

/// The first mistake stands for all: the reason is one line among those of other rows.
fn broken_row(policy: BrokenPolicy) -> BrokenRow {
    let mut mistakes = policy.errors.iter();
    let first = mistakes.next().map(ToString::to_string).unwrap_or_default();
    let reason = match mistakes.len() {
        0 => first,
        more => format!("{first} (and {more} more)"),
    };
    BrokenRow {
        table: policies::TABLE,
        id: policy.id,
        reason,
    }
}
