//! A private PostgreSQL with the settings it comes with: durable commits, no tuning.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;

use super::child::{Child, free_port, output_of};
use super::cpus::Cpus;
use crate::proc;

/// Role, database and superuser of the private server.
pub(super) const NAME: &str = "dvara";

/// A running server.
pub(super) struct Postgres {
    child: Child,
    bin: PathBuf,
    port: u16,
    password: String,
}

impl Postgres {
    /// Creates a cluster in `folder` and starts it on `cpus`.
    pub(super) fn start(
        bin: &Path,
        folder: &Path,
        cpus: &Cpus,
        password: String,
    ) -> anyhow::Result<Self> {
        let home = folder.join("postgres");
        fs::create_dir_all(&home)?;
        // The server refuses to run as root.
        let account = if proc::is_root() {
            let account =
                proc::account("postgres").context("no user `postgres` to run the server as")?;
            chown(&home, Some(account.0), Some(account.1))?;
            Some(account)
        } else {
            None
        };
        let as_server = |command: &mut Command| {
            command.current_dir(&home);
            if let Some((user, group)) = account {
                command.uid(user).gid(group);
            }
        };

        let secret = home.join("password");
        fs::write(&secret, &password)?;
        if let Some((user, group)) = account {
            chown(&secret, Some(user), Some(group))?;
        }
        let data = home.join("data");
        let mut initdb = Command::new(bin.join("initdb"));
        as_server(&mut initdb);
        initdb.args([
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--username",
            NAME,
        ]);
        initdb
            .arg("--pwfile")
            .arg(&secret)
            .arg("--pgdata")
            .arg(&data);
        output_of(&mut initdb)?;

        let port = free_port()?.port();
        let mut server = cpus.command(&bin.join("postgres"));
        as_server(&mut server);
        server.arg("-D").arg(&data).arg("-p").arg(port.to_string());
        server
            .args(["-c", "listen_addresses=127.0.0.1", "-c"])
            .arg(format!("unix_socket_directories={}", home.display()));
        let child = Child::start("postgres", &mut server, folder, "-INT")?;
        let mut postgres = Self {
            child,
            bin: bin.to_owned(),
            port,
            password,
        };
        let mut probe = postgres.client("pg_isready");
        postgres
            .child
            .wait_for(Duration::from_secs(30), || output_of(&mut probe).is_ok())?;
        output_of(postgres.client("createdb").arg(NAME))?;
        Ok(postgres)
    }

    /// The URL in the form of the deployment guide.
    pub(super) fn jdbc_url(&self) -> String {
        format!("jdbc:postgresql://127.0.0.1:{}/{NAME}", self.port)
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    /// The server and one process per connection.
    pub(super) fn processes(&self) -> Vec<u32> {
        proc::family(self.child.id())
    }

    /// Usage rows that were committed: one for each answer, when the ledger keeps its word.
    pub(super) fn usage_rows(&self) -> Option<u64> {
        let question = "select count(*) from dvara_main.usage";
        let mut psql = self.client("psql");
        psql.args([
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            "--command",
            question,
            NAME,
        ]);
        output_of(&mut psql).ok()?.trim().parse().ok()
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.args([
            "--host",
            "127.0.0.1",
            "--port",
            &self.port.to_string(),
            "--username",
            NAME,
        ]);
        command.env("PGPASSWORD", &self.password);
        command
    }
}

/// The newest of Debian's server folders.
pub(super) fn find_bin() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions
        .map(|entry| entry.path())
        .filter(|path| version(path).is_some())
        .max_by_key(|path| version(path))?;
    Some(newest.join("bin"))
}
