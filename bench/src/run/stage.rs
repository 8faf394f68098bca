//! Everything that runs during a benchmark.

use std::cell::Cell;
use std::fs::{self, File, Permissions};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Serialize;
use tempfile::TempDir;

use super::Options;
use super::child::{Child, exchange};
use super::gateway::Gateway;
use super::nginx::Nginx;
use super::plan::{Plan, Target};
use crate::note;
use crate::proc::Memory;
use crate::upstream::Listening;

/// The running programs. Dropped in order of the fields: the proxies, what they need, the folder.
pub(super) struct Stage {
    gateway: Option<Gateway>,
    nginx: Option<Nginx>,
    upstream: Child,
    pub(super) listening: Listening,
    idle: Vec<(Target, Memory)>,
    /// Answers that the gateway gave so far.
    gateway_calls: Cell<u64>,
    folder: TempDir,
}

/// What the proxies take beside CPU.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Footprint {
    /// Before the first call.
    pub(super) idle: Vec<(Target, Memory)>,
    /// After the last one.
    pub(super) loaded: Vec<(Target, Memory)>,
    /// Milliseconds from start to ready, once per start on a migrated schema.
    pub(super) gateway_ready_ms: Vec<f64>,
    pub(super) gateway_version: Option<String>,
    /// Bytes that the gateway logged.
    pub(super) gateway_log_bytes: u64,
    /// Answers that the gateway gave, warm-up included: each is a usage row.
    pub(super) gateway_calls: u64,
    /// Usage rows in the gateway's database after the last call.
    pub(super) usage_rows: Option<u64>,
}

impl Stage {
    /// Starts what the plan needs and asks each target once.
    pub(super) fn build(options: &Options, plan: &Plan) -> anyhow::Result<Self> {
        let mut folder = tempfile::Builder::new().prefix("dvara-bench-").tempdir()?;
        // PostgreSQL runs as another user and has to find its way in.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        folder.disable_cleanup(options.keep);
        if options.keep {
            note(&format!("working folder: {}", folder.path().display()));
        }
        let (upstream, listening) = start_upstream(options, folder.path())?;
        let address = listening.address;
        let nginx = match plan.includes(Target::Nginx) {
            true => Some(Nginx::start(options, folder.path(), address)?),
            false => None,
        };
        let gateway = match plan.includes(Target::Dvara) {
            true => Some(Gateway::start(options, folder.path(), address)?),
            false => None,
        };
        let mut stage = Self {
            gateway,
            nginx,
            upstream,
            listening,
            idle: Vec::new(),
            gateway_calls: Cell::new(0),
            folder,
        };
        // Long enough for what a start leaves behind (derived keys, first polls) to be given back.
        std::thread::sleep(Duration::from_secs_f64(if options.quick {
            0.5
        } else {
            3.0
        }));
        stage.idle = stage.memory();
        for target in Target::ALL
            .into_iter()
            .filter(|target| plan.includes(*target))
        {
            for model in plan.models(target) {
                stage.probe(target, model)?;
            }
        }
        Ok(stage)
    }

    /// Where `target` listens.
    pub(super) fn address(&self, target: Target) -> anyhow::Result<SocketAddr> {
        let address = match target {
            Target::Direct => Some(self.listening.address),
            Target::Nginx => self.nginx.as_ref().map(|nginx| nginx.address),
            Target::Dvara => self.gateway.as_ref().map(|gateway| gateway.address),
        };
        address.with_context(|| format!("{target} does not run"))
    }

    /// The key that is sent to every target alike.
    pub(super) fn key(&self) -> &str {
        self.gateway
            .as_ref()
            .map_or("gw_0000000000000000000000000000000000000000", |gateway| {
                &gateway.key
            })
    }

    /// The processes that `target` is made of; none for the direct way.
    pub(super) fn processes(&self, target: Target) -> Vec<u32> {
        match target {
            Target::Direct => Vec::new(),
            Target::Nginx => self
                .nginx
                .as_ref()
                .map(Nginx::processes)
                .unwrap_or_default(),
            Target::Dvara => self
                .gateway
                .as_ref()
                .map(Gateway::processes)
                .unwrap_or_default(),
        }
    }

    /// The gateway's database.
    pub(super) fn database_processes(&self) -> Vec<u32> {
        self.gateway
            .as_ref()
            .map(Gateway::database_processes)
            .unwrap_or_default()
    }

    /// Counts answers that `target` gave.
    pub(super) fn count(&self, target: Target, calls: u64) {
        if target == Target::Dvara {
            self.gateway_calls.set(self.gateway_calls.get() + calls);
        }
    }

    pub(super) fn upstream_process(&self) -> u32 {
        self.upstream.id()
    }

    /// Takes the last readings.
    pub(super) fn finish(&mut self) -> Footprint {
        let gateway = self.gateway.as_ref();
        Footprint {
            idle: std::mem::take(&mut self.idle),
            loaded: self.memory(),
            gateway_ready_ms: gateway
                .map(|gateway| {
                    gateway
                        .ready
                        .iter()
                        .map(|time| time.as_secs_f64() * 1_000.0)
                        .collect()
                })
                .unwrap_or_default(),
            gateway_version: gateway.map(|gateway| gateway.version.clone()),
            gateway_log_bytes: gateway.map_or(0, Gateway::logged),
            gateway_calls: self.gateway_calls.get(),
            usage_rows: gateway.and_then(Gateway::usage_rows),
        }
    }

    fn memory(&self) -> Vec<(Target, Memory)> {
        [Target::Nginx, Target::Dvara]
            .into_iter()
            .map(|target| (target, self.processes(target)))
            .filter(|(_, processes)| !processes.is_empty())
            .map(|(target, processes)| (target, Memory::read(&processes)))
            .collect()
    }

    /// One call, so that a target that refuses says why instead of yielding quick figures.
    fn probe(&self, target: Target, model: &str) -> anyhow::Result<()> {
        let address = self.address(target)?;
        let body =
            format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"hello"}}]}}"#);
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.key(),
            body.len()
        );
        let answer = exchange(address, &request, Duration::from_secs(10))?;
        if !answer.starts_with("HTTP/1.1 200") || !answer.contains("chat.completion") {
            let log = match (target, &self.gateway) {
                (Target::Dvara, Some(gateway)) => gateway.log_end(),
                _ => String::new(),
            };
            bail!(
                "{target} does not answer a chat completion of {model}:\n{answer}\n{log}\n({})",
                self.folder.path().display()
            );
        }
        self.count(target, 1);
        Ok(())
    }
}

/// Starts the bench upstream and reads the line that it begins with.
fn start_upstream(options: &Options, folder: &Path) -> anyhow::Result<(Child, Listening)> {
    let mut command = options.load_cpus.command(&std::env::current_exe()?);
    command.arg("upstream");
    command.args(["--json-bytes", &options.answer_bytes.to_string()]);
    command.args(["--sse-chunks", &options.sse_chunks.to_string()]);
    let mut child = Child::start("upstream", &mut command, folder, "-KILL")?;
    let mut line = String::new();
    child.wait_for(Duration::from_secs(10), || {
        line.clear();
        let file = File::open(folder.join("upstream.log"));
        file.is_ok_and(|file| BufReader::new(file).read_line(&mut line).is_ok())
            && line.ends_with('\n')
    })?;
    let listening =
        serde_json::from_str(&line).with_context(|| format!("the upstream says: {line}"))?;
    Ok((child, listening))
}
