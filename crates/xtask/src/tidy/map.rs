//! The workspace as tidy sees it: its crates, who is what, and the dependency graph.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// Crates without runtime, network, database, clock, environment and randomness (design: pure crates).
pub(super) const PURE: &[&str] = &[
    "dvara-types",
    "dvara-crypto",
    "dvara-dialects",
    "dvara-governance",
];

/// The three services. They never depend on each other.
pub(super) const APPS: &[&str] = &["dvara-gateway", "dvara-mcp", "dvara-flightdeck"];

/// Crates that help to build and test the product and are no part of it.
pub(super) const TOOLS: &[&str] = &["xtask", "dvara-bench", "dvara-fuzz", "dvara-testkit"];

/// A crate of the workspace.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    /// The crate's folder, relative to the root.
    pub(super) folder: PathBuf,
}

/// The workspace: where it is, its crates, and what depends on what.
#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) root: PathBuf,
    pub(super) members: Vec<Member>,
    pub(super) graph: Graph,
}

/// Packages by index, with what each depends on.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) packages: Vec<Package>,
}

/// One package of the graph.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) member: bool,
    /// What the package is built with, by index.
    pub(super) normal: Vec<usize>,
    /// What its tests, benches and build script are built with in addition.
    pub(super) other: Vec<usize>,
}

impl Workspace {
    /// Asks cargo, with the lock file as it is.
    pub(super) fn load(root: &Path) -> anyhow::Result<Self> {
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .other_options([
                "--locked".to_owned(),
                "--filter-platform".to_owned(),
                platform(),
            ])
            .exec()
            .context("read the workspace with cargo metadata")?;
        Ok(Self {
            root: root.to_owned(),
            members: members(root, &metadata),
            graph: Graph::of(&metadata, &built(root)?)?,
        })
    }
}

/// Only what is built here counts: the graph of another system has other packages.
fn platform() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

fn members(root: &Path, metadata: &Metadata) -> Vec<Member> {
    metadata
        .workspace_packages()
        .into_iter()
        .map(|package| Member {
            name: package.name.to_string(),
            folder: package
                .manifest_path
                .as_std_path()
                .parent()
                .and_then(|folder| folder.strip_prefix(root).ok())
                .unwrap_or(Path::new(""))
                .to_owned(),
        })
        .collect()
}

/// What is really built, as `name vVERSION`. The graph of cargo metadata also holds optional packages that nobody
/// switched on; cargo tree knows better, but does not tell what kind a dependency is of.
fn built(root: &Path) -> anyhow::Result<BTreeSet<String>> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let output = Command::new(cargo)
        .args(["tree", "--locked", "--workspace", "--edges", "all"])
        .args(["--prefix", "none", "--format", "{p}", "--target"])
        .arg(platform())
        .current_dir(root)
        .output()
        .context("run cargo tree")?;
    ensure!(
        output.status.success(),
        "cargo tree failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect())
}

impl Graph {
    fn of(metadata: &Metadata, built: &BTreeSet<String>) -> anyhow::Result<Self> {
        let resolve = metadata
            .resolve
            .as_ref()
            .context("cargo metadata gave no dependency graph")?;
        let packages = || {
            metadata
                .packages
                .iter()
                .filter(|package| built.contains(&format!("{} v{}", package.name, package.version)))
        };
        let index: BTreeMap<&PackageId, usize> = packages()
            .enumerate()
            .map(|(index, package)| (&package.id, index))
            .collect();
        let mut packages: Vec<Package> = packages()
            .map(|package| Package {
                name: package.name.to_string(),
                member: metadata.workspace_members.contains(&package.id),
                ..Package::default()
            })
            .collect();
        for node in &resolve.nodes {
            let Some(&user) = index.get(&node.id) else {
                continue;
            };
            for dependency in &node.deps {
                let Some(&used) = index.get(&dependency.pkg) else {
                    continue;
                };
                let kinds = &dependency.dep_kinds;
                if kinds.iter().any(|kind| kind.kind == DependencyKind::Normal) {
                    packages[user].normal.push(used);
                } else {
                    packages[user].other.push(used);
                }
            }
        }
        Ok(Self { packages })
    }

    /// The shortest way from `start` to each package that it is built with, as names.
    pub(super) fn ways(&self, start: usize) -> BTreeMap<usize, Vec<&str>> {
        let mut ways = BTreeMap::from([(start, vec![self.packages[start].name.as_str()])]);
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(package) = queue.pop_front() {
            for &next in &self.packages[package].normal {
                if !ways.contains_key(&next) {
                    let mut way = ways[&package].clone();
                    way.push(&self.packages[next].name);
                    ways.insert(next, way);
                    queue.push_back(next);
                }
            }
        }
        ways
    }
}
