//! Why a mutation was refused.

use std::fmt;

use crate::error::StoreError;

/// A field of a request that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field.
    pub field: String,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.field, self.problem)
    }
}

/// A mutation did not happen. Nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Fields that cannot be accepted; all of them.
    #[error("{}", join(.0))]
    Invalid(Vec<FieldProblem>),
    /// What was named does not exist.
    #[error("there is no {what} `{id}`")]
    NotFound {
        /// `tenant`, `key`, `route`, `policy` and so on.
        what: &'static str,
        /// What it was looked for by.
        id: String,
    },
    /// Something like it exists already.
    #[error("there is already {what}: {fix}")]
    Conflict {
        /// What exists.
        what: String,
        /// What to do about it.
        fix: &'static str,
    },
    /// The licence allows no more tenants.
    #[error("the licence allows {max_tenants} tenants and all are taken: get a licence for more")]
    TenantLimit {
        /// How many it allows.
        max_tenants: u32,
    },
    /// There is nothing to seal a credential with.
    #[error(
        "no encryption password is configured, so an ENCRYPTED credential cannot be stored: set DVARA_ENCRYPTION_MASTER_PASSWORD"
    )]
    NoEncryptionPassword,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AdminError {
    /// A row that somebody else wrote and that makes no sense here.
    pub(super) fn broken_row(table: &str, id: &str, reason: &str) -> Self {
        Self::Store(StoreError::Inconsistent(format!(
            "dvara_main.{table} has a broken row `{id}`: {reason}"
        )))
    }
}

fn join(problems: &[FieldProblem]) -> String {
    let problems: Vec<String> = problems.iter().map(FieldProblem::to_string).collect();
    problems.join("; ")
}
