//! A gateway put together, and taken apart again.

mod actuate;
mod config;
mod observe;
mod stored;
mod tasks;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dvara_crypto::licence::Verified;
use dvara_ledger::Writer;
use dvara_service::boot::BootError;
use dvara_service::cores::{Cores, LoadMetrics};
use dvara_service::drain::{Drain, DrainTiming};
use dvara_service::error_chain;
use dvara_service::listener::{Accepting, Listener};
use dvara_service::readiness::Readiness;
use dvara_service::settings::Loaded;
use dvara_service::tasks::{TaskFailure, Tasks};
use dvara_service::tls::TlsMetrics;
use dvara_store::admin::SeedReport;
use dvara_store::{Feed, FeedSettings, Store};
use dvara_upstream::{PoolLimits, Upstreams};
use prometheus_client::registry::Registry;
use tokio::runtime::Handle;

use crate::core::{Core, Shared};
use crate::metrics::Metrics;
use crate::mock::MockProvider;
use crate::providers::Providers;
use crate::status::StatusPage;
use actuate::actuator;
pub(crate) use config::BOOTSTRAP_FILE;
pub use config::GatewayConfig;
use stored::{database_failure, ledger_settings, master_key, open_store, seed};
use tasks::{start_feeds, until_cancelled, watch};

/// What is left of the drain's 30 s for the ledger (design §10).
const FLUSH: Duration = Duration::from_millis(4_500);

/// What a start needs beside the configuration.
pub struct StartOptions {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The verified licence.
    pub licence: Verified,
    /// What is left of the settings.
    pub loaded: Loaded,
    /// When the phases of the drain begin.
    pub drain: DrainTiming,
    /// The background runtime.
    pub background: Handle,
}

/// A running gateway.
pub struct Gateway {
    address: SocketAddr,
    scheme: &'static str,
    accepting: Accepting,
    cores: Cores,
    drain: Drain,
    timing: DrainTiming,
    readiness: Readiness,
    tasks: Tasks,
    writer: Writer,
    store: Store,
    seeded: SeedReport,
}

impl Gateway {
    /// Starts a gateway. Ready when this returns. Call it on the background runtime.
    ///
    /// # Errors
    /// When the port, the database, the spool or a provider cannot be used.
    pub async fn start(config: GatewayConfig, options: StartOptions) -> Result<Self, BootError> {
        let readiness = Readiness::new();
        let starting = readiness.block("start");
        let listener = Listener::bind(options.listen).map_err(|error| {
            BootError::failure(format!("cannot listen on {}: {error}", options.listen))
        })?;
        let address = listener.address();
        let mock = MockProvider::new(config.gateway.mock.clone());
        let providers = Providers::new(
            config.providers(),
            &mock,
            &config.gateway.data_plane.resilience,
        )
        .map_err(BootError::configuration)?;
        let outbound = config
            .gateway
            .outbound
            .build(options.background.clone())
            .map_err(boot_failure)?;

        let store = open_store(&config).await?;
        let master = master_key(&config, options.loaded.master_key).await?;
        let seeded = seed(&store, &config, &options.licence).await?;
        let tasks = Tasks::new(options.background.clone());
        let feed_settings = FeedSettings {
            poll_interval: config.common.poll_interval,
            ..FeedSettings::default()
        };
        let feed = Feed::start(store.clone(), config.overlay.clone(), master, feed_settings)
            .await
            .map_err(database_failure)?;

        let mut registry = Registry::default();
        let metrics = Arc::new(Metrics::register(
            &mut registry,
            config.common.region.id.as_deref(),
        ));
        let observer = observe::settlements(metrics, config.common.telemetry.json);
        let (writer, writing) =
            Writer::start(ledger_settings(&config), store.clone(), vec![observer])
                .await
                .map_err(boot_failure)?;
        observe::register(&mut registry, &writer, &feed);
        let load = LoadMetrics::default();
        registry.register_collector(Box::new(load.clone()));
        let listener_tls = config.common.listening.tls.clone();
        if let Some(tls) = &listener_tls {
            registry.register_collector(Box::new(TlsMetrics(tls.clone())));
            until_cancelled(&tasks, "certificate", tls.clone().watch());
        }

        start_feeds(&tasks, &feed, &mock);
        tasks.spawn_once("ledger", writing.run());
        until_cancelled(
            &tasks,
            "watch",
            watch(
                readiness.clone(),
                feed.clone(),
                writer.clone(),
                config.common.max_staleness,
            ),
        );

        let drain = Drain::new();
        let shared = Arc::new(Shared {
            settings: config.gateway.data_plane.clone(),
            providers,
            feed,
        });
        let status = StatusPage::new(
            &config,
            shared.clone(),
            options.licence,
            options.loaded.not_built,
        );
        let count = config.cores();
        let (actuator, pulse) = actuator(
            &config,
            &readiness,
            &writer,
            status,
            registry,
            &options.background,
        );
        let cores = Cores::start(count, config.common.listening.limits, &drain, {
            let (shared, writer, drain) = (shared, writer.clone(), drain.clone());
            move |_core| Core {
                shared: shared.clone(),
                actuator: actuator.clone(),
                upstreams: Upstreams::new(outbound.clone(), PoolLimits::default()),
                ledgers: writer.ledgers(),
                drain: drain.clone(),
            }
        })
        .map_err(boot_failure)?;
        pulse.set(cores.pulse());
        load.show(&cores);
        let accepting = listener
            .accept_for(cores.dispatcher(), listener_tls)
            .map_err(boot_failure)?;
        drop(starting);
        tracing::info!(%address, cores = count, "gateway is ready");
        Ok(Self {
            address,
            scheme: config.common.listening.scheme(),
            accepting,
            cores,
            drain,
            timing: options.drain,
            readiness,
            tasks,
            writer,
            store,
            seeded,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `https` where the listener speaks TLS, else `http`.
    pub fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// What the files of this start added to the store.
    pub fn seeded(&self) -> &SeedReport {
        &self.seeded
    }

    /// Resolves when a background part has failed; the process must end then.
    pub async fn failed(&self) -> TaskFailure {
        tokio::select! {
            failure = self.tasks.failed() => failure,
            () = self.cores.died() => TaskFailure { task: "core", panicked: true },
        }
    }

    /// Drains and ends. What was accepted is answered, and what was settled is recorded.
    ///
    /// # Errors
    /// When something could not be brought to safety in time.
    pub async fn finish(self) -> Result<(), BootError> {
        self.drain.begin();
        self.readiness
            .fail("draining", "the process is shutting down");
        tracing::info!("draining");
        let Self {
            accepting,
            cores,
            drain,
            timing,
            tasks,
            writer,
            store,
            ..
        } = self;
        blocking(move || accepting.close(timing.settle)).await?;
        let loads = cores.loads();
        drain
            .run(timing, || loads.iter().all(|load| load.connections() == 0))
            .await;
        blocking(move || cores.join()).await?;
        let closed = writer.close(FLUSH).await;
        let stuck = tasks.stop(Duration::from_millis(500)).await;
        if !stuck.is_empty() {
            tracing::warn!(
                tasks = stuck.join(", "),
                "background parts did not end in time"
            );
        }
        store.close().await;
        closed.map_err(boot_failure)?;
        tracing::info!("stopped");
        Ok(())
    }
}

fn boot_failure(error: impl std::error::Error) -> BootError {
    BootError::failure(error_chain(&error))
}

async fn blocking(work: impl FnOnce() + Send + 'static) -> Result<(), BootError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(boot_failure)
}
