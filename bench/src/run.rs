//! The runner: starts everything, measures in turns, prints medians.
//!
//! Rounds are interleaved (each scenario with each target, then the next round) and the order of the targets
//! rotates, so that whatever else the machine does falls on all of them alike. Ratios are taken within a
//! round and only then the median of them.

mod aims;
mod child;
mod cpus;
mod dialects;
mod gateway;
mod host;
mod licence;
mod measure;
mod nginx;
mod plan;
mod postgres;
mod requirements;
mod results;
mod stage;
mod summary;
mod table;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::note;
use cpus::Cpus;
use plan::Plan;
use results::Results;
use stage::Stage;

/// What to measure and where.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// One short round: shows that everything works, its figures mean little.
    #[arg(long)]
    quick: bool,
    /// Only these targets and scenarios, by name: direct, nginx, dvara, json-c16, json-c64, json-200rps,
    /// sse-c16, sse-paced, and json-VENDOR, sse-VENDOR for anthropic, gemini, bedrock, cohere and mistral. Without a target
    /// all targets, without a scenario all.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Rounds; the printed figures are medians over them.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 5.0)]
    duration: f64,
    /// Seconds of the same load before each measurement.
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,
    /// CPUs of the proxy under test, as taskset takes them.
    #[arg(long, env = "DVARA_BENCH_PROXY_CPUS", default_value = "0")]
    proxy_cpus: Cpus,
    /// CPUs of the load generator and the bench upstream.
    #[arg(long, env = "DVARA_BENCH_LOAD_CPUS", default_value = "1")]
    load_cpus: Cpus,
    /// CPUs of PostgreSQL; those of the load generator if not given.
    #[arg(long, env = "DVARA_BENCH_DATABASE_CPUS")]
    database_cpus: Option<Cpus>,
    /// The gateway's binary. Without it one is built (release) that trusts the bench's throwaway licence root.
    #[arg(long, env = "DVARA_BENCH_BINARY")]
    dvara: Option<PathBuf>,
    /// How the gateway runs: `gateway` beside a PostgreSQL of the bench, `up` with the one it starts itself.
    #[arg(long, value_enum, default_value_t = Mode::Gateway)]
    mode: Mode,
    /// Licence for --mode gateway with --dvara. Without it one is signed with the bench's throwaway key, which
    /// only a binary built with that root accepts.
    #[arg(long, env = "DVARA_BENCH_LICENSE_KEY", hide_env_values = true)]
    license_key: Option<String>,
    /// More settings for the gateway, NAME=VALUE; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    gateway_env: Vec<(String, String)>,
    /// Where the gateway is built and the throwaway licence key is kept; target/bench of the workspace if
    /// not given.
    #[arg(long, env = "DVARA_BENCH_TARGET_DIR")]
    target_dir: Option<PathBuf>,
    /// nginx.
    #[arg(long, default_value = "/usr/sbin/nginx")]
    nginx: PathBuf,
    /// Folder of PostgreSQL's server programs; the newest of /usr/lib/postgresql/*/bin if not given.
    #[arg(long)]
    postgres_bin: Option<PathBuf>,
    /// Size of a request's body.
    #[arg(long, default_value_t = 1024)]
    request_bytes: usize,
    /// Size of a JSON answer's body.
    #[arg(long, default_value_t = 1024)]
    answer_bytes: usize,
    /// Chunks of a streamed answer.
    #[arg(long, default_value_t = 100)]
    sse_chunks: usize,
    /// Write everything that was measured to this file as JSON.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The same, to a file in bench/results that is named after the time.
    #[arg(long)]
    save: bool,
    /// Keep the working folder (logs, configuration, database) and say where it is.
    #[arg(long)]
    keep: bool,
}

/// How the gateway is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    Gateway,
    Up,
}

/// Measures and prints. The exit code says whether every call was answered: figures of a run with errors
/// are printed and must not be quoted.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let mut options = options.clone();
    if options.quick {
        (options.rounds, options.duration, options.warm_up) = (1, 1.0, 0.3);
    }
    let plan = Plan::new(&options.only, options.rounds)?;
    requirements::check(&options, &plan)?;
    cpus::pin_self(&options.load_cpus)?;
    let mut stage = Stage::build(&options, &plan)?;
    let mut samples = Vec::new();
    for turn in plan.turns() {
        let sample = measure::measure(&options, &stage, turn)?;
        note(&format!(
            "round {} of {}: {sample}",
            turn.round + 1,
            options.rounds
        ));
        samples.push(sample);
    }
    let footprint = stage.finish();
    let results = Results::new(&options, &stage, samples, footprint);
    drop(stage);
    write!(std::io::stdout(), "{}", table::render(&results))?;
    results.save(&options)?;
    let bad = results.bad();
    if bad > 0 {
        note(&format!(
            "{bad} calls did not get a whole answer with status 200: these figures do not count"
        ));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE expected")?;
    Ok((name.to_owned(), value.to_owned()))
}
