//! What every crate's manifest says the same way: lints and dependencies come from the workspace.

use std::path::Path;

use anyhow::Context as _;

use super::Finding;
use super::map::Workspace;

/// Checks each member's `Cargo.toml`.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for member in &workspace.members {
        let path = member.folder.join("Cargo.toml");
        let text = std::fs::read_to_string(workspace.root.join(&path))
            .with_context(|| format!("read {}", path.display()))?;
        findings.extend(check_manifest(&path.to_string_lossy(), &text));
        findings.extend(check_folder(&member.name, &member.folder));
    }
    Ok(findings)
}

/// `crates/NAME` holds the crate NAME.
fn check_folder(name: &str, folder: &Path) -> Option<Finding> {
    (folder.starts_with("crates") && !folder.ends_with(name)).then(|| Finding {
        rule: "folder",
        place: name.to_owned(),
        message: format!(
            "lives in {}; folder and crate have one name",
            folder.display()
        ),
    })
}

fn check_manifest(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut section = "";
    let mut inherits_lints = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
            if let Some(name) = dependency_table(section) {
                findings.push(own_version(path, number, name));
            }
        } else if let Some((key, value)) = line.split_once('=') {
            let (key, value) = (key.trim(), value.trim());
            inherits_lints |= section == "lints" && key == "workspace" && value == "true";
            if is_dependencies(section) && !inherits(key, value) && !key.starts_with('#') {
                findings.push(own_version(path, number, key));
            }
        }
    }
    if !inherits_lints {
        findings.push(Finding {
            rule: "lints",
            place: path.to_owned(),
            message: "add `[lints] workspace = true`".to_owned(),
        });
    }
    findings
}

/// Whether a section lists dependencies, for all systems or for one.
fn is_dependencies(section: &str) -> bool {
    matches!(
        section.rsplit('.').next(),
        Some("dependencies" | "dev-dependencies" | "build-dependencies")
    )
}

/// The crate of a section of the form `[dependencies.name]`, a shape that this workspace does not use.
fn dependency_table(section: &str) -> Option<&str> {
    let (before, name) = section.rsplit_once('.')?;
    is_dependencies(before).then_some(name)
}

fn inherits(key: &str, value: &str) -> bool {
    let dotted = key.ends_with(".workspace") && value == "true";
    let inline = value.replace(' ', "").contains("workspace=true");
    dotted || inline
}

fn own_version(path: &str, number: usize, name: &str) -> Finding {
    Finding {
        rule: "versions",
        place: format!("{path}:{}", number + 1),
        message: format!(
            "write `{name}.workspace = true` and the version into [workspace.dependencies]"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&'static str, String)> {
        check_manifest("Cargo.toml", text)
            .into_iter()
            .map(|finding| (finding.rule, finding.place))
            .collect()
    }

    #[test]
    fn inheriting_manifest_is_tidy() {
        let text = "[lints]\nworkspace = true\n\n[dependencies]\nserde.workspace = true\n\
                    tokio = { workspace = true, features = [\"test-util\"] }\n# a = 1\n\n\
                    [target.'cfg(unix)'.dev-dependencies]\nlibc.workspace = true\n";
        assert_eq!(found(text), []);
    }

    #[test]
    fn missing_lints_are_named() {
        assert_eq!(
            found("[package]\nname = \"a\"\n"),
            [("lints", "Cargo.toml".to_owned())]
        );
        assert_eq!(
            found("[lints.rust]\nunsafe_code = \"allow\"\n"),
            [("lints", "Cargo.toml".to_owned())]
        );
    }

    #[test]
    fn version_of_its_own_is_named_with_its_line() {
        let text = "[lints]\nworkspace = true\n[dependencies]\nserde = \"1\"\n[dev-dependencies.rand]\nversion = \"1\"\n\
                    [build-dependencies]\ncc = { version = \"1\" }\n";
        assert_eq!(
            found(text),
            [
                ("versions", "Cargo.toml:4".to_owned()),
                ("versions", "Cargo.toml:5".to_owned()),
                ("versions", "Cargo.toml:8".to_owned())
            ]
        );
    }

    #[test]
    fn folder_and_crate_have_one_name() {
        assert!(check_folder("dvara-store", Path::new("crates/store")).is_some());
        assert!(check_folder("dvara-store", Path::new("crates/dvara-store")).is_none());
        assert!(check_folder("dvara-bench", Path::new("bench")).is_none());
    }
}
