//! Who may depend on whom.

use super::Finding;
use super::map::{APPS, Graph, PURE, Package};

/// What no pure crate is built with, at any depth: runtimes, HTTP, TLS, databases.
const IMPURE: &[&str] = &[
    "tokio",
    "async-std",
    "smol",
    "hyper",
    "hyper-util",
    "h2",
    "axum",
    "tower",
    "tonic",
    "reqwest",
    "ureq",
    "isahc",
    "rustls",
    "tokio-rustls",
    "mio",
    "socket2",
    "sqlx",
    "sqlx-core",
    "sqlx-postgres",
    "tokio-postgres",
    "postgres",
    "redis",
    "opentelemetry",
];

/// What no pure crate names itself: sources of randomness. Deep in a primitive's own crate they are its business.
const RANDOM: &[&str] = &["rand", "getrandom", "fastrand", "uuid"];

/// Packages that only some crates may name, and why.
const OWNED: &[(&str, &[&str], &str)] = &[
    (
        "sqlx",
        &["dvara-store", "dvara-testkit"],
        "only dvara-store speaks SQL",
    ),
    (
        "sqlx-core",
        &["dvara-store", "dvara-testkit"],
        "only dvara-store speaks SQL",
    ),
    (
        "sqlx-postgres",
        &["dvara-store", "dvara-testkit"],
        "only dvara-store speaks SQL",
    ),
    (
        "tokio-postgres",
        &["dvara-store", "dvara-testkit"],
        "only dvara-store speaks SQL",
    ),
    (
        "aws-lc-rs",
        &["dvara-crypto"],
        "primitives live in dvara-crypto; TLS names its provider through rustls",
    ),
    (
        "aws-lc-sys",
        &["dvara-crypto"],
        "primitives live in dvara-crypto; TLS names its provider through rustls",
    ),
    (
        "argon2",
        &["dvara-crypto"],
        "primitives live in dvara-crypto",
    ),
];

/// What is nowhere in the graph: a second cryptographic library or TLS stack.
const BANNED: &[&str] = &["ring", "openssl", "openssl-sys", "native-tls"];

/// Checks every rule of this file.
pub(super) fn check(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, package) in graph.packages.iter().enumerate() {
        if BANNED.contains(&package.name.as_str()) {
            findings.push(banned(graph, index));
        }
        if package.member {
            findings.extend(owned(graph, package));
            findings.extend(testkit(graph, package));
            findings.extend(pure(graph, index));
            findings.extend(apps(graph, index));
        }
    }
    findings
}

fn finding(rule: &'static str, package: &Package, message: String) -> Finding {
    Finding {
        rule,
        place: package.name.clone(),
        message,
    }
}

fn banned(graph: &Graph, index: usize) -> Finding {
    let users: Vec<&str> = graph
        .packages
        .iter()
        .filter(|package| package.normal.contains(&index) || package.other.contains(&index))
        .map(|package| package.name.as_str())
        .collect();
    finding(
        "banned",
        &graph.packages[index],
        format!(
            "is in the graph through {}; one TLS stack on one library",
            users.join(", ")
        ),
    )
}

fn owned(graph: &Graph, package: &Package) -> Vec<Finding> {
    package
        .normal
        .iter()
        .chain(&package.other)
        .filter_map(|&dependency| {
            let name = &graph.packages[dependency].name;
            let (_, owners, why) = OWNED.iter().find(|(owned, ..)| owned == name)?;
            (!owners.contains(&package.name.as_str()))
                .then(|| finding("owned", package, format!("depends on {name}: {why}")))
        })
        .collect()
}

fn testkit(graph: &Graph, package: &Package) -> Option<Finding> {
    package
        .normal
        .iter()
        .any(|&dependency| graph.packages[dependency].name == "dvara-testkit")
        .then(|| {
            finding(
                "testkit",
                package,
                "depends on dvara-testkit outside its tests".to_owned(),
            )
        })
}

fn pure(graph: &Graph, index: usize) -> Vec<Finding> {
    let package = &graph.packages[index];
    if !PURE.contains(&package.name.as_str()) {
        return Vec::new();
    }
    let deep = graph
        .ways(index)
        .into_iter()
        .filter(|(dependency, _)| IMPURE.contains(&graph.packages[*dependency].name.as_str()))
        .map(|(_, way)| {
            finding(
                "pure",
                package,
                format!("is built with {}", way.join(" → ")),
            )
        });
    let named = package
        .normal
        .iter()
        .map(|&dependency| graph.packages[dependency].name.as_str())
        .filter(|name| RANDOM.contains(name))
        .map(|name| {
            finding(
                "pure",
                package,
                format!("names {name}; random bytes are an argument"),
            )
        });
    deep.chain(named).collect()
}

fn apps(graph: &Graph, index: usize) -> Vec<Finding> {
    let package = &graph.packages[index];
    if !APPS.contains(&package.name.as_str()) {
        return Vec::new();
    }
    let mut ways: Vec<Vec<&str>> = graph.ways(index).into_values().collect();
    // Tests of one service do not import another one either.
    ways.extend(
        package
            .other
            .iter()
            .map(|&dependency| vec![package.name.as_str(), &graph.packages[dependency].name]),
    );
    ways.into_iter()
        .filter(|way| way.len() > 1 && way.last().is_some_and(|name| APPS.contains(name)))
        .map(|way| {
            finding(
                "apps",
                package,
                format!("imports another service: {}", way.join(" → ")),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests;
