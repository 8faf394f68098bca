//! Errors of the store: what was being done, what kind of failure it met, and the driver's own words as the cause.

use crate::sqlstate::Failure;

/// The database cannot be used, or a statement failed. Never carries a password or the value of a row.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection could be made.
    #[error("cannot connect to the database at {target}: {failure}")]
    Connect {
        /// Host, port and database.
        target: String,
        /// What kind of failure it was.
        failure: Failure,
        /// The driver's error.
        #[source]
        source: sqlx::Error,
    },
    /// The server did not answer in time.
    #[error("cannot connect to the database at {target}: no answer within {seconds} s")]
    ConnectTimeout {
        /// Host, port and database.
        target: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The server is older than what the SQL needs.
    #[error("PostgreSQL {found} is too old: version 14 or newer is needed")]
    ServerTooOld {
        /// Its version.
        found: String,
    },
    /// The schema has moved on beyond this binary.
    #[error(
        "this binary is version {binary}, and the database schema serves {oldest} and newer only"
    )]
    BinaryTooOld {
        /// Our version.
        binary: String,
        /// The oldest version that the schema still serves.
        oldest: String,
    },
    /// A migration failed; nothing of it is left behind.
    #[error("cannot migrate the schema `dvara_main`: {failure}")]
    Migrate {
        /// What kind of failure it was.
        failure: Failure,
        /// The migrator's error.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// A statement failed.
    #[error("cannot {doing}: {failure}")]
    Statement {
        /// What was being done, as `read tenants`.
        doing: &'static str,
        /// What kind of failure it was.
        failure: Failure,
        /// The driver's error.
        #[source]
        source: sqlx::Error,
    },
    /// The database is not in the state that this version leaves it in.
    #[error("the database is not what it should be: {0}")]
    Inconsistent(String),
}

impl StoreError {
    /// Gives a driver's error the name of what was being done.
    pub(crate) fn doing(doing: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |source| Self::Statement {
            doing,
            failure: Failure::of(&source),
            source,
        }
    }

    /// What kind of failure it was.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Connect { failure, .. }
            | Self::Migrate { failure, .. }
            | Self::Statement { failure, .. } => *failure,
            Self::ConnectTimeout { .. } => Failure::Unreachable,
            Self::ServerTooOld { .. } | Self::BinaryTooOld { .. } | Self::Inconsistent(_) => {
                Failure::Other
            }
        }
    }

    /// What an operator can do about it, where that is known.
    pub fn fix(&self) -> Option<&'static str> {
        match self {
            Self::ServerTooOld { .. } => Some("upgrade PostgreSQL"),
            Self::BinaryTooOld { .. } => {
                Some("start the newer version, or restore the database as it was before it")
            }
            Self::Connect { .. }
            | Self::ConnectTimeout { .. }
            | Self::Migrate { .. }
            | Self::Statement { .. }
            | Self::Inconsistent(_) => self.failure().fix(),
        }
    }
}
