//! The private server: made, stopped, adopted, and started again.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use dvara_store::private::{PrivateError, PrivateOptions, PrivateServer};
use dvara_store::{Store, StoreSettings};
use sqlx::{ConnectOptions, PgConnection};
use tempfile::TempDir;

use crate::eventually;

fn options(data_dir: &Path) -> PrivateOptions {
    PrivateOptions {
        data_dir: data_dir.to_path_buf(),
        pg_bin: None,
        path: None,
        temp_dir: std::env::temp_dir(),
    }
}

fn pid(data_dir: &Path) -> u32 {
    let text = std::fs::read_to_string(data_dir.join("postgres/postmaster.pid")).unwrap();
    text.lines().next().unwrap().trim().parse().unwrap()
}

fn kill(signal: &str, pid: u32) {
    let killed = std::process::Command::new("kill")
        .args([signal, &pid.to_string()])
        .status();
    assert!(killed.unwrap().success());
}

async fn works(server: &PrivateServer) {
    let store = Store::open(&server.settings()).await.unwrap();
    store.migrate().await.unwrap();
    store.ping().await.unwrap();
    store.close().await;
}

async fn connect(settings: &StoreSettings) -> PgConnection {
    settings.connect_options().connect().await.unwrap()
}

async fn run(connection: &mut PgConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(connection).await.unwrap();
}

