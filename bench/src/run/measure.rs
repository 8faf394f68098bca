//! One measurement: warm up, read the clocks, load, read the clocks.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;

use super::Options;
use super::child::output_of;
use super::cpus::Cpus;
use super::plan::{Scenario, Target, Turn};
use super::stage::Stage;
use crate::load::Report;
use crate::proc::{CpuClock, CpuTicks};

/// What calls leave behind (ledger batches, log lines) is written within this time and belongs to them.
const AFTERMATH: Duration = Duration::from_millis(300);

/// What one measurement found. Shares are of one: 1.0 is all of the CPUs all of the time.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Sample {
    pub(super) round: usize,
    pub(super) scenario: Scenario,
    pub(super) target: Target,
    pub(super) load: Report,
    /// CPU time of the proxy per call in microseconds, all its threads; none for the direct way.
    pub(super) cpu_us: Option<f64>,
    /// The same of the gateway's database.
    pub(super) database_us: Option<f64>,
    /// How busy the proxy kept its CPUs while it was asked. Far below one in a closed loop: something else
    /// was the bottleneck and the throughput is not the proxy's.
    pub(super) proxy_busy: Option<f64>,
    /// How busy the CPUs of load generator and upstream were.
    pub(super) load_busy: f64,
    /// How much of the measured CPUs' time went to programs that have no part in this, or was taken by the
    /// hypervisor: the worse of the proxy's CPUs (not for the direct way) and the load generator's.
    pub(super) noise: f64,
}

struct Clocks {
    at: Instant,
    proxy: CpuClock,
    database: CpuClock,
    upstream: CpuClock,
    proxy_ticks: CpuTicks,
    load_ticks: CpuTicks,
}

/// Takes one turn.
pub(super) fn measure(options: &Options, stage: &Stage, turn: Turn) -> anyhow::Result<Sample> {
    let Turn {
        round,
        scenario,
        target,
    } = turn;
    if options.warm_up > 0.0 {
        load(options, stage, turn, options.warm_up)?;
    }
    std::thread::sleep(AFTERMATH);
    let processes = stage.processes(target);
    let database = if target == Target::Dvara {
        stage.database_processes()
    } else {
        Vec::new()
    };
    let read = || Clocks {
        at: Instant::now(),
        proxy: CpuClock::read(&processes),
        database: CpuClock::read(&database),
        upstream: CpuClock::read(&[stage.upstream_process()]),
        proxy_ticks: CpuTicks::read(options.proxy_cpus.numbers()),
        load_ticks: CpuTicks::read(options.load_cpus.numbers()),
    };
    let before = read();
    let report = load(options, stage, turn, options.duration)?;
    std::thread::sleep(AFTERMATH);
    let after = read();

    let calls = report.requests.max(1) as f64;
    let used = after.proxy.since(&before.proxy);
    let database_used = after.database.since(&before.database);
    let per_call = |used: Duration| used.as_secs_f64() * 1e6 / calls;
    let elapsed = (after.at - before.at).as_secs_f64();
    let (proxy_cpus, load_cpus) = (&options.proxy_cpus, &options.load_cpus);
    let share = |seconds: f64, cpus: &Cpus, of: f64| seconds / (cpus.numbers().len() as f64 * of);

    let proxy_busy = share(used.as_secs_f64(), proxy_cpus, report.duration_s);
    let proxy_noise = after.proxy_ticks.since(&before.proxy_ticks) - used.as_secs_f64();
    let load_ticks = after.load_ticks.since(&before.load_ticks);
    let upstream_used = after.upstream.since(&before.upstream);
    let mut ours = report.generator_cpu_s + upstream_used.as_secs_f64();
    if options
        .database_cpus
        .as_ref()
        .is_none_or(|cpus| cpus == load_cpus)
    {
        ours += database_used.as_secs_f64();
    }
    let mut noise = share(load_ticks - ours, load_cpus, elapsed);
    if !processes.is_empty() {
        noise = noise.max(share(proxy_noise, proxy_cpus, elapsed));
    }
    Ok(Sample {
        round,
        scenario,
        target,
        cpu_us: (!processes.is_empty()).then(|| per_call(used)),
        database_us: (!database.is_empty()).then(|| per_call(database_used)),
        proxy_busy: (!processes.is_empty()).then_some(proxy_busy),
        load_busy: share(load_ticks, load_cpus, elapsed),
        noise: noise.max(0.0),
        load: report,
    })
}

/// Runs the load generator, a process of its own on its own CPUs.
fn load(options: &Options, stage: &Stage, turn: Turn, seconds: f64) -> anyhow::Result<Report> {
    let mut command = options.load_cpus.command(&std::env::current_exe()?);
    command.arg("load").args(turn.scenario.arguments());
    command.args(["--url", &format!("http://{}", stage.address(turn.target)?)]);
    command.args(["--key", stage.key(), "--duration", &seconds.to_string()]);
    command.args(["--body-bytes", &options.request_bytes.to_string()]);
    command.args(["--model", turn.scenario.model()]);
    // The gateway relays byte for byte, and translates chunk for chunk: an answer of another size is a wrong one.
    if turn.scenario.streams() {
        command.args(["--expect-events", &stage.listening.sse_events.to_string()]);
    } else if !turn.scenario.is_translated() {
        command.args(["--expect-bytes", &stage.listening.json_bytes.to_string()]);
    }
    let output = output_of(&mut command)?;
    let report: Report = serde_json::from_str(&output)
        .with_context(|| format!("the load generator says: {output}"))?;
    stage.count(turn.target, report.requests);
    Ok(report)
}

impl fmt::Display for Sample {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let latency = &self.load.latency_us;
        write!(
            formatter,
            "{:<14} {:<7} {:>9.0}/s, p50 {:>8.0} µs, p99 {:>8.0} µs",
            self.scenario, self.target, self.load.throughput_rps, latency.p50, latency.p99
        )?;
        if let (Some(cpu), Some(busy)) = (self.cpu_us, self.proxy_busy) {
            write!(
                formatter,
                ", {cpu:>6.1} µs CPU per call, {:>3.0} % busy",
                busy * 100.0
            )?;
        }
        if self.noise > 0.1 {
            write!(formatter, ", noise {:.0} %", self.noise * 100.0)?;
        }
        if self.load.bad() > 0 {
            write!(
                formatter,
                ", {} BAD {:?} {:?}",
                self.load.bad(),
                self.load.status,
                self.load.errors
            )?;
        }
        Ok(())
    }
}
