//! SQL as named literal text, and the list of all of it.
//!
//! A module that speaks SQL declares its statements in one `statements!` block: constants for its own use, and a
//! `STATEMENTS` table for [`all`]. A test prepares every one of them on a real server, which is what `query!` would
//! have given at the price of compiling the driver twice.
//!
//! Transaction poolers: behind one, two round trips of one client may reach two servers, so a statement that was
//! prepared by name may be gone when it is executed. `query` therefore never leaves a named statement behind, and
//! whoever uses it does so inside a transaction; what runs outside one goes by the simple protocol ([`sqlx::raw_sql`]).

use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

/// Declares the SQL of a module: `NAME = "…";` each, and `STATEMENTS` over all of them.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$doc])* const $name: &str = $sql;)+

        /// Every statement of this module, by name.
        pub(crate) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}
pub(crate) use statements;

/// A statement with arguments, to be run inside a transaction (see the module's text).
pub(crate) fn query(statement: &'static str) -> Query<'static, Postgres, PgArguments> {
    sqlx::query(statement).persistent(false)
}

/// One statement of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// The module that uses it.
    pub module: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
}

/// Every statement that this crate can send, for the test that prepares them all.
pub fn all() -> Vec<Statement> {
    modules()
        .into_iter()
        .flat_map(|(module, statements)| {
            statements
                .iter()
                .map(move |(name, sql)| Statement { module, name, sql })
        })
        .collect()
}

/// The modules that speak SQL, by their file below `src`.
fn modules() -> Vec<(&'static str, &'static [(&'static str, &'static str)])> {
    vec![
        ("migrations.rs", crate::migrations::STATEMENTS),
        (
            "rows/config_versions.rs",
            crate::rows::config_versions::STATEMENTS,
        ),
        ("rows/tenants.rs", crate::rows::tenants::STATEMENTS),
        ("rows/api_keys.rs", crate::rows::api_keys::STATEMENTS),
        ("rows/routes.rs", crate::rows::routes::STATEMENTS),
        ("rows/credentials.rs", crate::rows::credentials::STATEMENTS),
        (
            "rows/output_schemas.rs",
            crate::rows::output_schemas::STATEMENTS,
        ),
        ("rows/policies.rs", crate::rows::policies::STATEMENTS),
        (
            "rows/prompt_templates.rs",
            crate::rows::prompt_templates::STATEMENTS,
        ),
        ("usage/days.rs", crate::usage::days::STATEMENTS),
        ("usage/insert.rs", crate::usage::insert::STATEMENTS),
        ("usage/sums.rs", crate::usage::sums::STATEMENTS),
        ("epochs.rs", crate::epochs::STATEMENTS),
        ("cluster_key.rs", crate::cluster_key::STATEMENTS),
        ("rates.rs", crate::rates::STATEMENTS),
    ]
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else {
                found.push(path);
            }
        }
    }

    #[test]
    fn every_module_that_declares_statements_is_listed() {
        let root = Path::new("src");
        let mut files = Vec::new();
        sources(root, &mut files);
        let mut declaring: Vec<String> = files
            .into_iter()
            .filter(|file| {
                let text = std::fs::read_to_string(file).unwrap();
                text.lines().any(|line| line == "statements! {")
            })
            .map(|file| {
                let below = file.strip_prefix(root).unwrap();
                below.to_string_lossy().into_owned()
            })
            .collect();
        declaring.sort();
        let mut listed: Vec<String> = modules()
            .iter()
            .map(|(module, _)| (*module).to_owned())
            .collect();
        listed.sort();
        assert_eq!(declaring, listed);
    }
}
