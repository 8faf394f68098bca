//! The pool, and what is checked before anything else uses it.

use std::time::Duration;

use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions, Postgres};
use sqlx::{Connection, Transaction};

use crate::error::StoreError;
use crate::migrations;
use crate::settings::StoreSettings;
use crate::sqlstate::Failure;

/// Limits of every session: no statement, lock or forgotten transaction may hold others up for long.
const SESSION_LIMITS: &str = "SET statement_timeout = '15s'; SET lock_timeout = '10s'; \
                              SET idle_in_transaction_session_timeout = '30s'";

/// Begins a transaction whose statements all see the same rows and that writes nothing.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// A database that this process uses. Cheap to clone; all clones share one pool.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
    settings: StoreSettings,
}

impl Store {
    /// Connects and checks that server and schema serve this binary. An empty database is in order: see [`Self::migrate`].
    ///
    /// Call it on the runtime that is to do the pool's work: connections belong to the runtime they were opened on.
    ///
    /// # Errors
    /// When the server cannot be reached or used, is older than 14, or the schema serves newer binaries only.
    pub async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        // The first connection is not the pool's, whose errors say only that it timed out.
        let mut connection = connect(settings).await?;
        let inspected = migrations::inspect(&mut connection, &settings.binary_version).await;
        close(connection).await;
        inspected?;
        let pool = PgPoolOptions::new()
            .max_connections(settings.max_connections)
            .acquire_timeout(settings.connect_timeout)
            .idle_timeout(Duration::from_secs(120))
            .max_lifetime(Duration::from_secs(30 * 60))
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::raw_sql(SESSION_LIMITS).execute(connection).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(settings.options.clone());
        Ok(Self {
            pool,
            settings: settings.clone(),
        })
    }

    /// Runs the migrations that are missing, all or none, and returns their names. Replicas that start together wait
    /// for the one that came first.
    ///
    /// # Errors
    /// When one fails, or the schema serves newer binaries only.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        // A connection of its own: migrations may take longer than a session of the pool is given.
        let mut connection = connect(&self.settings).await?;
        let ran = migrations::run(&mut connection, &self.settings.binary_version).await;
        close(connection).await;
        ran
    }

    /// Whether the database answers, within the time that a connection may take.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::raw_sql("SELECT 1")
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(StoreError::doing("ask the database for a sign of life"))
    }

    /// Closes all connections; what still uses the store gets an error.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Host, port and database, as messages show them.
    pub fn target(&self) -> String {
        self.settings.target()
    }

    /// Names the schema that this binary makes: test databases are cloned from a template of that name.
    pub fn schema_digest() -> String {
        migrations::digest()
    }

    /// The pool, for modules of this crate.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A transaction that may write.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.pool
            .begin()
            .await
            .map_err(StoreError::doing("begin a transaction"))
    }

    /// A transaction that sees one state of the database and writes nothing.
    pub(crate) async fn begin_read(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.pool
            .begin_with(BEGIN_READ)
            .await
            .map_err(StoreError::doing("begin to read"))
    }
}

/// One connection outside any pool.
pub(crate) async fn connect(settings: &StoreSettings) -> Result<PgConnection, StoreError> {
    let connecting = PgConnection::connect_with(&settings.options);
    match tokio::time::timeout(settings.connect_timeout, connecting).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(source)) => Err(StoreError::Connect {
            target: settings.target(),
            failure: Failure::of(&source),
            source,
        }),
        Err(_) => Err(StoreError::ConnectTimeout {
            target: settings.target(),
            seconds: settings.connect_timeout.as_secs(),
        }),
    }
}

/// Says goodbye, without waiting for a server that does not listen any more.
pub(crate) async fn close(connection: PgConnection) {
    let goodbye = tokio::time::timeout(Duration::from_secs(1), connection.close()).await;
    if !matches!(goodbye, Ok(Ok(()))) {
        tracing::debug!("a database connection was not closed in order");
    }
}
