//! Tidy: what the architecture promises and the compiler cannot check.
//!
//! Each rule family is a module that takes what it needs as values and returns [`Finding`]s, so that its tests feed it
//! small made-up workspaces. What may break a rule for good is listed with a reason in [`exceptions`].

/// What may break which rule, and why.
mod exceptions;
/// Rules over the dependency graph.
mod graph;
/// The ten largest files and functions: shown, never refused.
mod largest;
/// Rules over the manifests' own text.
mod manifests;
/// Everything that has more than one rule to it: crates, and which of them are what.
mod map;
/// Rules over Rust sources, parsed.
mod source;
/// Rules over the text of every file.
mod text;

use std::fmt;
use std::path::Path;

use anyhow::Context as _;

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The rule's short name, as [`exceptions`] uses it.
    pub rule: &'static str,
    /// A crate, or a file with its line.
    pub place: String,
    /// What is wrong and what to do instead.
    pub message: String,
}

/// What a run of tidy found.
#[derive(Debug)]
pub struct Report {
    /// Broken rules, sorted; empty when the workspace is tidy.
    pub findings: Vec<Finding>,
    /// How many crates and Rust files were looked at, so that a run over nothing does not pass for a clean one.
    pub crates: usize,
    /// See `crates`.
    pub files: usize,
    largest: largest::Largest,
}

impl Report {
    /// Whether no rule is broken.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.largest)?;
        for finding in &self.findings {
            writeln!(
                formatter,
                "{}: {}: {}",
                finding.rule, finding.place, finding.message
            )?;
        }
        writeln!(
            formatter,
            "tidy: {} crates, {} Rust files, {} findings",
            self.crates,
            self.files,
            self.findings.len()
        )
    }
}

/// Checks the workspace whose root manifest is in `root`.
///
/// # Errors
/// When the workspace cannot be read: no manifest, a lock file that is out of date, a Rust file that does not parse.
pub fn tidy(root: &Path) -> anyhow::Result<Report> {
    let root = root
        .canonicalize()
        .with_context(|| format!("find the workspace at {}", root.display()))?;
    let workspace = map::Workspace::load(&root)?;
    let sources = source::Sources::parse(&workspace)?;

    let mut findings = graph::check(&workspace.graph);
    findings.extend(manifests::check(&workspace)?);
    findings.extend(source::check(&sources));
    findings.extend(text::check(&workspace)?);
    let mut findings = exceptions::apply(exceptions::EXCEPTIONS, findings);
    findings.sort();
    findings.dedup();

    Ok(Report {
        findings,
        crates: workspace.members.len(),
        files: sources.files.len(),
        largest: largest::measure(&sources),
    })
}
