//! The rules that bind one tenant, and their answer about a call (control-plane.md §9.3, §9.4).

use std::sync::Arc;

use super::facts::Facts;
use super::rule::{Action, Rule};

/// The rules that bind one tenant, in the order they are asked: the global policies' and the tenant's own, by priority, and
/// at the same priority globals first and then as they were given.
#[derive(Default)]
pub struct Policies {
    pub(super) enforced: Box<[PooledRule]>,
    pub(super) shadows: Box<[Shadow]>,
}

/// A rule that remembers the policy it is from.
#[derive(Clone)]
pub(super) struct PooledRule {
    pub(super) policy: Arc<str>,
    pub(super) rule: Arc<Rule>,
}

/// The rules of one policy in shadow, by priority; it is asked for itself.
#[derive(Clone)]
pub(super) struct Shadow {
    pub(super) policy: Arc<str>,
    pub(super) rules: Arc<[Arc<Rule>]>,
}

/// What the policies say about a call. Empty when no rule fired.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// The first DENY rule that fired; no rule after it was asked.
    pub denial: Option<Denial>,
    /// WARN_AGENT rules that fired before that, in the order of the rules.
    pub warnings: Vec<Warning>,
    /// What policies in shadow would have done; nothing of it is enforced.
    pub shadow: Vec<ShadowDecision>,
}

/// A call is refused by a policy. The data planes answer 403 with code `policy_denied`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The policy that refused.
    pub policy_id: Arc<str>,
    /// Its rule.
    pub rule_id: Arc<str>,
    /// The rule's `deny_message`, or `Request blocked by policy rule: <id>`. For the caller: it quotes nothing of the call.
    pub reason: Arc<str>,
}

/// A call passes, with a word from a policy to the agent that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The policy that warns.
    pub policy_id: Arc<str>,
    /// Its rule.
    pub rule_id: Arc<str>,
    /// The rule's `warn_message`, or `Warning from policy rule: <id>`.
    pub message: Arc<str>,
}

/// What a rule did to a call, or would have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Refused it.
    Deny,
    /// Warned its agent.
    Warn,
}

/// What one policy in shadow would have done to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowDecision {
    /// The policy in shadow.
    pub policy_id: Arc<str>,
    /// Its first DENY rule that fired, or else its first WARN_AGENT rule that did.
    pub rule_id: Arc<str>,
    /// What that rule would have done.
    pub effect: Effect,
    /// What the caller or the agent would have read.
    pub reason: Arc<str>,
    /// How that differs from what the enforced policies did; `None` when it would have changed nothing.
    pub divergence: Option<Divergence>,
}

/// How a policy in shadow differs from the enforced ones. It can only be stricter: a policy never allows what another denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Divergence {
    /// It would have refused a call that passed.
    WouldDeny,
    /// It would have warned about a call that passed without a warning.
    WouldWarn,
}

impl Divergence {
    /// The value of the label `divergence_type` of `gateway_policy_shadow_divergence_total`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WouldDeny => "would_deny",
            Self::WouldWarn => "would_warn",
        }
    }
}

impl Policies {
    /// Whether nothing has to be asked about any call.
    pub fn are_empty(&self) -> bool {
        self.enforced.is_empty() && self.shadows.is_empty()
    }

    /// Asks every rule about a call. Without an expression among them it allocates nothing but what it returns, and nothing
    /// at all when no rule fires.
    pub fn evaluate(&self, facts: &Facts<'_>) -> Evaluation {
        let mut evaluation = Evaluation::default();
        for pooled in &self.enforced {
            let Some(reason) = pooled.rule.fires(facts) else {
                continue;
            };
            match pooled.rule.action {
                Action::Deny => {
                    evaluation.denial = Some(pooled.denial(reason));
                    break;
                }
                Action::WarnAgent => evaluation.warnings.push(pooled.warning(reason)),
            }
        }
        for shadow in &self.shadows {
            let decision = shadow.decide(facts, &evaluation);
            evaluation.shadow.extend(decision);
        }
        evaluation
    }

    /// Asks again about a call that goes to another target, only the enforced DENY rules whose answer the model or the
    /// region may change. For a fallback of a call that [`evaluate`](Self::evaluate) let pass this says all there is to say.
    pub fn denies_target(&self, facts: &Facts<'_>) -> Option<Denial> {
        self.enforced
            .iter()
            .filter(|pooled| pooled.rule.action == Action::Deny && pooled.rule.depends_on_target())
            .find_map(|pooled| Some(pooled.denial(pooled.rule.fires(facts)?)))
    }
}

impl PooledRule {
    fn denial(&self, reason: Arc<str>) -> Denial {
        Denial {
            policy_id: self.policy.clone(),
            rule_id: self.rule.id.clone(),
            reason,
        }
    }

    fn warning(&self, message: Arc<str>) -> Warning {
        Warning {
            policy_id: self.policy.clone(),
            rule_id: self.rule.id.clone(),
            message,
        }
    }
}

impl Shadow {
    fn decide(&self, facts: &Facts<'_>, enforced: &Evaluation) -> Option<ShadowDecision> {
        let mut warned = None;
        for rule in self.rules.iter() {
            // One warning is enough; the rules after it only matter if they deny.
            if rule.action == Action::WarnAgent && warned.is_some() {
                continue;
            }
            let Some(reason) = rule.fires(facts) else {
                continue;
            };
            match rule.action {
                Action::Deny => return Some(self.decision(rule, reason, enforced)),
                Action::WarnAgent => warned = Some((rule, reason)),
            }
        }
        warned.map(|(rule, reason)| self.decision(rule, reason, enforced))
    }

    fn decision(&self, rule: &Rule, reason: Arc<str>, enforced: &Evaluation) -> ShadowDecision {
        let passed = enforced.denial.is_none();
        let (effect, divergence) = match rule.action {
            Action::Deny => (Effect::Deny, passed.then_some(Divergence::WouldDeny)),
            Action::WarnAgent => {
                let unwarned = passed && enforced.warnings.is_empty();
                (Effect::Warn, unwarned.then_some(Divergence::WouldWarn))
            }
        };
        ShadowDecision {
            policy_id: self.policy.clone(),
            rule_id: rule.id.clone(),
            effect,
            reason,
            divergence,
        }
    }
}

#[cfg(test)]
mod tests;
