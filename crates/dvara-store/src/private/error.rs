//! Why there is no private server.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// The private PostgreSQL cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PrivateError {
    /// No server is installed where we looked.
    #[error(
        "the PostgreSQL server programs (initdb, postgres) were not found in {searched}: install them \
         (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; Alpine: apk add postgresql; \
         macOS: brew install postgresql), or name their folder in DVARA_PG_BIN, or use a server of your own with --database-url"
    )]
    NotInstalled {
        /// Where we looked.
        searched: String,
    },
    /// Only servers that are too old are installed.
    #[error("PostgreSQL {found} in {folder} is too old: version 14 or newer is needed", folder = folder.display())]
    TooOld {
        /// Its version.
        found: u32,
        /// Where it is.
        folder: PathBuf,
    },
    /// The data folder was made by another version.
    #[error(
        "{folder} was made by PostgreSQL {made_by}, which is not installed (found: {found}): install that version, \
         or move the data over with pg_upgrade",
        folder = folder.display()
    )]
    OtherVersion {
        /// The cluster's folder.
        folder: PathBuf,
        /// The version that made it.
        made_by: u32,
        /// The versions that are installed.
        found: String,
    },
    /// Another process owns the folder.
    #[error(
        "{folder} is in use by another `dvara up`{pid}: stop that one, or choose another folder with --data-dir",
        folder = folder.display()
    )]
    InUse {
        /// The data folder.
        folder: PathBuf,
        /// Its process, as ` (process 1234)`, where it is known.
        pid: String,
    },
    /// Nothing runs there.
    #[error("no `dvara up` is running in {folder}", folder = folder.display())]
    NotRunning {
        /// The data folder.
        folder: PathBuf,
    },
    /// We are root, PostgreSQL may not be, and there is nobody to run it as.
    #[error(
        "PostgreSQL does not run as root, and /etc/passwd has neither `postgres` nor `nobody` to run it as"
    )]
    NoAccount,
    /// The unprivileged user cannot reach the data folder.
    #[error(
        "PostgreSQL runs as user `{user}`, who may not pass through {folder}: choose another folder with --data-dir, \
         such as /var/lib/dvara",
        folder = folder.display()
    )]
    Barred {
        /// The user.
        user: String,
        /// The folder that is closed to it.
        folder: PathBuf,
    },
    /// A folder for the socket belongs to somebody else.
    #[error("{folder} is not ours: remove it, or choose a data folder with a shorter path", folder = folder.display())]
    NotOurs {
        /// The folder.
        folder: PathBuf,
    },
    /// A file or folder cannot be used.
    #[error("cannot {doing} {path}", path = path.display())]
    File {
        /// What was being done, as `create`.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// A program of the server failed.
    #[error("{program} failed: {said}")]
    Program {
        /// Which one.
        program: &'static str,
        /// What it said last.
        said: String,
    },
    /// The server stopped while it was starting, or did not become ready.
    #[error("PostgreSQL did not start: {log}")]
    NotStarted {
        /// The end of its log.
        log: String,
    },
    /// The server stops again and again.
    #[error("PostgreSQL keeps stopping: {log}")]
    KeepsStopping {
        /// The end of its log.
        log: String,
    },
    /// The server does not stop.
    #[error("PostgreSQL (process {pid}) does not stop")]
    NotStopped {
        /// Its process.
        pid: i32,
    },
    /// The server runs and cannot be used.
    #[error(transparent)]
    Unusable(#[from] StoreError),
}

impl PrivateError {
    /// Gives a system error the name of what was being done, and with what.
    pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }
}
