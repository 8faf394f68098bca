//! Rules over the text of every file that would be committed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Finding;
use super::map::Workspace;

/// Folders of the machines that the project is worked on. They mean nothing to whoever clones it.
const MACHINE_FOLDERS: &[&str] = &[concat!("/wo", "rk"), concat!("/ro", "ot/")];

/// Package hosts: a mirror or an offline build must not be fought by an address in a file.
const PACKAGE_HOSTS: &[&str] = &[
    concat!("registry.", "npmjs.org"),
    concat!("pypi.", "org"),
    concat!("files.", "pythonhosted.org"),
    concat!("crates.", "io"),
    concat!("deb.", "debian.org"),
    concat!("proxy.", "golang.org"),
    concat!("repo.maven.", "apache.org"),
    concat!("repo1.maven.", "org"),
];

/// How a test says that it shall not run. Nothing is skipped silently here.
const SKIPS: &[&str] = &[
    concat!("pytest.", "skip("),
    concat!("mark.", "skip"),
    concat!("test.", "skip("),
    concat!("it.", "skip("),
    concat!("test.", "todo("),
    concat!("#[ig", "nore"),
];

/// Written by cargo, with the name of its registry in every entry.
const NOT_READ: &[&str] = &["Cargo.lock"];

/// Checks every text file of the workspace.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in files(&workspace.root) {
        if NOT_READ.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        // What is deleted but still listed, and what is no text, has no lines to look at.
        if let Ok(text) = std::fs::read_to_string(workspace.root.join(&path)) {
            findings.extend(check_text(&path.to_string_lossy(), &text));
        }
    }
    Ok(findings)
}

/// What git knows or would add; in an unpacked archive everything but build products.
fn files(root: &Path) -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .ok()
        .filter(|output| output.status.success() && !output.stdout.is_empty());
    match listed {
        Some(output) => String::from_utf8_lossy(&output.stdout)
            .split('\0')
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
            .collect(),
        None => walk(root, Path::new("")),
    }
}

fn walk(root: &Path, folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
        return Vec::new();
    };
    let skipped = ["target", "node_modules", ".git", "__pycache__"];
    entries
        .flatten()
        .filter(|entry| !skipped.iter().any(|name| entry.file_name() == *name))
        .flat_map(|entry| {
            let path = folder.join(entry.file_name());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => walk(root, &path),
                Ok(kind) if kind.is_file() => vec![path],
                _ => Vec::new(),
            }
        })
        .collect()
}

fn check_text(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |rule, number: usize, message| {
        findings.push(Finding {
            rule,
            place: format!("{path}:{}", number + 1),
            message,
        });
    };
    for (number, line) in text.lines().enumerate() {
        for folder in MACHINE_FOLDERS {
            if names_folder(line, folder) {
                found(
                    "machine",
                    number,
                    format!("names {folder}, a folder of one machine"),
                );
            }
        }
        for host in PACKAGE_HOSTS {
            if line.contains(host) {
                found(
                    "hosts",
                    number,
                    format!("names {host}; the package client knows where to ask"),
                );
            }
        }
        if let Some(skip) = SKIPS.iter().find(|skip| line.contains(**skip)) {
            found(
                "skips",
                number,
                format!("`{skip}`: a test runs, or it is not there"),
            );
        }
    }
    if path.ends_with("/mod.rs") {
        found(
            "modules",
            0,
            "write foo.rs beside foo/: tabs and search results show the real name".to_owned(),
        );
    }
    findings
}

/// Whether `line` has `folder` as the beginning of an absolute path.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let part_of_word = |c: char| c.is_alphanumeric() || "._-*}/)".contains(c);
        let before = line[..at].chars().next_back();
        let after = line[at + folder.len()..].chars().next();
        // A folder that is written with its slash ends there; another one may go on as a longer word.
        let goes_on = !folder.ends_with('/')
            && after.is_some_and(|c| c.is_alphanumeric() || "_-".contains(c));
        !before.is_some_and(part_of_word) && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<&'static str> {
        check_text("a.md", text)
            .into_iter()
            .map(|f| f.rule)
            .collect()
    }

    #[test]
    fn folder_of_one_machine_is_found_where_a_path_begins() {
        let [folder, home] = MACHINE_FOLDERS else {
            panic!("two folders")
        };
        assert_eq!(rules(&format!("cd {home}.cargo")), ["machine"]);
        assert_eq!(rules(home.trim_end_matches('/')), [""; 0]);
        assert_eq!(rules(&format!("see {folder}/shared")), ["machine"]);
        assert_eq!(rules(&format!("\"{folder}\"")), ["machine"]);
        assert_eq!(
            rules(&format!("{folder}space and src{folder} and $D{folder}ed")),
            [""; 0]
        );
    }

    #[test]
    fn package_host_is_found() {
        assert_eq!(
            rules(&format!("\"resolved\": \"https://{}/x\"", PACKAGE_HOSTS[0])),
            ["hosts"]
        );
    }

    #[test]
    fn skipped_test_is_found() {
        for skip in SKIPS {
            assert_eq!(rules(&format!("  {skip}")), ["skips"], "{skip}");
        }
    }

    #[test]
    fn module_file_without_a_name_is_found() {
        let found = check_text("crates/a/src/b/mod.rs", "");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].rule, "modules");
    }
}
