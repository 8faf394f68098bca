//! What the commands that serve have in common: settings, licence, log, a background runtime, and waiting for the end.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use chrono::Utc;
use dvara_crypto::licence::Roots;
use dvara_service::background::Background;
use dvara_service::boot::{self, BootError};
use dvara_service::drain::DrainTiming;
use dvara_service::process::{ProcessConfig, Running, StartOptions};
use dvara_service::settings::{Env, Loader};
use dvara_service::{descriptors, licence, telemetry};
use dvara_store::StoreSettings;
use dvara_store::admin::SeedReport;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How long background work may take to end after everything else has.
pub(crate) const LAST_WORK: Duration = Duration::from_secs(1);

/// What a command brings to the start of its services.
pub(crate) struct Launch<'a> {
    /// What service the log calls this.
    pub(crate) service: &'static str,
    /// The licences that count.
    pub(crate) roots: &'a Roots,
    /// The private database, where there is one.
    pub(crate) private: Option<StoreSettings>,
}

/// The loader of the settings of all services: one file and one environment may serve them all, so each knows what belongs to
/// the others.
pub(crate) fn loader(env: Env) -> Loader {
    let tables = [
        dvara_gateway::settings::PROPERTIES,
        dvara_mcp::settings::PROPERTIES,
        dvara_flightdeck::settings::PROPERTIES,
    ];
    Loader::new(env, &tables)
}

/// Where a service listens by itself: on all interfaces, at the port of the settings or its own.
pub(crate) fn everywhere(process: &ProcessConfig, own: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::UNSPECIFIED, process.common.port.unwrap_or(own)))
}

/// Checks everything that `read` and the process want of the settings, has `start` start it, and serves until a signal comes
/// or something that it needs is gone: a background part of its own, or what `needed` watches.
pub(crate) fn serve<C>(
    mut loader: Loader,
    background: &Background,
    launch: Launch<'_>,
    read: impl FnOnce(&mut Loader) -> C,
    start: impl AsyncFnOnce(C, ProcessConfig, StartOptions) -> Result<Running, BootError>,
    needed: impl Future<Output = BootError>,
) -> Result<ExitCode, BootError> {
    let licence = licence::gate(&mut loader, launch.roots, Utc::now());
    let process = ProcessConfig::load(&mut loader, launch.private);
    let config = read(&mut loader);
    let (licence, loaded) = boot::conclude(licence, loader)?;
    let process = process
        .ok_or_else(|| BootError::failure("the database is not known, and nothing said why"))?;
    // Dropped at the end of this function: outside any runtime, and while the background still runs.
    let _telemetry = telemetry::init(
        launch.service,
        &process.common.telemetry,
        &background.handle(),
    )?;
    loaded.log_warnings();
    licence::announce(&licence);
    if let Err(error) = descriptors::raise_limit() {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
    let options = StartOptions {
        licence,
        loaded,
        drain: DrainTiming::default(),
        background: background.handle(),
    };
    background.block_on(async {
        let mut signals = Signals::new()?;
        let running = start(config, process, options).await?;
        let ended = tokio::select! {
            () = signals.asked_to_end() => Ok(ExitCode::SUCCESS),
            failure = running.failed() => Err(BootError::failure(failure)),
            lost = needed => Err(lost),
        };
        running.finish().await?;
        ended
    })
}

/// Keys that a bootstrap file had made: shown here, once, and never again.
pub(crate) fn show_generated_keys(seeded: &SeedReport) {
    for key in &seeded.api_keys {
        let Some(plain) = &key.generated else {
            continue;
        };
        let record = &key.record;
        // To standard error and not to the log: what collects logs must not collect keys with them.
        let _written = writeln!(
            io::stderr().lock(),
            "generated API key `{}` of tenant `{}`, shown once: {}",
            record.name,
            record.tenant,
            plain.expose()
        );
    }
}

/// SIGTERM and SIGINT, caught from the start on.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, BootError> {
        let no_signals = |error| BootError::failure(format!("signals cannot be received: {error}"));
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(no_signals)?,
            interrupt: signal(SignalKind::interrupt()).map_err(no_signals)?,
        })
    }

    async fn asked_to_end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
