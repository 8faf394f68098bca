//! The private PostgreSQL of `dvara up`: made in a data folder, reached through a Unix socket only, and kept running.
//!
//! ```text
//! DATA/dvara.lock      held by the `dvara up` that owns the folder; the kernel lets go of it when we die
//! DATA/postgres/       the cluster; belongs to an unprivileged user when we are root
//! DATA/run/            the socket (in the temporary folder where that path would be too long)
//! DATA/postgres.log    what the server says
//! ```
//!
//! The server outlives a `kill -9` of ours, on purpose: the next start adopts it and nothing has to be recovered.

mod account;
mod binaries;
mod cluster;
mod error;
mod folders;
mod lock;
mod pid_file;
mod running;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

pub use self::account::Account;
pub use self::binaries::Binaries;
pub use self::cluster::{Cluster, ClusterOptions};
pub use self::error::PrivateError;
use self::lock::FolderLock;
use self::pid_file::PidFile;
pub use self::running::Running;
use crate::settings::StoreSettings;
use crate::sqlstate::Failure;
use crate::store;

/// The role and the database that the server is made with.
const NAME: &str = "dvara";

/// A `CREATE DATABASE` cannot be prepared, so it stands outside of the list of statements.
const CREATE_DATABASE: &str = "CREATE DATABASE dvara";

/// How often to look whether the server still runs.
const WATCH: Duration = Duration::from_millis(250);

/// A server that has to be started this often within [`RESTART_WINDOW`] is given up.
const MAX_RESTARTS: usize = 5;
const RESTART_WINDOW: Duration = Duration::from_secs(60);

