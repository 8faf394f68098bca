//! A server that runs: whether it still does, and how it is stopped.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;

use super::error::PrivateError;
use super::pid_file;
use crate::settings::StoreSettings;

/// How long a fast shutdown may take before an immediate one is asked for.
const FAST_LIMIT: Duration = Duration::from_secs(10);

/// How long an immediate shutdown may take.
const IMMEDIATE_LIMIT: Duration = Duration::from_secs(5);

/// A server that was started or adopted.
#[derive(Debug)]
pub struct Running {
    pid: Pid,
    /// Absent for an adopted one.
    child: Option<Child>,
    cluster: PathBuf,
    socket_folder: PathBuf,
    port: u16,
}

impl Running {
    pub(super) fn new(
        pid: Pid,
        child: Option<Child>,
        cluster: PathBuf,
        socket_folder: PathBuf,
        port: u16,
    ) -> Self {
        Self {
            pid,
            child,
            cluster,
            socket_folder,
            port,
        }
    }

    /// How to reach a database of it.
    pub fn settings(&self, username: &str, database: &str) -> StoreSettings {
        StoreSettings::socket(&self.socket_folder, self.port, username, database)
    }

    /// Whether it ran before we came.
    pub fn adopted(&self) -> bool {
        self.child.is_none()
    }

    /// The number of its first process.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Whether it runs.
    pub fn is_alive(&mut self) -> bool {
        match &mut self.child {
            // Asking is also what keeps an ended child from staying behind as a zombie.
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => pid_file::is_server_of(self.pid, &self.cluster),
        }
    }

    /// Asks for a fast shutdown: sessions are ended, everything is written. Does not wait for it.
    pub fn ask_to_stop(&self) {
        self.signal(Signal::INT);
    }

    /// Stops it, and waits until it is gone.
    ///
    /// # Errors
    /// When it is still there after an immediate shutdown was asked for too.
    pub async fn stop(mut self) -> Result<(), PrivateError> {
        for (signal, limit) in [(Signal::INT, FAST_LIMIT), (Signal::QUIT, IMMEDIATE_LIMIT)] {
            if self.is_alive() {
                self.signal(signal);
            }
            let deadline = Instant::now() + limit;
            while Instant::now() < deadline {
                if !self.is_alive() {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Err(PrivateError::NotStopped { pid: self.pid() })
    }

    fn signal(&self, signal: Signal) {
        // Once it has ended, its number may belong to somebody else.
        let still_ours = match &self.child {
            Some(child) => child.id().is_some(),
            None => pid_file::is_server_of(self.pid, &self.cluster),
        };
        if still_ours && let Err(error) = kill_process(self.pid, signal) {
            tracing::debug!(%error, pid = self.pid(), "the private PostgreSQL cannot be signalled");
        }
    }
}
