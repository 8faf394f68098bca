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
    /// By the policy's id, for the next snapshot.
    compiled: HashMap<Arc<str>, Compiled>,
}

/// A text with what became of it.
#[derive(Clone)]
struct Compiled {
    dsl: Arc<str>,
    /// In the order of the text.
    rules: Result<Arc<[Arc<Rule>]>, PolicyErrors>,
}

impl PolicyIndex {
    /// Compiles the policies of a snapshot. Rows of the same scope keep their order, which decides between rules of the same
    /// priority.
    pub fn compile<'a>(
        rows: impl IntoIterator<Item = PolicySource<'a>>,
    ) -> (Self, Vec<BrokenPolicy>) {
        Self::default().recompile(rows)
    }

    /// Compiles the policies of the next snapshot, and only those whose text is not the one of this snapshot: most snapshots
    /// change one row, and all tenants' policies take a while.
    pub fn recompile<'a>(
        &self,
        rows: impl IntoIterator<Item = PolicySource<'a>>,
    ) -> (Self, Vec<BrokenPolicy>) {
        let mut compiled = HashMap::new();
        let mut global = Pool::default();
        let mut by_tenant: HashMap<TenantId, Pool> = HashMap::new();
        let mut broken = Vec::new();
        for row in rows {
            if !matches!(row.status, PolicyStatus::Active | PolicyStatus::Shadow) {
                continue;
            }
            let (id, policy) = self.compiled(&row);
            match &policy.rules {
                Ok(rules) => {
                    let pool = match row.tenant {
                        Some(tenant) => by_tenant.entry(tenant).or_default(),
                        None => &mut global,
                    };
                    pool.add(&id, rules, row.status);
                }
                Err(errors) => broken.push(BrokenPolicy {
                    id: row.id.to_owned(),
                    tenant: row.tenant,
                    errors: errors.clone(),
                }),
            }
            compiled.insert(id, policy);
        }
        let by_tenant = by_tenant
            .into_iter()
            .map(|(tenant, own)| (tenant, global.clone().and(own).into_policies()))
            .collect();
        let index = Self {
            global: global.into_policies(),
            by_tenant,
            compiled,
        };
        (index, broken)
    }

    fn compiled(&self, row: &PolicySource<'_>) -> (Arc<str>, Compiled) {
        match self.compiled.get_key_value(row.id) {
            Some((id, known)) if *known.dsl == *row.dsl => (id.clone(), known.clone()),
            _ => {
                let rules = parse::rules(row.dsl);
                let compiled = Compiled {
                    dsl: row.dsl.into(),
                    rules: rules.map(|rules| rules.into_iter().map(Arc::new).collect()),
                };
                (row.id.into(), compiled)
            }
        }
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
    fn add(&mut self, policy: &Arc<str>, rules: &[Arc<Rule>], status: PolicyStatus) {
        if status == PolicyStatus::Shadow {
            let mut rules = rules.to_vec();
            rules.sort_by_key(|rule| rule.priority);
            self.shadows.push(Shadow {
                policy: policy.clone(),
                rules: rules.into(),
            });
            return;
        }
        self.enforced.extend(rules.iter().map(|rule| PooledRule {
            policy: policy.clone(),
            rule: rule.clone(),
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
