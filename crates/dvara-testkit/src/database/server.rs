//! The server that all tests of one user share, and the template in it.
//!
//! ```text
//! users.lock      held shared by every test database: while somebody holds it the server stays
//! start.lock      held by who starts the server or builds a template: one at a time
//! watchdog.lock   held by the script that stops the server in the end
//! ```

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use dvara_store::private::{Account, Binaries, Cluster, ClusterOptions, PrivateError, Running};
use dvara_store::{Store, StoreSettings};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

use super::execute;

/// The role that the server is made with.
pub(super) const ROLE: &str = "dvara";

/// Nothing has to survive here, so nothing has to be on disk.
const FAST: &[(&str, &str)] = &[
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("autovacuum", "off"),
    ("shared_buffers", "32MB"),
    ("max_connections", "200"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("huge_pages", "off"),
    ("jit", "off"),
];

/// Stops the server when nobody holds the lock any more. Arguments: the lock, the cluster's pid file.
const WATCHDOG: &str = r#"
while sleep 5; do
    flock --nonblock --exclusive "$1" sh -c '
        pid=$(head -n 1 "$1") && kill -INT "$pid" && while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done; exit 0
    ' watchdog "$2" && exit
done
"#;

/// The shared server, with a template of the present schema in it.
pub(super) struct Server {
    /// How to reach the database that others are made from.
    pub(super) maintenance: StoreSettings,
    /// A migrated database to clone.
    pub(super) template: String,
    /// What keeps the server running.
    pub(super) user: File,
}

impl Server {
    /// The running server; started where it does not run, with the template built where it is missing.
    pub(super) async fn reach() -> Result<Self> {
        let account = Account::for_server()?;
        let folder = folder(account.as_ref())?;
        let user = lock_file(&folder, "users.lock")?;
        user.lock_shared()
            .context("waiting for a server that stops")?;
        let start = lock_file(&folder, "start.lock")?;
        start.lock().context("waiting for a server that starts")?;
        let (cluster_folder, running) = start_cluster(&folder, account).await?;
        watch(&folder, &cluster_folder)?;
        let maintenance = running.settings(ROLE, "postgres");
        let template = format!("template_{}", Store::schema_digest());
        if !running.adopted() {
            sweep(&maintenance, &template).await?;
        }
        build_template(&maintenance, &template).await?;
        drop(start);
        Ok(Self {
            maintenance,
            template,
            user,
        })
    }
}

/// One folder per user, which the server's user may pass through.
fn folder(account: Option<&Account>) -> Result<PathBuf> {
    let folder = std::env::temp_dir();
    let process = std::fs::metadata("/proc/self").context("asking who we are")?;
    let folder = folder.join(format!("dvara-tests-{}", process.uid()));
    let mode = if account.is_some() { 0o711 } else { 0o700 };
    if !folder.is_dir() {
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(&folder)?;
    }
    let found = std::fs::symlink_metadata(&folder)?;
    ensure!(
        found.is_dir() && found.uid() == process.uid(),
        "{} is not ours",
        folder.display()
    );
    Ok(folder)
}

fn lock_file(folder: &Path, name: &str) -> Result<File> {
    let path = folder.join(name);
    let mut how = OpenOptions::new();
    how.read(true).write(true).create(true).truncate(false);
    how.open(&path)
        .with_context(|| format!("opening {}", path.display()))
}

async fn start_cluster(folder: &Path, account: Option<Account>) -> Result<(PathBuf, Running)> {
    // Test code may look at the environment itself; the product's goes through its settings.
    let pg_bin = std::env::var_os("DVARA_PG_BIN").map(PathBuf::from);
    let path = std::env::var_os("PATH");
    let binaries = Binaries::find(pg_bin.as_deref(), path.as_deref(), Path::new(""))?;
    let cluster_folder = folder.join(format!("postgres-{}", binaries.major));
    let settings = FAST
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let cluster = Cluster::new(ClusterOptions {
        folder: cluster_folder.clone(),
        socket_folder: folder.join("run"),
        log: folder.join("postgres.log"),
        superuser: ROLE.to_owned(),
        settings,
        binaries,
        account,
    });
    cluster.create_if_missing().await?;
    let running = match cluster.start().await {
        // Without fsync a crash of the machine leaves rubbish behind, and nothing of value.
        Err(PrivateError::NotStarted { .. }) => {
            std::fs::remove_dir_all(&cluster_folder)?;
            cluster.create_if_missing().await?;
            cluster.start().await?
        }
        started => started?,
    };
    Ok((cluster_folder, running))
}

/// Sees to it that somebody stops the server in the end.
fn watch(folder: &Path, cluster_folder: &Path) -> Result<()> {
    let watching = lock_file(folder, "watchdog.lock")?;
    if watching.try_lock().is_err() {
        return Ok(());
    }
    drop(watching);
    let spawned = Command::new("flock")
        .arg("--nonblock")
        .arg(folder.join("watchdog.lock"))
        .args(["sh", "-c", WATCHDOG, "watchdog"])
        .arg(folder.join("users.lock"))
        .arg(cluster_folder.join("postmaster.pid"))
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    // Without `flock` nobody stops it, and the next run adopts it.
    drop(spawned);
    Ok(())
}

/// Drops what test processes that were killed left behind, and templates of other schemas.
async fn sweep(maintenance: &StoreSettings, template: &str) -> Result<()> {
    let mut connection = maintenance.connect_options().connect().await?;
    let rows = sqlx::query(
        "SELECT datname FROM pg_database WHERE datname LIKE 't\\_%' OR datname LIKE 'template\\_%'",
    )
    .fetch_all(&mut connection)
    .await?;
    for row in rows {
        let name: String = row.try_get(0)?;
        if name != template {
            for sql in [
                format!("ALTER DATABASE {name} IS_TEMPLATE false"),
                format!("DROP DATABASE {name} WITH (FORCE)"),
            ] {
                sqlx::raw_sql(AssertSqlSafe(sql))
                    .execute(&mut connection)
                    .await?;
            }
        }
    }
    connection.close().await?;
    Ok(())
}

/// Builds the template under another name first, so that half of one is never taken for it.
async fn build_template(maintenance: &StoreSettings, template: &str) -> Result<()> {
    let mut connection = maintenance.connect_options().connect().await?;
    let found = sqlx::query("SELECT FROM pg_database WHERE datname = $1")
        .bind(template)
        .fetch_optional(&mut connection)
        .await?;
    connection.close().await?;
    if found.is_some() {
        return Ok(());
    }
    execute(
        maintenance,
        &[
            "DROP DATABASE IF EXISTS template_unfinished WITH (FORCE)",
            "CREATE DATABASE template_unfinished TEMPLATE template0",
        ],
    )
    .await?;
    let store = Store::open(&maintenance.clone().with_database("template_unfinished")).await?;
    store.migrate().await?;
    store.close().await;
    let rename = format!("ALTER DATABASE template_unfinished RENAME TO {template}");
    execute(maintenance, &[&rename]).await
}
