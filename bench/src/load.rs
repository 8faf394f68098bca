//! The load generator: one URL, a closed loop at a number of connections or an open loop at a rate.
//!
//! The closed loop shows what the other side can do; its latency says little, since a slow answer delays
//! the next question. The open loop asks on a clock and measures from the moment the question was due, so
//! that a stall shows in every call that it delayed.

mod answer;
mod closed;
mod open;
mod report;
mod request;

use std::io::Write as _;
use std::num::{NonZeroU32, NonZeroUsize};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use answer::Expect;
use request::Target;

#[cfg(test)]
pub(crate) use report::Quantiles;
pub(crate) use report::Report;

/// What to call and how often.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Where to: http://host:port, with or without a path (then /v1/chat/completions).
    #[arg(long)]
    pub(crate) url: String,
    /// Keep-alive connections; with --rate the most calls that can be under way at once.
    #[arg(long, default_value = "16")]
    pub(crate) connections: NonZeroUsize,
    /// Calls per second on a clock (open loop). Without it each connection asks again when it is answered.
    #[arg(long)]
    pub(crate) rate: Option<NonZeroU32>,
    /// Seconds to measure.
    #[arg(long, default_value_t = 5.0)]
    pub(crate) duration: f64,
    /// Sent as `Authorization: Bearer …`.
    #[arg(long, default_value = "gw_0000000000000000000000000000000000000000")]
    pub(crate) key: String,
    /// Ask for server-sent events.
    #[arg(long)]
    pub(crate) stream: bool,
    /// Pause between two chunks that the bench upstream is asked to make, in microseconds.
    #[arg(long, default_value_t = 0)]
    pub(crate) interval_us: u64,
    /// Size of the request body, at least what an empty call needs.
    #[arg(long, default_value_t = 1024)]
    pub(crate) body_bytes: usize,
    /// The model to ask for; it decides which provider the gateway picks.
    #[arg(long, default_value = "gpt-4o-mini")]
    pub(crate) model: String,
    /// An answer's body must have exactly this size (JSON), else it counts as incomplete.
    #[arg(long)]
    pub(crate) expect_bytes: Option<u64>,
    /// An answer must have exactly this many events, `[DONE]` among them (SSE), else it counts as incomplete.
    #[arg(long)]
    pub(crate) expect_events: Option<u64>,
}

impl Options {
    fn expect(&self) -> Expect {
        if self.stream {
            Expect::Stream {
                events: self.expect_events,
            }
        } else {
            Expect::Json {
                bytes: self.expect_bytes,
            }
        }
    }

    fn duration(&self) -> anyhow::Result<Duration> {
        Duration::try_from_secs_f64(self.duration)
            .map_err(|_| anyhow::anyhow!("--duration is not a time span"))
    }
}

/// Runs the load and prints one line of JSON. Wrong answers are no error here: they are figures too.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let report = measure(options)?;
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &report)?;
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs the load.
pub(crate) fn measure(options: &Options) -> anyhow::Result<Report> {
    let target = Target::parse(&options.url)?;
    let request = request::build(&target, options);
    let duration = options.duration()?;
    let tally = match options.rate {
        Some(rate) => open::drive(&target, &request, options, rate, duration),
        None => closed::drive(&target, &request, options, duration)?,
    };
    Ok(tally.report(options, duration))
}
