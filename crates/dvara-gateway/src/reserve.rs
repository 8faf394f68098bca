//! Stage 6: tokens and money at the planned target's price, taken before anything is sent.
//!
//! Limits and budgets come with their own work; until then there is nothing to hold. The stage stands here because `dispatch`
//! takes only what has passed it.

use crate::plan::Plan;

/// A planned call whose price is covered.
pub(crate) struct Reserved {
    plan: Plan,
}

impl Reserved {
    /// Where the call goes.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }
}

/// Covers a plan.
pub(crate) fn reserve(plan: Plan) -> Reserved {
    Reserved { plan }
}
