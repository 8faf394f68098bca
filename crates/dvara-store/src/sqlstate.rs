//! What PostgreSQL's error codes (SQLSTATE) and the driver's errors mean to us: the only place that knows.

use std::fmt;

/// What kind of failure a statement or a connection met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No usable connection: refused, unknown host, TLS, a broken or timed out socket, or a server that is starting or stopping.
    Unreachable,
    /// The server refused the user or the password.
    Login,
    /// The server has no such database.
    NoDatabase,
    /// The user may not do this.
    NoPrivilege,
    /// The schema or one of its tables or columns is missing: migrations have not run.
    NotMigrated,
    /// A row, or a database, like this exists.
    Duplicate,
    /// A row that this one names does not exist, or is still named by others.
    Reference,
    /// It took longer than the statement, lock or idle limit allows.
    TooSlow,
    /// Two transactions got into each other's way; the same again may work.
    Contention,
    /// The server is out of connections, memory or disk.
    Exhausted,
    /// The server takes no writes (a standby, or a read-only database).
    ReadOnly,
    /// Anything else.
    Other,
}

impl Failure {
    /// What kind of failure the driver's error is.
    pub(crate) fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => error
                .code()
                .map_or(Self::Other, |code| Self::of_code(code.as_ref())),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unreachable,
            _ => Self::Other,
        }
    }

    /// What a SQLSTATE means (PostgreSQL manual, appendix A).
    pub(crate) fn of_code(code: &str) -> Self {
        match code {
            "28000" | "28P01" => Self::Login,
            "3D000" => Self::NoDatabase,
            "42501" => Self::NoPrivilege,
            "3F000" | "42P01" | "42703" | "42883" => Self::NotMigrated,
            "23505" | "42P04" => Self::Duplicate,
            "23503" => Self::Reference,
            "57014" | "55P03" | "25P03" => Self::TooSlow,
            "40001" | "40P01" => Self::Contention,
            "25006" => Self::ReadOnly,
            _ if code.starts_with("53") => Self::Exhausted,
            _ if code.starts_with("08") || code.starts_with("57P") => Self::Unreachable,
            _ => Self::Other,
        }
    }

    /// What an operator can do about it, where that is known.
    pub fn fix(self) -> Option<&'static str> {
        match self {
            Self::Unreachable => Some(
                "check SPRING_DATASOURCE_URL and that PostgreSQL is up and reachable from here",
            ),
            Self::Login => {
                Some("check SPRING_DATASOURCE_USERNAME, SPRING_DATASOURCE_PASSWORD and pg_hba.conf")
            }
            Self::NoDatabase => {
                Some("create the database, or correct its name in SPRING_DATASOURCE_URL")
            }
            Self::NoPrivilege => Some(
                "grant the user CREATE on the database, or run `dvara migrate` as a user who has it",
            ),
            Self::NotMigrated => Some("run `dvara migrate`"),
            Self::Exhausted => Some("raise the server's max_connections, memory or disk"),
            Self::ReadOnly => Some("point SPRING_DATASOURCE_URL at the primary server"),
            Self::Duplicate | Self::Reference | Self::TooSlow | Self::Contention | Self::Other => {
                None
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unreachable => "PostgreSQL cannot be reached",
            Self::Login => "PostgreSQL refused the login",
            Self::NoDatabase => "the database does not exist",
            Self::NoPrivilege => "the database user may not do this",
            Self::NotMigrated => "the schema is not migrated",
            Self::Duplicate => "there is such a row already",
            Self::Reference => "a row that this depends on is missing, or in use",
            Self::TooSlow => "PostgreSQL took too long",
            Self::Contention => "another transaction got in the way",
            Self::Exhausted => "PostgreSQL is out of connections, memory or disk",
            Self::ReadOnly => "PostgreSQL takes no writes",
            Self::Other => "PostgreSQL reported an error",
        })
    }
}

/// The constraint that a statement violated.
pub(crate) fn constraint(error: &sqlx::Error) -> Option<&str> {
    match error {
        sqlx::Error::Database(error) => error.constraint(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_map_to_what_an_operator_can_act_on() {
        for (code, expected) in [
            ("28P01", Failure::Login),
            ("3D000", Failure::NoDatabase),
            ("42501", Failure::NoPrivilege),
            ("42P01", Failure::NotMigrated),
            ("23505", Failure::Duplicate),
            ("42P04", Failure::Duplicate),
            ("23503", Failure::Reference),
            ("57014", Failure::TooSlow),
            ("40P01", Failure::Contention),
            ("53300", Failure::Exhausted),
            ("57P03", Failure::Unreachable),
            ("08006", Failure::Unreachable),
            ("25006", Failure::ReadOnly),
            ("22P02", Failure::Other),
        ] {
            assert_eq!(Failure::of_code(code), expected, "{code}");
        }
    }
}
