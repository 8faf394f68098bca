//! Where the database is: `SPRING_DATASOURCE_URL`, user name and password, checked before any connection is made.
//!
//! Both spellings of a URL are read: `jdbc:postgresql://host:5432/db?sslmode=require` of the guide and libpq's
//! `postgres://user:password@host/db?host=/socket/folder`. Nothing is taken from `PG*` variables or `~/.pgpass`.

mod url;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use dvara_crypto::Secret;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use self::url::DatabaseUrl;

/// Most connections of one process: the feed's listener and poll, the ledger's writer, and room for commands.
const DEFAULT_MAX_CONNECTIONS: u32 = 5;

/// How long a caller waits for a connection.
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A setting that cannot be used. Its text names the setting and never shows a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingProblem {
    /// What is wrong, beginning with the setting's name.
    pub what: String,
    /// What to do about it.
    pub fix: Option<String>,
}

impl SettingProblem {
    fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            fix: Some(fix.into()),
        }
    }
}

impl fmt::Display for SettingProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)?;
        match &self.fix {
            Some(fix) => write!(formatter, ": {fix}"),
            None => Ok(()),
        }
    }
}

/// Which settings the parts of a [`StoreSettings`] come from, for messages.
#[derive(Debug, Clone, Copy)]
pub struct SettingNames {
    /// The URL's setting.
    pub url: &'static str,
    /// The user name's.
    pub username: &'static str,
    /// The password's.
    pub password: &'static str,
}

impl SettingNames {
    /// The guide's environment variables.
    pub const SPRING: Self = Self {
        url: "SPRING_DATASOURCE_URL",
        username: "SPRING_DATASOURCE_USERNAME",
        password: "SPRING_DATASOURCE_PASSWORD",
    };
}

/// Where the database is and how it is used.
#[derive(Clone)]
pub struct StoreSettings {
    pub(crate) options: PgConnectOptions,
    /// Most connections of this process; 5 unless set.
    pub max_connections: u32,
    /// How long to wait for a connection; 5 s unless set.
    pub connect_timeout: Duration,
    /// The version that is held against the schema's floor; this package's unless a test says otherwise.
    pub binary_version: String,
    /// What was accepted and has no effect: one sentence each, for the log of the start.
    pub warnings: Vec<String>,
}

impl fmt::Debug for StoreSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The driver's options print their password.
        formatter
            .debug_struct("StoreSettings")
            .field("target", &self.target())
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

