//! Policies: which calls a tenant may make.
//!
//! A policy is a YAML text of rules (control-plane.md §9.2). [`check`] refuses a text on save and says where and why;
//! [`PolicyIndex`] compiles all policies of a snapshot, each on its own, so that a broken one is named and the others stay in
//! force; [`Policies::evaluate`] answers for a call, and [`Policies::denies_target`] for each further target of it;
//! [`dry_run()`] tries a text on a sample.
//!
//! What a policy protects must not depend on luck, so doubt is settled against the call where a caller could profit from it:
//! an unknown region is outside every residency list, and an expression that cannot be evaluated denies if its rule is to
//! deny. A fact that a call does not have fires no other condition.
//!
//! Evaluation takes no lock and reads no clock, and its time is bounded by the rules and linear in the facts.

mod condition;
mod document;
mod dry_run;
mod error;
mod evaluation;
mod expression;
mod facts;
mod hint;
mod index;
mod parse;
mod pattern;
mod rule;
mod status;

pub use dry_run::{DryRun, DryRunDecision, dry_run};
pub use error::{PolicyError, PolicyErrors};
pub use evaluation::{Denial, Divergence, Effect, Evaluation, Policies, ShadowDecision, Warning};
pub use expression::MAX_EXPRESSION_BYTES;
pub use facts::{Facts, McpFacts};
pub(crate) use hint::nearest;
pub use index::{BrokenPolicy, PolicyIndex, PolicySource};
pub use parse::{MAX_DSL_BYTES, MAX_RULES};
pub use status::{PolicyStatus, UnknownPolicyStatus};

/// Checks a policy's text before it is stored.
///
/// # Errors
/// Every mistake in it, each with its place and a hint where one is known; the API answers 400 `INVALID_POLICY_DSL`.
pub fn check(dsl: &str) -> Result<(), PolicyErrors> {
    parse::rules(dsl).map(drop)
}

#[cfg(test)]
mod sample;