async fn somebody_waits_for_the_lock(admin: &mut PgConnection) {
    let sql = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    loop {
        let waiting: i64 = sqlx::query_scalar(sql)
            .fetch_one(&mut *admin)
            .await
            .unwrap();
        if waiting == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A server whose owner is gone without a word: its lock is free, its process runs on.
async fn abandon(server: PrivateServer, data_dir: &Path) {
    let postmaster = pid(data_dir);
    // Dropping it asks the server to stop; a stopped process does not hear that.
    kill("-STOP", postmaster);
    drop(server);
    kill("-CONT", postmaster);
}

#[tokio::test]
async fn it_is_made_once_stopped_in_order_and_starts_again() {
    let folder = TempDir::new().unwrap();
    let data_dir = folder.path().join("data");
    let server = PrivateServer::start(&options(&data_dir)).await.unwrap();
    assert!(!server.adopted());
    works(&server).await;
    let located = PrivateServer::locate(&options(&data_dir)).unwrap();
    Store::open(&located).await.unwrap().ping().await.unwrap();
    let target = server.settings().target();
    assert_eq!(located.target(), target);
    assert!(target.starts_with(data_dir.to_str().unwrap()), "{target}");
    let mode = |path: &str| {
        std::fs::metadata(data_dir.join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(
        mode("run"),
        0o700,
        "the socket's folder is what keeps others out"
    );
    assert_eq!(mode("postgres"), 0o700);
    server.stop().await.unwrap();
    server.stop().await.unwrap();
    assert!(!data_dir.join("postgres/postmaster.pid").exists());
    let error = PrivateServer::locate(&options(&data_dir)).unwrap_err();
    assert!(matches!(error, PrivateError::NotRunning { .. }), "{error}");
    drop(server);
    let again = PrivateServer::start(&options(&data_dir)).await.unwrap();
    assert!(!again.adopted());
    works(&again).await;
    again.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_one_on_the_same_folder_is_refused() {
    let folder = TempDir::new().unwrap();
    let server = PrivateServer::start(&options(folder.path())).await.unwrap();
    let error = PrivateServer::start(&options(folder.path()))
        .await
        .unwrap_err();
    assert!(matches!(error, PrivateError::InUse { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains(&format!("process {}", std::process::id())),
        "{text}"
    );
    assert!(text.contains("--data-dir"), "{text}");
    works(&server).await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_whose_pid_file_names_somebody_else_is_started_anew() {
    let folder = TempDir::new().unwrap();
    let server = PrivateServer::start(&options(folder.path())).await.unwrap();
    server.stop().await.unwrap();
    drop(server);
    // A machine that lost power: the file is there, and its number is somebody else's (here: ours).
    let stale = format!(
        "{}\n{}/postgres\n1\n5432\n/nowhere\n\n1 1\nready\n",
        std::process::id(),
        folder.path().display()
    );
    std::fs::write(folder.path().join("postgres/postmaster.pid"), stale).unwrap();
    let server = PrivateServer::start(&options(folder.path())).await.unwrap();
    assert!(!server.adopted());
    works(&server).await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_killed_is_started_again() {
    let folder = TempDir::new().unwrap();
    let server = PrivateServer::start(&options(folder.path())).await.unwrap();
    works(&server).await;
    let store = Store::open(&server.settings()).await.unwrap();
    store.ping().await.unwrap();
    let first = pid(folder.path());
    let supervised = async {
        kill("-KILL", first);
        let mut left = 200;
        while store.ping().await.is_err() {
            left -= 1;
            assert!(left > 0, "the server did not come back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        error = server.supervise() => panic!("{error}"),
        () = supervised => {}
    }
    assert_ne!(pid(folder.path()), first);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_stopping_is_waited_for() {
    let folder = TempDir::new().unwrap();
    let server = PrivateServer::start(&options(folder.path())).await.unwrap();
    let first = pid(folder.path());
    abandon(server, folder.path()).await;
    let server = PrivateServer::start(&options(folder.path())).await.unwrap();
    assert!(!server.adopted());
    assert_ne!(pid(folder.path()), first);
    works(&server).await;
    server.stop().await.unwrap();
}

/// Run by [`left_behind_by_a_killed_owner`] in a process of its own.
#[tokio::test]
#[ignore = "a part of another test"]
async fn owner_that_waits_to_be_killed() {
    let data_dir = std::env::var_os("DVARA_TEST_DATA_DIR").unwrap();
    let server = PrivateServer::start(&options(Path::new(&data_dir)))
        .await
        .unwrap();
    std::fs::write(Path::new(&data_dir).join("ready"), "").unwrap();
    std::future::pending::<()>().await;
    drop(server);
}

/// A running server, by its process number, whose owner was killed.
async fn left_behind_by_a_killed_owner(data_dir: &Path) -> u32 {
    let mut owner = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "private::owner_that_waits_to_be_killed",
        ])
        .env("DVARA_TEST_DATA_DIR", data_dir)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let ready = data_dir.join("ready");
    eventually(Duration::from_secs(60), "the owner is up", || {
        ready.exists()
    })
    .await;
    let postmaster = pid(data_dir);
    owner.kill().unwrap();
    owner.wait().unwrap();
    postmaster
}

#[tokio::test]
async fn a_server_outlives_the_kill_of_its_owner_and_is_adopted() {
    let folder = TempDir::new().unwrap();
    let postmaster = left_behind_by_a_killed_owner(folder.path()).await;
    let server = PrivateServer::start(&options(folder.path())).await.unwrap();
    assert!(server.adopted());
    assert_eq!(pid(folder.path()), postmaster);
    works(&server).await;
    server.stop().await.unwrap();
    assert!(!folder.path().join("postgres/postmaster.pid").exists());
}

#[tokio::test]
async fn a_folder_with_a_long_path_has_its_socket_elsewhere() {
    let folder = TempDir::new().unwrap();
    let data_dir = folder.path().join("d".repeat(120));
    let server = PrivateServer::start(&options(&data_dir)).await.unwrap();
    works(&server).await;
    let target = server.settings().target();
    assert!(!target.contains("ddd"), "{target}");
    server.stop().await.unwrap();
    drop(server);
    let socket_folder = Path::new(&target).parent().unwrap();
    std::fs::remove_dir(socket_folder).unwrap();
}

#[tokio::test]
async fn half_a_cluster_is_thrown_away_and_made_again() {
    let folder = TempDir::new().unwrap();
    let unfinished = folder.path().join("postgres.new");
    std::fs::create_dir_all(unfinished.join("base")).unwrap();
    std::fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
    let server = PrivateServer::start(&options(folder.path())).await.unwrap();
    assert!(!unfinished.exists());
    works(&server).await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn initdb_that_a_killed_owner_left_behind_is_waited_for() {
    let folder = TempDir::new().unwrap();
    let unfinished = folder.path().join("postgres.new");
    std::fs::create_dir_all(&unfinished).unwrap();
    let mut left_behind = std::process::Command::new("sh")
        .args([
            "-c",
            "for n in $(seq 200); do mkdir -p base; : > base/$n; sleep 0.005; done",
        ])
        .current_dir(&unfinished)
        .spawn()
        .unwrap();
    let reaped = tokio::task::spawn_blocking(move || left_behind.wait().unwrap());
    let server = PrivateServer::start(&options(folder.path())).await.unwrap();
    assert!(
        reaped.is_finished(),
        "it was started before the other ended"
    );
    assert!(
        reaped.await.unwrap().success(),
        "nothing was pulled away from under it"
    );
    works(&server).await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_database_that_a_killed_owner_is_just_making_is_taken() {
    let folder = TempDir::new().unwrap();
    left_behind_by_a_killed_owner(folder.path()).await;
    let settings = PrivateServer::locate(&options(folder.path())).unwrap();
    let maintenance = settings.with_database("postgres");
    let mut admin = connect(&maintenance).await;
    run(&mut admin, "ALTER DATABASE dvara RENAME TO not_yet").await;
    // Who comes now sees no such database, and cannot make one until the lock is gone.
    run(
        &mut admin,
        "BEGIN; LOCK TABLE pg_catalog.pg_database IN SHARE MODE",
    )
    .await;
    let start = tokio::spawn({
        let options = options(folder.path());
        async move { PrivateServer::start(&options).await }
    });
    somebody_waits_for_the_lock(&mut admin).await;
    run(&mut admin, "ALTER DATABASE not_yet RENAME TO dvara; COMMIT").await;
    let server = start.await.unwrap().unwrap();
    assert!(server.adopted());
    works(&server).await;
    drop(admin);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_cluster_of_a_version_that_is_not_installed_is_refused() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("postgres")).unwrap();
    std::fs::write(folder.path().join("postgres/PG_VERSION"), "9\n").unwrap();
    let error = PrivateServer::start(&options(folder.path()))
        .await
        .unwrap_err();
    assert!(
        matches!(error, PrivateError::OtherVersion { made_by: 9, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let folder = TempDir::new().unwrap();
    let server = PrivateServer::start(&options(folder.path())).await.unwrap();
    server.stop().await.unwrap();
    drop(server);
    std::fs::remove_file(folder.path().join("postgres/global/pg_control")).unwrap();
    let error = PrivateServer::start(&options(folder.path()))
        .await
        .unwrap_err();
    assert!(matches!(error, PrivateError::NotStarted { .. }), "{error}");
    assert!(
        error.to_string().contains("pg_control") || error.to_string().contains("control file"),
        "{error}"
    );
}
