//! All policies of a snapshot, ready for every tenant.

use std::collections::HashMap;
use std::sync::Arc;

use dvara_types::TenantId;

use super::PolicyErrors;
use super::PolicyStatus;
use super::evaluation::{Policies, PooledRule, Shadow};
use super::parse;
use super::rule::Rule;

/// One row of the table of policies.
pub struct PolicySource<'a> {
    /// The policy's id.
    pub id: &'a str,
    /// The tenant it binds; a policy without one is global and binds every tenant.
    pub tenant: Option<TenantId>,
    /// Its text.
    pub dsl: &'a str,
    /// Only ACTIVE and SHADOW are compiled.
    pub status: PolicyStatus,
}

/// A policy in force whose text does not compile. It binds nobody; all others stay in force (control-plane.md §9.3).
///
/// Whoever compiles tells operators: in the readiness details, a metric and the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenPolicy {
    /// The policy's id.
    pub id: String,
    /// The tenant it should bind; `None` for a global policy.
    pub tenant: Option<TenantId>,
    /// What is wrong with its text.
    pub errors: PolicyErrors,
}

/// The policies of every tenant. Compiled once for a snapshot; the rules of global policies are shared by all pools.
#[derive(Default)]
pub struct PolicyIndex {
    global: Policies,
    by_tenant: HashMap<TenantId, Policies>,
}

impl PolicyIndex {
    /// Compiles the policies of a snapshot. Rows of the same scope keep their order, which decides between rules of the same
    /// priority.
    pub fn compile<'a>(
        rows: impl IntoIterator<Item = PolicySource<'a>>,
    ) -> (Self, Vec<BrokenPolicy>) {
        let mut global = Pool::default();
        let mut by_tenant: HashMap<TenantId, Pool> = HashMap::new();
        let mut broken = Vec::new();
        for row in rows {
            if !matches!(row.status, PolicyStatus::Active | PolicyStatus::Shadow) {
                continue;
            }
            match parse::rules(row.dsl) {
                Ok(rules) => {
                    let pool = match row.tenant {
                        Some(tenant) => by_tenant.entry(tenant).or_default(),
                        None => &mut global,
                    };
                    pool.add(row.id.into(), rules, row.status);
                }
                Err(errors) => broken.push(BrokenPolicy {
                    id: row.id.to_owned(),
                    tenant: row.tenant,
                    errors,
                }),
            }
        }
        let by_tenant = by_tenant
            .into_iter()
            .map(|(tenant, own)| (tenant, global.clone().and(own).into_policies()))
            .collect();
        let global = global.into_policies();
        (Self { global, by_tenant }, broken)
    }

    /// The policies that bind a tenant: the global ones and its own. Without a tenant, the global ones.
    pub fn of(&self, tenant: Option<&TenantId>) -> &Policies {
        tenant
            .and_then(|tenant| self.by_tenant.get(tenant))
            .unwrap_or(&self.global)
    }
}

/// The policies of one scope, in the order they were given.
#[derive(Default, Clone)]
struct Pool {
    enforced: Vec<PooledRule>,
    shadows: Vec<Shadow>,
}

impl Pool {
    fn add(&mut self, policy: Arc<str>, rules: Vec<Rule>, status: PolicyStatus) {
        let mut rules: Vec<Arc<Rule>> = rules.into_iter().map(Arc::new).collect();
        if status == PolicyStatus::Shadow {
            rules.sort_by_key(|rule| rule.priority);
            self.shadows.push(Shadow {
                policy,
                rules: rules.into(),
            });
            return;
        }
        self.enforced
            .extend(rules.into_iter().map(|rule| PooledRule {
                policy: policy.clone(),
                rule,
            }));
    }

    fn and(mut self, other: Self) -> Self {
        self.enforced.extend(other.enforced);
        self.shadows.extend(other.shadows);
        self
    }

    fn into_policies(mut self) -> Policies {
        // Stable, so that at the same priority the order of the pool stands.
        self.enforced.sort_by_key(|pooled| pooled.rule.priority);
        Policies {
            enforced: self.enforced.into(),
            shadows: self.shadows.into(),
        }
    }
}

#[cfg(test)]
mod tests;
