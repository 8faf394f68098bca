//! A cluster: made once, then started or adopted.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use super::account::Account;
use super::binaries::Binaries;
use super::error::PrivateError;
use super::folders::{self, PORT};
use super::pid_file::{self, PidFile};
use super::running::Running;

/// How long a server may take to become ready; recovery after a crash takes most of it.
const START_LIMIT: Duration = Duration::from_secs(120);

/// How long sessions may take to notice that their server was killed.
const ORPHAN_LIMIT: Duration = Duration::from_secs(15);

/// How often to look at a server that starts.
const LOOK: Duration = Duration::from_millis(5);

/// A log of this size is begun anew at the next start.
const MAX_LOG: u64 = 8 * 1024 * 1024;

/// What a cluster is made of.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// The cluster's folder.
    pub folder: PathBuf,
    /// The socket's folder; made where it is missing, open to the server's user alone.
    pub socket_folder: PathBuf,
    /// Where the server writes what it has to say.
    pub log: PathBuf,
    /// The role that it is made with.
    pub superuser: String,
    /// Settings of the server, by name.
    pub settings: Vec<(String, String)>,
    /// The programs.
    pub binaries: Binaries,
    /// The user it runs as; ours when absent.
    pub account: Option<Account>,
}

/// A cluster of a server of our own.
#[derive(Debug, Clone)]
pub struct Cluster {
    options: ClusterOptions,
}

impl Cluster {
    /// The cluster with these options; nothing is done yet.
    pub fn new(options: ClusterOptions) -> Self {
        Self { options }
    }

