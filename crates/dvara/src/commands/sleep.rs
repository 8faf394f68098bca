//! `dvara sleep SECONDS`: the pre-stop hook of an image that has no shell.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

/// Wait.
#[derive(Debug, Args)]
pub(crate) struct SleepArgs {
    /// How long, in seconds.
    #[arg(value_parser = clap::value_parser!(u64).range(..=86_400))]
    seconds: u64,
}

pub(crate) fn run(args: &SleepArgs) -> anyhow::Result<ExitCode> {
    std::thread::sleep(Duration::from_secs(args.seconds));
    Ok(ExitCode::SUCCESS)
}
