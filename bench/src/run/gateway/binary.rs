//! The gateway's binary: the given one, or a release build that trusts the bench's licence root.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::note;
use crate::run::Options;
use crate::run::licence::Root;

/// The binary to measure.
pub(super) fn find_or_build(options: &Options) -> anyhow::Result<PathBuf> {
    if let Some(path) = &options.dvara {
        return path
            .canonicalize()
            .with_context(|| path.display().to_string());
    }
    let target = target_dir(options);
    note(&format!(
        "building the gateway (cargo build --release -p dvara) into {}",
        target.display()
    ));
    let mut cargo = Command::new("cargo");
    cargo
        .args([
            "build",
            "--release",
            "--locked",
            "-p",
            "dvara",
            "--target-dir",
        ])
        .arg(&target);
    cargo
        .current_dir(workspace())
        .env("DVARA_LICENSE_ROOTS", root(options)?.build_variable()?);
    // Results alone go to standard output.
    let status = cargo
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("the gateway does not build");
    }
    target
        .join("release/dvara")
        .canonicalize()
        .context("cargo built no dvara")
}

/// The throwaway licence root, kept beside the binary that trusts it.
pub(super) fn root(options: &Options) -> anyhow::Result<Root> {
    Root::in_folder(&target_dir(options).join("licence"))
}

fn target_dir(options: &Options) -> PathBuf {
    options
        .target_dir
        .clone()
        .unwrap_or_else(|| workspace().join("target/bench"))
}

/// Where the workspace was when the bench was built from it.
fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}