impl StoreSettings {
    /// Settings from a URL in either spelling; a user name or password given beside it counts more than one within.
    ///
    /// # Errors
    /// All that is wrong with them, each beginning with a name of `names`.
    pub fn parse(
        names: SettingNames,
        url: &Secret<String>,
        username: Option<&str>,
        password: Option<&Secret<String>>,
    ) -> Result<Self, Vec<SettingProblem>> {
        let mut parsed = DatabaseUrl::parse(names, url.expose())?;
        let mut problems = std::mem::take(&mut parsed.problems);
        let username = username
            .filter(|name| !name.trim().is_empty())
            .map(str::to_owned)
            .or(parsed.username);
        if username.is_none() {
            problems.push(SettingProblem::new(
                format!("{} is not set", names.username),
                format!("set it, or name the user in {}", names.url),
            ));
        }
        let tls = tls(names, &parsed.tls, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let username = username.unwrap_or_default();
        let database = parsed.database.unwrap_or_else(|| username.clone());
        let password = password
            .map(|password| password.expose().as_str())
            .filter(|password| !password.is_empty())
            .or(parsed
                .password
                .as_ref()
                .map(|password| password.expose().as_str()))
            // An empty one, so that none is looked up in the environment.
            .unwrap_or_default();
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(&parsed.host)
            .port(parsed.port)
            .username(&username)
            .password(password)
            .database(&database)
            .application_name(parsed.application_name.as_deref().unwrap_or("dvara"))
            // Poolers refuse a start-up parameter that they do not know.
            .extra_float_digits(None);
        options = tls.apply(options);
        if let Some(folder) = &parsed.socket_folder {
            options = options.socket(folder).ssl_mode(PgSslMode::Disable);
        }
        Ok(Self {
            options,
            max_connections: DEFAULT_MAX_CONNECTIONS,
            connect_timeout: parsed.connect_timeout.unwrap_or(DEFAULT_CONNECT_TIMEOUT),
            binary_version: env!("CARGO_PKG_VERSION").to_owned(),
            warnings: parsed.warnings,
        })
    }

    /// Settings of a server behind a Unix socket that lets the process in without a password.
    pub(crate) fn socket(folder: &Path, port: u16, username: &str, database: &str) -> Self {
        let options = PgConnectOptions::new_without_pgpass()
            .socket(folder)
            .port(port)
            .username(username)
            .password("")
            .database(database)
            .ssl_mode(PgSslMode::Disable)
            .application_name("dvara")
            .extra_float_digits(None);
        Self {
            options,
            max_connections: DEFAULT_MAX_CONNECTIONS,
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            binary_version: env!("CARGO_PKG_VERSION").to_owned(),
            warnings: Vec::new(),
        }
    }

    /// The same server, another database.
    pub fn with_database(mut self, database: &str) -> Self {
        self.options = self.options.database(database);
        self
    }

    /// Host, port and database, as messages show them.
    pub fn target(&self) -> String {
        let database = self.options.get_database().unwrap_or_default();
        match self.options.get_socket() {
            Some(folder) => format!("{}/{database}", folder.display()),
            None => format!(
                "{}:{}/{database}",
                self.options.get_host(),
                self.options.get_port()
            ),
        }
    }

    /// The database's name.
    pub fn database(&self) -> &str {
        self.options.get_database().unwrap_or_default()
    }

    /// The driver's options, for test code that needs statements of its own.
    #[doc(hidden)]
    pub fn connect_options(&self) -> PgConnectOptions {
        self.options.clone()
    }
}

/// The checked `ssl*` parameters.
struct Tls {
    mode: PgSslMode,
    root: Option<String>,
    certificate: Option<(String, String)>,
}

impl Tls {
    fn apply(&self, options: PgConnectOptions) -> PgConnectOptions {
        let mut options = options.ssl_mode(self.mode);
        if let Some(root) = &self.root {
            options = options.ssl_root_cert(root);
        }
        if let Some((certificate, key)) = &self.certificate {
            options = options.ssl_client_cert(certificate).ssl_client_key(key);
        }
        options
    }
}

/// The meaning of the `ssl*` parameters; libpq's where the two drivers differ.
fn tls(names: SettingNames, given: &url::TlsParameters, problems: &mut Vec<SettingProblem>) -> Tls {
    let mode = match (given.mode.as_deref(), given.ssl) {
        (Some("disable"), _) => PgSslMode::Disable,
        // `allow` begins in plain text, which the driver cannot change from later; `prefer` gives more, never less.
        (Some("allow" | "prefer"), _) | (None, None | Some(false)) => PgSslMode::Prefer,
        // With a CA at hand `require` checks the certificate, as libpq does.
        (Some("require"), _) if given.root.is_some() => PgSslMode::VerifyCa,
        (Some("require"), _) => PgSslMode::Require,
        (Some("verify-ca"), _) => PgSslMode::VerifyCa,
        // The JDBC driver's `ssl=true` without a mode.
        (Some("verify-full"), _) | (None, Some(true)) => PgSslMode::VerifyFull,
        (Some(other), _) => {
            problems.push(SettingProblem::new(
                format!("{}: `{other}` is no sslmode", names.url),
                "use disable, allow, prefer, require, verify-ca or verify-full",
            ));
            PgSslMode::VerifyFull
        }
    };
    for (parameter, file) in [
        ("sslrootcert", &given.root),
        ("sslcert", &given.certificate),
        ("sslkey", &given.key),
    ] {
        if let Some(file) = file
            && !Path::new(file).is_file()
        {
            problems.push(SettingProblem::new(
                format!("{}: {parameter} names no file: {file}", names.url),
                "give the path of a PEM file that this process can read",
            ));
        }
    }
    let certificate = match (&given.certificate, &given.key) {
        (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
        (None, None) => None,
        _ => {
            problems.push(SettingProblem::new(
                format!("{}: sslcert and sslkey belong together", names.url),
                "give both or neither",
            ));
            None
        }
    };
    Tls {
        mode,
        root: given.root.clone(),
        certificate,
    }
}

#[cfg(test)]
mod tests;
