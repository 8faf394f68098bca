//! SQL is literal text in `dvara-store`, and nowhere else in the product.

use super::SourceFile;
use super::mentions::Mentions;
use crate::tidy::Finding;
use crate::tidy::map::TOOLS;

/// What a statement begins with, and what must follow somewhere. Plain English has one or the other.
const STATEMENTS: &[(&str, &str)] = &[
    ("select ", " from "),
    ("select pg_", "("),
    ("insert into ", " "),
    ("update ", " set "),
    ("delete from ", " "),
    ("create table ", "("),
    ("create schema ", " "),
    ("create index ", " on "),
    ("alter table ", " "),
    ("drop table ", " "),
    ("drop schema ", " "),
    ("truncate table ", " "),
    ("lock table ", " "),
    ("with ", " as ("),
];

/// Checks one file.
pub(super) fn check(file: &SourceFile, mentions: &Mentions) -> Vec<Finding> {
    if file.owner == "dvara-store" || TOOLS.contains(&file.owner.as_str()) {
        return Vec::new();
    }
    mentions
        .texts
        .iter()
        .filter(|(_, text)| is_statement(text))
        .map(|(line, text)| Finding {
            rule: "sql",
            place: format!("{}:{line}", file.path),
            message: format!(
                "\"{}…\": only dvara-store speaks SQL",
                text.chars().take(40).collect::<String>().trim()
            ),
        })
        .collect()
}

fn is_statement(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = format!("{} ", words.join(" ").to_lowercase());
    STATEMENTS.iter().any(|(begin, then)| {
        text.strip_prefix(begin)
            .is_some_and(|rest| format!(" {rest}").contains(then))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_from_sentences() {
        for statement in [
            "SELECT id, name FROM tenants",
            "select pg_advisory_lock(1)",
            "\n  INSERT INTO dvara_main.tenants (id)\n  VALUES ($1)",
            "UPDATE tenants SET status = $1",
            "with t as (select 1) select * from t",
            "drop table tenants",
        ] {
            assert!(is_statement(statement), "{statement}");
        }
        for sentence in [
            "select a model that a provider serves",
            "update the route and try again",
            "with a key as its only argument",
            "inserted into the spool",
            "created table of contents",
            "delete a route",
            "",
        ] {
            assert!(!is_statement(sentence), "{sentence}");
        }
    }

    #[test]
    fn store_alone_may_speak_sql() {
        let text = "fn f() { q(\"delete from usage where day < $1\"); }";
        let found = |owner: &str| {
            let file = SourceFile::parse(owner, "crates/x/src/a.rs", text).unwrap();
            check(&file, &super::super::mentions::of(&file)).len()
        };
        assert_eq!(found("dvara-ledger"), 1);
        assert_eq!(found("dvara-store"), 0);
    }
}