/// Settings for a single machine that has better uses for its memory.
const SMALL: &[(&str, &str)] = &[
    ("shared_buffers", "16MB"),
    ("max_connections", "40"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("max_wal_size", "256MB"),
    ("min_wal_size", "32MB"),
    ("max_worker_processes", "2"),
    ("max_parallel_workers", "0"),
    ("max_parallel_workers_per_gather", "0"),
    ("max_logical_replication_workers", "0"),
    ("autovacuum_max_workers", "1"),
    ("huge_pages", "off"),
    ("jit", "off"),
];

/// Where the server lives and what it is started with.
#[derive(Debug, Clone)]
pub struct PrivateOptions {
    /// The data folder of `dvara up`; made where it is missing.
    pub data_dir: PathBuf,
    /// `DVARA_PG_BIN`: where the server's programs are.
    pub pg_bin: Option<PathBuf>,
    /// `PATH`, where they are looked for next.
    pub path: Option<OsString>,
    /// Where the socket goes when the data folder's path is too long for one.
    pub temp_dir: PathBuf,
}

/// A server of our own.
#[derive(Debug)]
pub struct PrivateServer {
    cluster: Cluster,
    /// Absent once it was stopped.
    running: Mutex<Option<Running>>,
    settings: StoreSettings,
    adopted: bool,
    _lock: FolderLock,
}

impl PrivateServer {
    /// Starts the server of a data folder, or adopts it where it still runs; makes it at the first start.
    ///
    /// # Errors
    /// When another process owns the folder, no server is installed, it does not start, or the folder cannot be used.
    pub async fn start(options: &PrivateOptions) -> Result<Self, PrivateError> {
        let account = Account::for_server()?;
        folders::prepare_data_dir(&options.data_dir, account.as_ref())?;
        let lock = FolderLock::take(&options.data_dir)?;
        let folder = options.data_dir.join("postgres");
        let binaries = Binaries::find(options.pg_bin.as_deref(), options.path.as_deref(), &folder)?;
        let socket_folder = folders::socket_folder(options)?;
        let settings = SMALL
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let cluster = Cluster::new(ClusterOptions {
            folder,
            socket_folder,
            log: options.data_dir.join("postgres.log"),
            superuser: NAME.to_owned(),
            settings,
            binaries,
            account,
        });
        cluster.create_if_missing().await?;
        let running = cluster.start().await?;
        let settings = running.settings(NAME, NAME);
        ensure_database(&settings).await?;
        Ok(Self {
            cluster,
            adopted: running.adopted(),
            running: Mutex::new(Some(running)),
            settings,
            _lock: lock,
        })
    }

    /// How to reach the server of a data folder, for commands beside the `dvara up` that owns it; `None` when none runs.
    pub fn find(data_dir: &Path) -> Option<StoreSettings> {
        let cluster = data_dir.join("postgres");
        let file = pid_file::PidFile::read(&cluster)?;
        if !pid_file::is_server_of(file.pid, &cluster) {
            return None;
        }
        Some(StoreSettings::socket(
            &file.socket_folder?,
            file.port?,
            NAME,
            NAME,
        ))
    }

    /// How to reach the server that a `dvara up` keeps running in a data folder, for commands beside it.
    ///
    /// # Errors
    /// When none runs there, or it is not ready.
    pub fn locate(options: &PrivateOptions) -> Result<StoreSettings, PrivateError> {
        let not_running = || PrivateError::NotRunning {
            folder: options.data_dir.clone(),
        };
        let folder = options.data_dir.join("postgres");
        let file = PidFile::read(&folder).ok_or_else(not_running)?;
        match &file.socket_folder {
            Some(socket_folder) if file.is_ready() && pid_file::is_server_of(file.pid, &folder) => {
                let port = file.port.unwrap_or(folders::PORT);
                Ok(StoreSettings::socket(socket_folder, port, NAME, NAME))
            }
            _ => Err(not_running()),
        }
    }

    /// How to reach it.
    pub fn settings(&self) -> StoreSettings {
        self.settings.clone()
    }

    /// Whether it was running already, left behind by a process that died.
    pub fn adopted(&self) -> bool {
        self.adopted
    }

    /// Keeps the server running; returns only when that is hopeless. Waits for ever once the server was stopped.
    pub async fn supervise(&self) -> PrivateError {
        let mut restarts: Vec<Instant> = Vec::new();
        loop {
            tokio::time::sleep(WATCH).await;
            let mut running = self.running.lock().await;
            let Some(server) = running.as_mut() else {
                drop(running);
                return std::future::pending().await;
            };
            if server.is_alive() {
                continue;
            }
            restarts.retain(|at| at.elapsed() < RESTART_WINDOW);
            if restarts.len() >= MAX_RESTARTS {
                return PrivateError::KeepsStopping {
                    log: self.cluster.log_tail(),
                };
            }
            restarts.push(Instant::now());
            tracing::warn!("the private PostgreSQL stopped by itself and is started again");
            match self.cluster.start().await {
                Ok(started) => *server = started,
                Err(error) => {
                    tracing::warn!(error = %crate::chain(&error), "the private PostgreSQL does not start");
                    drop(running);
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// Stops the server in order: connections are closed, everything is on disk. Stopping it twice changes nothing.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn stop(&self) -> Result<(), PrivateError> {
        match self.running.lock().await.take() {
            Some(running) => running.stop().await,
            None => Ok(()),
        }
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        // Whoever fails on the way up should not leave a server behind; nobody can wait here for its end.
        if let Some(running) = self.running.get_mut().take() {
            running.ask_to_stop();
        }
    }
}

async fn ensure_database(settings: &StoreSettings) -> Result<(), PrivateError> {
    match store::connect(settings).await {
        Ok(connection) => {
            store::close(connection).await;
            return Ok(());
        }
        Err(error) if error.failure() == Failure::NoDatabase => {}
        Err(error) => return Err(PrivateError::Unusable(error)),
    }
    let maintenance = settings.clone().with_database("postgres");
    let mut connection = store::connect(&maintenance)
        .await
        .map_err(PrivateError::Unusable)?;
    let created = sqlx::raw_sql(CREATE_DATABASE)
        .execute(&mut connection)
        .await;
    store::close(connection).await;
    match created.map_err(crate::StoreError::doing("create the database `dvara`")) {
        // A session of a killed owner of ours may just have made it, in an adopted server.
        Err(error) if error.failure() != Failure::Duplicate => Err(PrivateError::Unusable(error)),
        _ => Ok(()),
    }
}