    /// Makes the cluster, and the socket's folder, where there is none. The cluster appears under its name only when it is whole.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn create_if_missing(&self) -> Result<(), PrivateError> {
        let folder = &self.options.folder;
        folders::prepare_own(&self.options.socket_folder, self.options.account.as_ref())?;
        if folder.join("PG_VERSION").is_file() {
            return Ok(());
        }
        let unfinished = folder.with_extension("new");
        if unfinished.exists() {
            // `initdb` outlives a killed owner and would go on writing what is removed here.
            wait_until_left(&unfinished).await?;
            fs::remove_dir_all(&unfinished).map_err(PrivateError::file("remove", &unfinished))?;
        }
        folders::prepare_own(&unfinished, self.options.account.as_ref())?;
        self.initdb(&unfinished).await?;
        fs::rename(&unfinished, folder).map_err(PrivateError::file("rename", &unfinished))
    }

    async fn initdb(&self, folder: &Path) -> Result<(), PrivateError> {
        let said = self
            .command("initdb")
            .arg("--pgdata")
            .arg(folder)
            // What tells later that it is still at work: see `wait_until_left`.
            .current_dir(folder)
            .args(["--username", &self.options.superuser])
            // Bytes decide the order, whatever locales the machine has; who may connect is decided by the socket's folder.
            .args(["--encoding=UTF8", "--no-locale"])
            .args(["--auth-local=trust", "--auth-host=reject"])
            .arg("--no-instructions")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .await
            .map_err(PrivateError::file("run", &self.program("initdb")))?;
        if said.status.success() {
            Ok(())
        } else {
            Err(PrivateError::Program {
                program: "initdb",
                said: last_lines(&String::from_utf8_lossy(&said.stderr)),
            })
        }
    }

    /// Starts the server and waits until it is ready, or adopts the one that runs.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start(&self) -> Result<Running, PrivateError> {
        let deadline = Instant::now() + START_LIMIT;
        if let Some(running) = self.adopt(deadline).await? {
            return Ok(running);
        }
        self.clear_away().await?;
        let mut child = self.spawn()?;
        loop {
            let exited = child
                .try_wait()
                .map_err(PrivateError::file("wait for", &self.program("postgres")))?;
            if exited.is_some() || Instant::now() > deadline {
                return Err(PrivateError::NotStarted {
                    log: self.log_tail(),
                });
            }
            if let Some(file) = PidFile::read(&self.options.folder)
                && child.id() == u32::try_from(file.pid.as_raw_nonzero().get()).ok()
                && file.is_ready()
            {
                return Ok(self.running(&file, Some(child)));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The server that runs already, once it is ready; none where none runs or it is about to stop.
    async fn adopt(&self, deadline: Instant) -> Result<Option<Running>, PrivateError> {
        loop {
            let file = PidFile::read(&self.options.folder);
            let Some(file) =
                file.filter(|file| pid_file::is_server_of(file.pid, &self.options.folder))
            else {
                return Ok(None);
            };
            if file.is_ready() {
                return Ok(Some(self.running(&file, None)));
            }
            if Instant::now() > deadline {
                return Err(PrivateError::NotStarted {
                    log: self.log_tail(),
                });
            }
            // Starting: it will be ready. Stopping: it will be gone, and another can be started.
            let pause = if file.is_stopping() { LOOK * 4 } else { LOOK };
            tokio::time::sleep(pause).await;
        }
    }

    /// Removes the lock files of a server that is gone. Only with its last session gone too: while one lives it may
    /// still write, and the pid file is what keeps a second server out.
    async fn clear_away(&self) -> Result<(), PrivateError> {
        let folder = &self.options.folder;
        wait_until_left(folder).await?;
        // The socket's lock names the same process, and its number may be anybody's by now.
        let socket = format!(".s.PGSQL.{PORT}.lock");
        for stale in [
            pid_file::path(folder),
            self.options.socket_folder.join(socket),
        ] {
            if stale.exists() {
                tracing::warn!(path = %stale.display(), "removing what a server that is gone left behind");
                fs::remove_file(&stale).map_err(PrivateError::file("remove", &stale))?;
            }
        }
        Ok(())
    }

    fn spawn(&self) -> Result<Child, PrivateError> {
        let log = self.open_log()?;
        let second = log
            .try_clone()
            .map_err(PrivateError::file("open", &self.options.log))?;
        let socket_folder = self.options.socket_folder.display().to_string();
        let mut command = self.command("postgres");
        command.arg("-D").arg(&self.options.folder);
        let fixed = [
            ("listen_addresses", String::new()),
            ("port", PORT.to_string()),
            // A list: quoted, so that a comma in the path is not one of the list.
            (
                "unix_socket_directories",
                format!("\"{}\"", socket_folder.replace('"', "\"\"")),
            ),
            ("unix_socket_permissions", "0700".to_owned()),
            ("timezone", "UTC".to_owned()),
            ("log_timezone", "UTC".to_owned()),
            ("logging_collector", "off".to_owned()),
            ("log_destination", "stderr".to_owned()),
        ];
        for (name, value) in &fixed {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        for (name, value) in &self.options.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command
            .stdout(log)
            .stderr(second)
            .spawn()
            .map_err(PrivateError::file("run", &self.program("postgres")))
    }

    /// A program of the server: as the server's user, with an environment of its own, out of reach of a Ctrl-C at
    /// our terminal, which would stop the database before us.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.program(program));
        command
            .env_clear()
            .env("LC_ALL", "C")
            .env("PATH", "/usr/bin:/bin")
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null());
        if let Some(account) = &self.options.account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    fn program(&self, name: &str) -> PathBuf {
        self.options.binaries.folder.join(name)
    }

    fn open_log(&self) -> Result<File, PrivateError> {
        let path = &self.options.log;
        let full = fs::metadata(path).is_ok_and(|metadata| metadata.len() > MAX_LOG);
        let mut how = OpenOptions::new();
        if full {
            how.write(true).truncate(true);
        } else {
            how.append(true).create(true).mode(0o600);
        }
        how.open(path).map_err(PrivateError::file("open", path))
    }

    /// The end of what the server had to say.
    pub(super) fn log_tail(&self) -> String {
        let text = fs::read(&self.options.log).unwrap_or_default();
        let tail = last_lines(&String::from_utf8_lossy(&text));
        format!("{tail} (in {})", self.options.log.display())
    }

    fn running(&self, file: &PidFile, child: Option<Child>) -> Running {
        let socket_folder = file
            .socket_folder
            .clone()
            .unwrap_or_else(|| self.options.socket_folder.clone());
        Running::new(
            file.pid,
            child,
            self.options.folder.clone(),
            socket_folder,
            file.port.unwrap_or(PORT),
        )
    }
}

/// Waits until no process works in a cluster's folder any more: neither `initdb` nor a session whose server is gone.
async fn wait_until_left(folder: &Path) -> Result<(), PrivateError> {
    let deadline = Instant::now() + ORPHAN_LIMIT;
    while pid_file::has_servers(folder) {
        if Instant::now() > deadline {
            return Err(PrivateError::NotStarted {
                log: format!(
                    "processes of the start before still work in {}",
                    folder.display()
                ),
            });
        }
        tokio::time::sleep(LOOK * 4).await;
    }
    Ok(())
}

/// The last few lines of a text on one line.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let from = lines.len().saturating_sub(4);
    match lines[from..].join(" / ") {
        said if said.is_empty() => "it said nothing".to_owned(),
        said => said,
    }
}
