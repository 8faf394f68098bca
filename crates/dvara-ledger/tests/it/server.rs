//! A PostgreSQL server of a test's own, which it may stop and start.

use std::process::Command;

use dvara_store::private::{PrivateOptions, PrivateServer};
use dvara_store::{Store, StoreSettings};
use tempfile::TempDir;

/// A server in a folder of its own; gone when dropped.
pub(crate) struct Server {
    running: Option<PrivateServer>,
    folder: TempDir,
}

impl Server {
    /// Makes a server with an empty database and starts it.
    pub(crate) async fn start() -> Self {
        let mut server = Self {
            running: None,
            folder: tempfile::tempdir().unwrap(),
        };
        server.resume().await;
        server
    }

    /// Starts it again and waits until it answers.
    pub(crate) async fn resume(&mut self) {
        let options = PrivateOptions {
            data_dir: self.folder.path().join("data"),
            pg_bin: None,
            path: None,
            temp_dir: std::env::temp_dir(),
        };
        self.running = Some(PrivateServer::start(&options).await.unwrap());
    }

    /// The id of its first process.
    pub(crate) fn postmaster(&self) -> String {
        let pid_file = self.folder.path().join("data/postgres/postmaster.pid");
        let text = std::fs::read_to_string(pid_file).unwrap();
        text.lines().next().unwrap().trim().to_owned()
    }

    /// Makes it crash, and waits until it is gone.
    pub(crate) async fn crash(&mut self) {
        let killed = Command::new("kill")
            .args(["-QUIT", &self.postmaster()])
            .status()
            .unwrap();
        assert!(killed.success());
        self.stop().await;
    }

    /// Stops it in order.
    pub(crate) async fn stop(&mut self) {
        self.running.take().unwrap().stop().await.unwrap();
    }

    /// Stops it for good.
    pub(crate) async fn end(mut self) {
        self.stop().await;
    }

    /// How to reach it.
    pub(crate) fn settings(&self) -> StoreSettings {
        self.running.as_ref().unwrap().settings()
    }

    /// A store on its database, migrated.
    pub(crate) async fn store(&self) -> Store {
        let store = Store::open(&self.settings()).await.unwrap();
        store.migrate().await.unwrap();
        store
    }
}
