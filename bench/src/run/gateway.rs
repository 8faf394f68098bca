//! The gateway as an operator runs it: a process of its own, production-class, on a real PostgreSQL, with key
//! check, routing, metrics and ledger on. Nothing is switched off for the measurement.

mod accounts;
mod binary;
mod routes;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::child::{Child, free_port, is_ok, output_of};
use super::cpus::Cpus;
use super::postgres::{self, Postgres};
use super::{Mode, Options};
use crate::proc;

/// No start takes longer, `dvara up` with a new database included.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running gateway and its database.
pub(super) struct Gateway {
    // Stopped in this order: the gateway flushes its ledger before the database goes.
    child: Child,
    database: Option<Postgres>,
    pub(super) address: SocketAddr,
    pub(super) key: String,
    pub(super) version: String,
    /// Start to first 200 of readiness, once per start on a migrated schema.
    pub(super) ready: Vec<Duration>,
}

impl Gateway {
    /// Builds what is missing and starts everything, the gateway as often as its start is measured.
    pub(super) fn start(
        options: &Options,
        folder: &Path,
        upstream: SocketAddr,
    ) -> anyhow::Result<Self> {
        let binary = binary::find_or_build(options)?;
        let version = output_of(Command::new(&binary).arg("--version"))
            .unwrap_or_default()
            .trim()
            .to_owned();
        match options.mode {
            Mode::Gateway => Self::service(options, folder, upstream, &binary, version),
            Mode::Up => Self::quickstart(options, folder, upstream, &binary, version),
        }
    }

    /// `dvara gateway` beside a PostgreSQL of the bench.
    fn service(
        options: &Options,
        folder: &Path,
        upstream: SocketAddr,
        binary: &Path,
        version: String,
    ) -> anyhow::Result<Self> {
        let bin = options
            .postgres_bin
            .clone()
            .or_else(postgres::find_bin)
            .context("no PostgreSQL")?;
        let database = Postgres::start(&bin, folder, database_cpus(options), random_hex()?)?;
        let mut settings = providers(upstream);
        settings.push(routes::write(folder, upstream)?);
        settings.extend(production(options, folder, &database)?);
        settings.extend(options.gateway_env.iter().cloned());
        let key = accounts::create(binary, &settings)?;
        let mut ready = Vec::new();
        let starts = if options.quick { 1 } else { 5 };
        let mut running = None;
        for _ in 0..starts {
            // The one before is stopped first: each start is alone.
            drop(running.take());
            let address = free_port()?;
            let mut command = options.proxy_cpus.command(binary);
            prepare(command.arg("gateway"), &settings, folder);
            command.env("SERVER_PORT", address.port().to_string());
            let start = Instant::now();
            let mut child = Child::start("gateway", &mut command, folder, "-TERM")?;
            child.wait_for(PATIENCE, || is_ready(address))?;
            ready.push(start.elapsed());
            running = Some((child, address));
        }
        let (child, address) = running.context("no start")?;
        Ok(Self {
            child,
            database: Some(database),
            address,
            key,
            version,
            ready,
        })
    }

    /// `dvara up`, which brings its own database, licence, tenant and key.
    fn quickstart(
        options: &Options,
        folder: &Path,
        upstream: SocketAddr,
        binary: &Path,
        version: String,
    ) -> anyhow::Result<Self> {
        let address = free_port()?;
        let data = folder.join("data");
        let mut settings = providers(upstream);
        settings.push(routes::write(folder, upstream)?);
        settings.extend(options.gateway_env.iter().cloned());
        let mut command = options.proxy_cpus.command(binary);
        command.args([
            "up",
            "--listen",
            "127.0.0.1",
            "--gateway-port",
            &address.port().to_string(),
            "--flightdeck-port",
            "0",
            "--mcp-port",
            "0",
            "--data-dir",
        ]);
        prepare(command.arg(&data), &settings, folder);
        let mut child = Child::start("gateway", &mut command, folder, "-TERM")?;
        let quickstart = data.join("quickstart.json");
        child.wait_for(PATIENCE, || quickstart.exists() && is_ready(address))?;
        let text = fs::read_to_string(&quickstart)?;
        let quickstart: serde_json::Value = serde_json::from_str(&text)?;
        let key = quickstart["api_key"]
            .as_str()
            .context("quickstart.json has no api_key")?
            .to_owned();
        let gateway = Self {
            child,
            database: None,
            address,
            key,
            version,
            ready: Vec::new(),
        };
        // It started its database on its own CPU, which is the measured one.
        for process in gateway.database_processes() {
            database_cpus(options).take(process)?;
        }
        Ok(gateway)
    }

