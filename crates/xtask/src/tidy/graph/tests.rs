//! The rules over small made-up graphs.

use super::*;

/// A graph from lines `crate: normal dependencies | test dependencies`; names that begin with `dvara` are members.
fn graph(lines: &[&str]) -> Graph {
    let mut names: Vec<&str> = lines
        .iter()
        .flat_map(|line| line.split([':', '|', ' ']))
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_unstable();
    names.dedup();
    let indexes = |list: &str| -> Vec<usize> {
        list.split_whitespace()
            .map(|name| names.binary_search(&name).unwrap())
            .collect()
    };
    let mut packages: Vec<Package> = names
        .iter()
        .map(|name| Package {
            name: (*name).to_owned(),
            member: name.starts_with("dvara"),
            ..Package::default()
        })
        .collect();
    for line in lines {
        let (name, dependencies) = line.split_once(':').unwrap();
        let (normal, other) = dependencies.split_once('|').unwrap_or((dependencies, ""));
        let package = &mut packages[names.binary_search(&name).unwrap()];
        package.normal = indexes(normal);
        package.other = indexes(other);
    }
    Graph { packages }
}

fn found(lines: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = check(&graph(lines))
        .into_iter()
        .map(|finding| format!("{} {} {}", finding.rule, finding.place, finding.message))
        .collect();
    found.sort();
    found
}

#[test]
fn layered_workspace_is_tidy() {
    let lines = [
        "dvara-types: serde",
        "dvara-crypto: dvara-types aws-lc-rs argon2",
        "dvara-store: dvara-types dvara-crypto sqlx tokio rand | dvara-testkit",
        "dvara-testkit: dvara-store sqlx",
        "dvara-gateway: dvara-store hyper | dvara-testkit",
        "dvara-flightdeck: dvara-store axum",
        "dvara: dvara-gateway dvara-flightdeck",
        "sqlx: rustls",
        "rustls: aws-lc-rs",
        "argon2: getrandom",
    ];
    assert_eq!(found(&lines), Vec::<String>::new());
}

#[test]
fn pure_crate_with_a_runtime_deep_below_is_named_with_the_way() {
    let lines = ["dvara-types: handy", "handy: less", "less: tokio"];
    assert_eq!(
        found(&lines),
        ["pure dvara-types is built with dvara-types → handy → less → tokio"]
    );
}

#[test]
fn tests_of_a_pure_crate_may_use_a_runtime() {
    let lines = ["dvara-dialects: serde | tokio"];
    assert_eq!(found(&lines), Vec::<String>::new());
}

#[test]
fn pure_crate_that_names_randomness_is_refused() {
    assert_eq!(
        found(&["dvara-crypto: rand"]),
        ["pure dvara-crypto names rand; random bytes are an argument"]
    );
}

#[test]
fn sql_and_primitives_have_one_owner() {
    let found = found(&[
        "dvara-gateway: sqlx aws-lc-rs",
        "dvara-limits: serde | argon2",
    ]);
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|line| line.starts_with("owned ")));
}

#[test]
fn services_do_not_import_each_other_even_through_a_third_crate_or_in_tests() {
    let found = found(&[
        "dvara-gateway: dvara-limits",
        "dvara-limits: dvara-mcp",
        "dvara-flightdeck: serde | dvara-gateway",
        "dvara-mcp: serde",
    ]);
    assert_eq!(
        found,
        [
            "apps dvara-flightdeck imports another service: dvara-flightdeck → dvara-gateway",
            "apps dvara-gateway imports another service: dvara-gateway → dvara-limits → dvara-mcp",
        ]
    );
}

#[test]
fn testkit_outside_tests_is_refused() {
    assert_eq!(
        found(&["dvara: dvara-testkit"]),
        ["testkit dvara depends on dvara-testkit outside its tests"]
    );
}

#[test]
fn second_tls_stack_is_refused_wherever_it_comes_from() {
    let found = found(&["dvara-upstream: webthing", "webthing: native-tls ring"]);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|line| line.contains("through webthing")));
}
