//! `dvara-bench`: what the gateway costs, measured beside nginx doing the same hop.
//!
//! Five commands: `upstream` answers like a vendor and costs next to nothing, `load` calls one URL and
//! says how long that took, `run` starts everything, measures direct, nginx and the gateway in turns and
//! prints medians, `dialects` times the translation alone, `rules` what looks through texts. See README.md
//! for what the figures mean and what they do not.

mod dialects;
mod histogram;
mod load;
mod proc;
mod rules;
mod run;
mod stats;
mod upstream;
mod vendor;
mod wire;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The command line of the benchmark.
#[derive(Parser)]
#[command(name = "dvara-bench", version, about, long_about = None)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer like a vendor of each dialect, by the path, as cheaply as possible.
    Upstream(upstream::Options),
    /// Call one URL under load and print what was seen as JSON.
    Load(load::Options),
    /// Measure direct, nginx and the gateway in interleaved runs and print a table of medians.
    Run(Box<run::Options>),
    /// Time what the dialects do with one call, without sockets, and print it in nanoseconds.
    Dialects(dialects::Options),
    /// Time the rules that look through every call, without sockets, and print it in microseconds.
    Rules(rules::Options),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Upstream(options) => upstream::serve(&options).map(|()| ExitCode::SUCCESS),
        Command::Load(options) => load::run(&options),
        Command::Run(options) => run::run(&options),
        Command::Dialects(options) => dialects::run(&options),
        Command::Rules(options) => rules::run(&options),
    };
    outcome.unwrap_or_else(|error| {
        note(&format!("dvara-bench: {error:#}"));
        ExitCode::FAILURE
    })
}

/// One line of progress or complaint on standard error. Results go to standard output only.
fn note(line: &str) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}
