//! A gateway put together. What it shares with the other services, and how a process ends, is `dvara_service::process`.

mod actuate;
mod config;
mod fleet;
mod observe;
mod rates;
mod rules;
mod stored;
mod targets;
mod tasks;

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use dvara_crypto::licence::Verified;
use dvara_ledger::Writer;
use dvara_service::boot::BootError;
use dvara_service::cores::CoreId;
use dvara_service::listener::Listener;
use dvara_service::process::{
    Foundation, Kit, ProcessConfig, Running, Service, StartOptions, boot_failure, open_store,
};
use dvara_store::Store;
use dvara_store::admin::SeedReport;
use dvara_store::snapshot::Overlay;
use dvara_upstream::{Outbound, PoolLimits, Upstreams};
use tokio::runtime::Handle;

use crate::core::{Core, Shared};
use crate::metrics::Metrics;
use crate::mock::MockProvider;
use crate::outside::Outside;
use crate::plan::Limits;
use crate::probe;
use crate::providers::Unidentified;
use crate::routing::Turns;
use crate::rules::RuleMetrics;
use crate::status::StatusPage;
pub(crate) use config::BOOTSTRAP_FILE;
pub use config::GatewayConfig;
use stored::{ledger_settings, seed};

/// What a process calls this service.
pub const GATEWAY: &str = "gateway";

/// What is left of the drain's 30 s for the ledger (design §10).
const FLUSH: Duration = Duration::from_millis(4_500);

/// A gateway before anything is connected: its port is bound, its providers are known.
pub struct Gateway {
    config: GatewayConfig,
    listener: Listener,
    mock: Arc<MockProvider>,
    providers: Unidentified,
    outbound: Outbound,
}

/// Starts a gateway alone. Ready when this returns. Call it on the background runtime.
///
/// # Errors
/// When the port, the database, the spool or a provider cannot be used.
pub async fn start(
    config: GatewayConfig,
    process: ProcessConfig,
    listen: SocketAddr,
    mut options: StartOptions,
) -> Result<(Running, SeedReport), BootError> {
    let gateway = Gateway::prepare(config, listen, options.background.clone())?;
    let opened = open_store(&process, &mut options).await?;
    let seeded = gateway.seed(&opened.store, &options.licence).await?;
    let foundation = Foundation::lay(process, options, opened, gateway.overlay()).await?;
    let service = gateway.build(&foundation).await?;
    Ok((foundation.serve(vec![service])?, seeded))
}

impl Gateway {
    /// Binds the port, where 0 takes any free one, and makes what needs no connection.
    ///
    /// # Errors
    /// When the port or a provider cannot be used.
    pub fn prepare(
        config: GatewayConfig,
        listen: SocketAddr,
        background: Handle,
    ) -> Result<Self, BootError> {
        let listener = Listener::open(listen)?;
        let mock = MockProvider::new(config.gateway.mock.clone());
        let resilience = &config.gateway.data_plane.resilience;
        let providers =
            Unidentified::new(config.providers(), &mock, resilience, &config.environment)
                .map_err(BootError::configuration)?;
        let outbound = config
            .gateway
            .outbound
            .build(background)
            .map_err(boot_failure)?;
        Ok(Self {
            config,
            listener,
            mock,
            providers,
            outbound,
        })
    }

    /// What lies over the stored configuration.
    pub fn overlay(&self) -> Overlay {
        self.config.overlay.clone()
    }

    /// Adds what the files name and the store does not have.
    ///
    /// # Errors
    /// When the store refuses what `gateway.yaml` names.
    pub async fn seed(&self, store: &Store, licence: &Verified) -> Result<SeedReport, BootError> {
        seed(store, &self.config, licence).await
    }

    /// Builds the service.
    ///
    /// # Errors
    /// When the spool or the ledger's epoch cannot be had.
    pub async fn build(self, foundation: &Foundation) -> Result<Service, BootError> {
        let process = &foundation.config;
        let mut kit = Kit::new(foundation);
        let region = process.common.region.id.as_deref();
        let metrics = Arc::new(Metrics::register(kit.registry(), region));
        let observer = observe::settlements(metrics, process.common.telemetry.json);
        let (settings, store) = (ledger_settings(process), foundation.store.clone());
        let (writer, writing) = Writer::start(settings, store, vec![observer])
            .await
            .map_err(boot_failure)?;
        observe::register(kit.registry(), &writer);
        foundation.tasks.spawn_once("ledger", writing.run());
        tasks::start(&foundation.tasks, kit.readiness(), &writer, &self.mock);

        let providers = self
            .providers
            .identify(&self.outbound, &foundation.tasks)
            .await;
        let cluster_key = fleet::key(foundation).await?;
        let fleet = fleet::join(foundation, cluster_key.clone()).await?;
        fleet::register(kit.registry(), &fleet);
        let rates = rates::start(self.config.rate_limit, foundation, &fleet).await;
        let shared = Arc::new(Shared {
            settings: self.config.gateway.data_plane.clone(),
            targets: targets::start(&providers),
            limits: Limits::new(
                self.config
                    .gateway
                    .data_plane
                    .resilience
                    .keeps_vendor_limits,
            ),
            turns: Turns::default(),
            region: region.map(str::to_owned),
            rules: RuleMetrics::register(kit.registry()),
            outside: Outside::new(&self.config.gateway.data_plane.outside, kit.registry()),
            token_root: cluster_key,
            shadows_left_out: targets::shadows_left_out(kit.registry()),
            providers,
            feed: foundation.feed.clone(),
            rates,
        });
        rates::register(kit.registry(), &shared);
        rules::register(kit.registry(), &shared);
        targets::register(kit.registry(), &shared);
        let status = StatusPage::new(&self.config, foundation, shared.clone(), fleet.clone());
        let (actuator, fitted) =
            kit.actuator(actuate::view(&writer, &fleet, shared.clone(), status));
        let (drain, outbound) = (foundation.drain.clone(), self.outbound);
        let core = {
            let writer = writer.clone();
            let probe = self.config.gateway.data_plane.resilience.probe;
            move |CoreId(number)| {
                let upstreams = Upstreams::new(outbound.clone(), PoolLimits::default());
                if let (0, Some(interval)) = (number, probe) {
                    let (shared, drain) = (shared.clone(), drain.clone());
                    let probing = probe::run(shared, upstreams.clone(), drain, interval);
                    tokio::task::spawn_local(probing);
                }
                Core {
                    shared: shared.clone(),
                    actuator: actuator.clone(),
                    upstreams,
                    ledgers: writer.ledgers(),
                    drain: drain.clone(),
                    shadows: Rc::default(),
                }
            }
        };
        let last = close(writer);
        Ok(fitted.serve(GATEWAY, self.listener, core, last))
    }
}

/// Writes what is settled, or brings it into the spool.
async fn close(writer: Writer) -> Result<(), BootError> {
    writer.close(FLUSH).await.map_err(boot_failure)
}
