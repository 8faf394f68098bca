//! A `dvara up` that runs.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::run::{Ran, dvara, ran};

/// A running `dvara up`. Killed with the test, if it fails.
pub(crate) struct Up {
    child: Option<Child>,
    pub(crate) quickstart: Value,
}

/// The arguments of a `dvara up` on a folder, on ports that nobody else has.
pub(crate) fn up_on(folder: &Path) -> Vec<&str> {
    let ports = ["--gateway-port", "--flightdeck-port", "--mcp-port"];
    let mut arguments = vec!["up", "--data-dir", folder.to_str().unwrap()];
    arguments.extend(ports.iter().flat_map(|port| [*port, "0"]));
    arguments
}

impl Up {
    pub(crate) fn start(folder: &Path) -> Self {
        let arguments = up_on(folder);
        Self::start_by(folder, dvara(&arguments, &[("HOME", "/nonexistent")]))
    }

    /// Starts it on a folder by a command that says so.
    pub(crate) fn start_by(folder: &Path, mut command: Command) -> Self {
        let quickstart = folder.join("quickstart.json");
        // The file of an earlier start would be taken for this one's.
        let before = std::fs::read(&quickstart).ok();
        if before.is_some() {
            std::fs::rename(&quickstart, folder.join("quickstart.before")).unwrap();
            std::fs::copy(folder.join("quickstart.before"), &quickstart).unwrap();
        }
        let changed = std::fs::metadata(&quickstart)
            .ok()
            .and_then(|facts| facts.modified().ok());
        let mut child = command.spawn().unwrap();
        let start = Instant::now();
        loop {
            let now = std::fs::metadata(&quickstart)
                .ok()
                .and_then(|facts| facts.modified().ok());
            if now.is_some() && now != changed {
                break;
            }
            if let Some(status) = child.try_wait().unwrap() {
                let Ran { out, err, .. } = ran(child.wait_with_output().unwrap());
                panic!("dvara up ended with {status}: {out}{err}");
            }
            assert!(
                start.elapsed() < Duration::from_secs(120),
                "dvara up does not come up"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        let quickstart = serde_json::from_slice(&std::fs::read(&quickstart).unwrap()).unwrap();
        Self {
            child: Some(child),
            quickstart,
        }
    }

    pub(crate) fn url(&self) -> &str {
        self.service("gateway_url")
    }

    /// Where a service listens, by the name of its field in the quick start's file.
    pub(crate) fn service(&self, field: &str) -> &str {
        self.quickstart[field].as_str().unwrap()
    }

    pub(crate) fn key(&self) -> &str {
        self.quickstart["api_key"].as_str().unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Ends it as an operator does.
    pub(crate) fn stop(mut self) -> Ran {
        let child = self.child.take().unwrap();
        let killed = std::process::Command::new("kill")
            .arg(child.id().to_string())
            .status()
            .unwrap();
        assert!(killed.success());
        ran(child.wait_with_output().unwrap())
    }

    pub(crate) fn kill(mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ended = child.kill();
        }
    }
}

/// The private server's own user has to reach the folder.
pub(crate) fn open_to_the_database(folder: &Path) {
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}
