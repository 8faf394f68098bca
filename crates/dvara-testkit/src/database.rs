//! A database per test, cloned from a migrated template, on a server that all tests of this user share.
//!
//! The first test that needs it starts the server in a folder below the temporary one, unprivileged, behind a Unix
//! socket; others use it, also from other processes at the same time. A watchdog stops it some seconds after the last
//! test process is gone; where it cannot, the next run adopts the server.

mod server;

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::{BuildHasher, Hasher};

use anyhow::{Context, Result};
use dvara_store::{Store, StoreSettings};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use self::server::{ROLE, Server};

/// A database of a test's own. Dropped, it is gone.
#[derive(Debug)]
pub struct TestDatabase {
    settings: StoreSettings,
    maintenance: StoreSettings,
    _user: File,
}

impl TestDatabase {
    /// A migrated database.
    ///
    /// # Panics
    /// When there is no PostgreSQL to be had; a test that needs one cannot go on.
    pub async fn new() -> Self {
        Self::clone_of(true).await.expect("a database for the test")
    }

    /// An empty database.
    ///
    /// # Panics
    /// As [`Self::new`].
    pub async fn empty() -> Self {
        Self::clone_of(false)
            .await
            .expect("a database for the test")
    }

    async fn clone_of(migrated: bool) -> Result<Self> {
        let server = Server::reach().await?;
        let template = if migrated {
            server.template.as_str()
        } else {
            "template0"
        };
        // Every new state of the standard hasher is another random number.
        let random = RandomState::new().build_hasher().finish();
        let name = format!("t_{}_{random:016x}", std::process::id());
        let maintenance = server.maintenance.clone();
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
        execute(&maintenance, &[&sql]).await?;
        Ok(Self {
            settings: maintenance.clone().with_database(&name),
            maintenance,
            _user: server.user,
        })
    }

    /// How to reach it.
    pub fn settings(&self) -> StoreSettings {
        self.settings.clone()
    }

    /// How another process reaches it.
    pub fn url(&self) -> String {
        let options = self.settings.connect_options();
        let folder = options
            .get_socket()
            .map(|folder| folder.display().to_string());
        format!(
            "postgres:///{}?host={}&port={}&user={ROLE}",
            self.settings.database(),
            folder.unwrap_or_default(),
            options.get_port(),
        )
    }

    /// A store on it.
    ///
    /// # Panics
    /// When it does not open.
    pub async fn store(&self) -> Store {
        Store::open(&self.settings)
            .await
            .expect("the test's database opens")
    }

    /// A connection for statements of the test's own.
    ///
    /// # Panics
    /// When there is none to be had.
    pub async fn connection(&self) -> PgConnection {
        let options = self.settings.connect_options();
        options
            .connect()
            .await
            .expect("the test's database takes connections")
    }

    /// Runs statements of the test's own, to arrange what the product would not.
    ///
    /// # Panics
    /// When one fails.
    pub async fn execute(&self, sql: &str) {
        execute(&self.settings, &[sql])
            .await
            .expect("the test's own SQL");
    }

    /// Cuts all connections to the database and lets none in, as if the server were gone. [`Self::restore`] undoes it.
    ///
    /// # Panics
    /// When the server does not do as it is told.
    pub async fn cut(&self) {
        let name = self.settings.database();
        let forbid = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        execute(&self.maintenance, &[&forbid, &end])
            .await
            .expect("the database is cut off");
    }

    /// Lets connections in again.
    ///
    /// # Panics
    /// When the server does not do as it is told.
    pub async fn restore(&self) {
        let allow = format!(
            "ALTER DATABASE {} ALLOW_CONNECTIONS true",
            self.settings.database()
        );
        execute(&self.maintenance, &[&allow])
            .await
            .expect("the database is reachable again");
    }
}

impl Drop for TestDatabase {
    #[expect(
        clippy::print_stderr,
        reason = "a test that leaves something behind says so"
    )]
    fn drop(&mut self) {
        let maintenance = self.maintenance.clone();
        let sql = format!(
            "DROP DATABASE IF EXISTS {} WITH (FORCE)",
            self.settings.database()
        );
        // The test's own runtime may be gone or busy: another thread with one of its own.
        let dropped = std::thread::spawn(move || -> Result<()> {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?
                .block_on(execute(&maintenance, &[&sql]))
        })
        .join();
        if !matches!(dropped, Ok(Ok(()))) && !std::thread::panicking() {
            // The next server start drops what is left.
            eprintln!("the database of a test was not dropped: {dropped:?}");
        }
    }
}

async fn execute(settings: &StoreSettings, statements: &[&str]) -> Result<()> {
    let mut connection = settings.connect_options().connect().await?;
    for sql in statements {
        sqlx::raw_sql(AssertSqlSafe((*sql).to_owned()))
            .execute(&mut connection)
            .await
            .with_context(|| (*sql).to_owned())?;
    }
    connection.close().await?;
    Ok(())
}
