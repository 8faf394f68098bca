//! Rules over Rust sources. Files are parsed, names are followed through `use`, and the inside of macros is read as
//! tokens, so that neither a short name nor an `assert!` hides a call.

/// Calls that only some places may make.
mod calls;
/// Paths, method calls and texts of one file.
mod mentions;
/// Texts that are SQL.
mod sql;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use super::Finding;
use super::map::Workspace;

/// Every Rust file of the workspace.
pub(super) struct Sources {
    pub(super) files: Vec<SourceFile>,
}

/// One parsed file.
pub(super) struct SourceFile {
    /// The crate that the file belongs to.
    pub(super) owner: String,
    /// From the root of the workspace.
    pub(super) path: String,
    pub(super) lines: usize,
    /// Whether all of it is test code or a build script.
    pub(super) test: bool,
    pub(super) ast: syn::File,
}

impl Sources {
    /// Parses the files of all members.
    pub(super) fn parse(workspace: &Workspace) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        for member in &workspace.members {
            for path in rust_files(&workspace.root, &member.folder) {
                let text = std::fs::read_to_string(workspace.root.join(&path))
                    .with_context(|| format!("read {}", path.display()))?;
                files.push(SourceFile::parse(
                    &member.name,
                    &path.to_string_lossy(),
                    &text,
                )?);
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut sources = Self { files };
        sources.mark_test_modules();
        Ok(sources)
    }

    /// `#[cfg(test)] mod name;` makes a test of the file that holds the module, and of all below it.
    fn mark_test_modules(&mut self) {
        let folders: BTreeSet<PathBuf> = self
            .files
            .iter()
            .flat_map(|file| {
                let base = module_folder(Path::new(&file.path));
                test_modules(&file.ast).map(move |name| base.join(name))
            })
            .collect();
        for file in &mut self.files {
            let module = Path::new(&file.path).with_extension("");
            file.test |= folders.iter().any(|folder| module.starts_with(folder));
        }
    }
}

impl SourceFile {
    pub(super) fn parse(owner: &str, path: &str, text: &str) -> anyhow::Result<Self> {
        let inside = Path::new(path);
        let test = inside.components().any(|part| {
            matches!(
                part.as_os_str().to_str(),
                Some("tests" | "benches" | "examples")
            )
        }) || inside.ends_with("build.rs");
        Ok(Self {
            owner: owner.to_owned(),
            path: path.to_owned(),
            lines: text.lines().count(),
            test,
            ast: syn::parse_file(text)
                .map_err(|error| anyhow!("{path}:{}: {error}", error.span().start().line))?,
        })
    }
}

/// Checks every rule of the modules below.
pub(super) fn check(sources: &Sources) -> Vec<Finding> {
    sources
        .files
        .iter()
        .flat_map(|file| {
            let mentions = mentions::of(file);
            let mut findings = calls::check(file, &mentions);
            findings.extend(sql::check(file, &mentions));
            findings
        })
        .collect()
}

/// Where the modules that a file declares are looked for.
fn module_folder(path: &Path) -> PathBuf {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("lib.rs" | "main.rs" | "mod.rs") => path.parent().unwrap_or(path).to_owned(),
        _ => path.with_extension(""),
    }
}

fn test_modules(ast: &syn::File) -> impl Iterator<Item = String> {
    ast.items.iter().filter_map(|item| match item {
        syn::Item::Mod(module) if module.content.is_none() && mentions::is_test(&module.attrs) => {
            Some(module.ident.to_string())
        }
        _ => None,
    })
}

fn rust_files(root: &Path, folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
        return Vec::new();
    };
    entries
        .flatten()
        .flat_map(|entry| {
            let path = folder.join(entry.file_name());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !path.ends_with("target") => rust_files(root, &path),
                Ok(kind) if kind.is_file() && path.extension().is_some_and(|e| e == "rs") => {
                    vec![path]
                }
                _ => Vec::new(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_declared_for_tests_only_is_a_test_with_all_below_it() {
        let file = |path, text| SourceFile::parse("a", path, text).unwrap();
        let mut sources = Sources {
            files: vec![
                file(
                    "crates/a/src/lib.rs",
                    "#[cfg(test)] mod fixtures; mod rules;",
                ),
                file("crates/a/src/fixtures.rs", ""),
                file("crates/a/src/fixtures/keys.rs", ""),
                file("crates/a/src/rules.rs", "#[cfg(test)] mod table;"),
                file("crates/a/src/rules/table.rs", ""),
                file("crates/a/src/rules/kept.rs", ""),
                file("crates/a/src/rules/kept/tests.rs", ""),
                file("crates/a/tests/it/main.rs", ""),
            ],
        };
        sources.files[5].ast = syn::parse_file("#[cfg(test)] mod tests;").unwrap();
        sources.mark_test_modules();
        let tests: Vec<bool> = sources.files.iter().map(|file| file.test).collect();
        assert_eq!(tests, [false, true, true, false, true, false, true, true]);
    }
}
