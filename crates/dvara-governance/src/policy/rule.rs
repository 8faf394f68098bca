//! A compiled rule.

use std::sync::Arc;

use super::condition::Condition;
use super::expression::Expression;
use super::facts::Facts;

/// What a rule does when it fires (control-plane.md §9.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Refuses the call.
    Deny,
    /// Lets it pass with a warning.
    WarnAgent,
}

/// When a rule fires.
pub(super) enum Trigger {
    /// When all of these do.
    Conditions(Box<[Condition]>),
    /// When it holds.
    Expression(Expression),
}

/// One rule of a policy, ready to be asked.
pub(super) struct Rule {
    pub(super) id: Arc<str>,
    /// Lower is asked first.
    pub(super) priority: i32,
    pub(super) action: Action,
    /// What the caller reads when it fires.
    pub(super) reason: Arc<str>,
    pub(super) trigger: Trigger,
}

impl Rule {
    /// The reason to give, if the rule fires on a call.
    ///
    /// An expression that cannot be evaluated denies when the rule is to deny, for it may be the one thing that stands
    /// between a caller and what the policy protects; the reason then says so. It warns of nothing.
    pub(super) fn fires(&self, facts: &Facts<'_>) -> Option<Arc<str>> {
        let expression = match &self.trigger {
            Trigger::Conditions(conditions) => {
                let all = conditions.iter().all(|condition| condition.fires(facts));
                return all.then(|| self.reason.clone());
            }
            Trigger::Expression(expression) => expression,
        };
        match (expression.holds(facts), self.action) {
            (Ok(true), _) => Some(self.reason.clone()),
            (Ok(false), _) | (Err(_), Action::WarnAgent) => None,
            (Err(why), Action::Deny) => Some(
                format!(
                    "Request blocked by policy rule: {} (its expression cannot be evaluated: {why})",
                    self.id
                )
                .into(),
            ),
        }
    }

    /// Whether its answer may change when a call goes to another target.
    pub(super) fn depends_on_target(&self) -> bool {
        match &self.trigger {
            Trigger::Conditions(conditions) => conditions.iter().any(Condition::depends_on_target),
            Trigger::Expression(expression) => expression.depends_on_target(),
        }
    }
}