    pub(super) fn processes(&self) -> Vec<u32> {
        vec![self.child.id()]
    }

    pub(super) fn database_processes(&self) -> Vec<u32> {
        match &self.database {
            Some(database) => database.processes(),
            None => {
                let is_postgres =
                    |process: &u32| proc::name(*process).is_some_and(|name| name == "postgres");
                proc::family(self.child.id())
                    .into_iter()
                    .filter(is_postgres)
                    .collect()
            }
        }
    }

    /// Bytes that the gateway wrote to its log.
    pub(super) fn logged(&self) -> u64 {
        self.child.logged()
    }

    pub(super) fn log_end(&self) -> String {
        self.child.log_end()
    }

    /// Usage rows, where the database is the bench's.
    pub(super) fn usage_rows(&self) -> Option<u64> {
        self.database.as_ref().and_then(Postgres::usage_rows)
    }
}

/// Nothing of the caller's environment: a vendor's key in it would add a provider.
fn prepare<'a>(
    command: &'a mut Command,
    settings: &[(String, String)],
    folder: &Path,
) -> &'a mut Command {
    command.env_clear().current_dir(folder);
    command.env(
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    );
    command.envs(settings.iter().map(|(name, value)| (name, value)))
}

/// The bench upstream as the vendor of each dialect.
fn providers(upstream: SocketAddr) -> Vec<(String, String)> {
    let url = format!("http://{upstream}");
    pairs(&[
        // Where the nearest of a route's targets is looked for.
        ("DVARA_REGION_ID", "eu-west-1"),
        ("DVARA_PROVIDER_TYPE", "openai"),
        ("DVARA_PROVIDER_BASE_URL", &format!("{url}/v1")),
        ("DVARA_PROVIDER_API_KEY", "bench"),
        ("ANTHROPIC_BASE_URL", &url),
        ("ANTHROPIC_API_KEY", "bench"),
        ("GEMINI_BASE_URL", &url),
        ("GEMINI_API_KEY", "bench"),
        ("BEDROCK_ENABLED", "true"),
        ("BEDROCK_BASE_URL", &url),
        // Signed with as any others are.
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIABENCH"),
        ("AWS_SECRET_ACCESS_KEY", "bench"),
        ("COHERE_BASE_URL", &url),
        ("COHERE_API_KEY", "bench"),
        ("MISTRAL_BASE_URL", &format!("{url}/mistral")),
        ("MISTRAL_API_KEY", "bench"),
    ])
}

/// What a production-class start demands.
fn production(
    options: &Options,
    folder: &Path,
    database: &Postgres,
) -> anyhow::Result<Vec<(String, String)>> {
    let licence = match &options.license_key {
        Some(licence) if options.dvara.is_some() => licence.clone(),
        _ => binary::root(options)?.licence(folder)?,
    };
    let spool = folder.join("spool");
    fs::create_dir_all(&spool)?;
    let Some(spool) = spool.to_str() else {
        bail!("the working folder's name is not text")
    };
    Ok(pairs(&[
        ("DVARA_LICENSE_KEY", &licence),
        ("SPRING_DATASOURCE_URL", &database.jdbc_url()),
        ("SPRING_DATASOURCE_USERNAME", postgres::NAME),
        ("SPRING_DATASOURCE_PASSWORD", database.password()),
        ("DVARA_ENCRYPTION_MASTER_PASSWORD", &random_hex()?),
        // The machine may have a fleet of its own.
        ("DVARA_CLUSTER_PORT", "0"),
        ("DVARA_AUDIT_HMAC_SECRET", &random_hex()?),
        ("DVARA_ACTUATOR_API_KEY", &random_hex()?),
        ("DVARA_ACTUATOR_METRICS_API_KEY", &random_hex()?),
        ("DVARA_SPOOL_DIR", spool),
    ]))
}

fn database_cpus(options: &Options) -> &Cpus {
    options.database_cpus.as_ref().unwrap_or(&options.load_cpus)
}

fn is_ready(address: SocketAddr) -> bool {
    is_ok(address, "/actuator/health/readiness")
}

fn pairs(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// 64 random hexadecimal digits.
fn random_hex() -> anyhow::Result<String> {
    use std::io::Read as _;
    let mut bytes = [0_u8; 32];
    fs::File::open(PathBuf::from("/dev/urandom"))?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
