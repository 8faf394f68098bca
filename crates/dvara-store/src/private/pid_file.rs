//! `postmaster.pid`: what a server says about itself, and whether it still runs.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Pid;

/// The lines of the file that matter here (`miscadmin.h`, `LOCK_FILE_LINE_*`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: Pid,
    pub(super) port: Option<u16>,
    pub(super) socket_folder: Option<PathBuf>,
    /// `starting`, `ready`, `stopping` or `standby`.
    pub(super) status: Option<String>,
}

impl PidFile {
    /// Reads the file of a cluster; none where there is none, or nothing that makes sense yet.
    pub(super) fn read(cluster: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(path(cluster)).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let filled = |line: usize| lines.get(line).filter(|text| !text.is_empty());
        Some(Self {
            pid: Pid::from_raw(filled(0)?.parse().ok()?)?,
            port: filled(3).and_then(|port| port.parse().ok()),
            socket_folder: filled(4).map(PathBuf::from),
            status: filled(7).map(|status| (*status).to_owned()),
        })
    }

    pub(super) fn is_ready(&self) -> bool {
        self.status.as_deref() == Some("ready")
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.status.as_deref() == Some("stopping")
    }
}

/// The file's path.
pub(super) fn path(cluster: &Path) -> PathBuf {
    cluster.join("postmaster.pid")
}

/// Whether a process runs and is a server of this cluster: numbers are used again, but a server's working folder is
/// its cluster.
pub(super) fn is_server_of(pid: Pid, cluster: &Path) -> bool {
    let folder = fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero()));
    match folder {
        Ok(folder) => cluster
            .canonicalize()
            .is_ok_and(|cluster| folder == cluster),
        // Without /proc there is only the number to go by.
        Err(_) if Path::new("/proc/self").exists() => false,
        Err(_) => rustix::process::test_kill_process(pid).is_ok(),
    }
}

/// Whether processes of the cluster are left, such as sessions that have not noticed yet that their server is gone.
pub(super) fn has_servers(cluster: &Path) -> bool {
    let Ok(entries) = fs::read_dir("/proc") else {
        return false;
    };
    entries.flatten().any(|entry| {
        let pid = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        pid.and_then(Pid::from_raw)
            .is_some_and(|pid| is_server_of(pid, cluster))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_server_are_read() {
        let text =
            "4711\n/data/postgres\n1700000000\n5432\n/data/run\n\n  5432001  98304\nready   \n";
        let file = PidFile::parse(text).unwrap();
        assert_eq!(file.pid, Pid::from_raw(4711).unwrap());
        assert_eq!(file.port, Some(5432));
        assert_eq!(file.socket_folder, Some(PathBuf::from("/data/run")));
        assert!(file.is_ready() && !file.is_stopping());
    }

    #[test]
    fn a_half_written_or_damaged_file_is_none_or_not_ready() {
        assert!(!PidFile::parse("4711\n/data/postgres\n").unwrap().is_ready());
        for text in ["", "\n", "zero", "0\n", "-5x"] {
            assert_eq!(PidFile::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn our_own_process_is_no_server_of_a_cluster() {
        let ours = rustix::process::getpid();
        assert!(!is_server_of(ours, Path::new("/nonexistent")));
        assert!(!has_servers(Path::new("/nonexistent")));
    }
}
