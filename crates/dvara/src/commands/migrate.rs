//! `dvara migrate`: brings the schema up to date, as a start does, and nothing else.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use dvara_store::Store;

/// Bring the schema up to date, and nothing else.
///
/// For installations whose services may not change the schema: run it as a user who may, before the new version starts.
/// Several at once are in order, and so is running it again.
#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {}

pub(crate) async fn run(store: &Store, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let ran = store.migrate().await?;
    if ran.is_empty() {
        writeln!(out, "the schema of {} is up to date", store.target())?;
    }
    for migration in ran {
        writeln!(out, "ran {migration}")?;
    }
    Ok(ExitCode::SUCCESS)
}
