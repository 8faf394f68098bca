//! A database URL taken apart. Read by hand, so that no error can repeat a part that holds the password.

use std::time::Duration;

use dvara_crypto::Secret;

use super::{SettingNames, SettingProblem};

/// Parameters that JDBC or libpq know and that mean nothing here; anything else gets a warning of its own.
const WITHOUT_EFFECT: &[&str] = &[
    "prepareThreshold",
    "preparedStatementCacheQueries",
    "preparedStatementCacheSizeMiB",
    "reWriteBatchedInserts",
    "tcpKeepAlive",
    "binaryTransfer",
    "stringtype",
    "loggerLevel",
];

/// The parts of a database URL.
pub(super) struct DatabaseUrl {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) socket_folder: Option<String>,
    pub(super) database: Option<String>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret<String>>,
    pub(super) application_name: Option<String>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) tls: TlsParameters,
    pub(super) warnings: Vec<String>,
    pub(super) problems: Vec<SettingProblem>,
}

/// The `ssl*` parameters as they were written.
#[derive(Default)]
pub(super) struct TlsParameters {
    pub(super) ssl: Option<bool>,
    pub(super) mode: Option<String>,
    pub(super) root: Option<String>,
    pub(super) certificate: Option<String>,
    pub(super) key: Option<String>,
}

impl DatabaseUrl {
    /// Takes a URL apart; what is wrong within parts that could be told apart is in `problems`.
    pub(super) fn parse(names: SettingNames, text: &str) -> Result<Self, Vec<SettingProblem>> {
        let name = names.url;
        let text = text.trim();
        let not_a_url = || {
            vec![SettingProblem::new(
                format!("{name} is not a PostgreSQL URL"),
                "write jdbc:postgresql://host:5432/database or postgres://user@host:5432/database",
            )]
        };
        let rest = text.strip_prefix("jdbc:").unwrap_or(text);
        let rest = rest
            .strip_prefix("postgresql:")
            .or_else(|| rest.strip_prefix("postgres:"))
            .ok_or_else(not_a_url)?;
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, query),
            None => (rest, ""),
        };
        // `jdbc:postgresql:database` is the JDBC driver's short form for a local server.
        let (authority, database) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
            None => ("", rest.trim_start_matches('/')),
        };
        let mut url = Self {
            host: "localhost".to_owned(),
            port: 5432,
            socket_folder: None,
            database: None,
            username: None,
            password: None,
            application_name: None,
            connect_timeout: None,
            tls: TlsParameters::default(),
            warnings: Vec::new(),
            problems: Vec::new(),
        };
        url.read_authority(name, authority);
        url.database = url.decoded(name, "the database", database);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            url.read_parameter(name, key, value);
        }
        Ok(url)
    }

    fn read_authority(&mut self, name: &str, authority: &str) {
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        if let Some(user) = user {
            let (user, password) = match user.split_once(':') {
                Some((user, password)) => (user, password),
                None => (user, ""),
            };
            self.username = self.decoded(name, "the user name", user);
            self.password = self
                .decoded(name, "the password", password)
                .map(Secret::new);
        }
        if place.contains(',') {
            self.refuse_many_hosts(name);
            return;
        }
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => match rest.split_once(']') {
                Some((host, port)) => (host, port.strip_prefix(':').unwrap_or("")),
                None => (rest, ""),
            },
            None => place.split_once(':').unwrap_or((place, "")),
        };
        if let Some(host) = self.decoded(name, "the host", host) {
            self.set_host(host);
        }
        if !port.is_empty() {
            self.read_port(name, port);
        }
    }

    fn read_parameter(&mut self, name: &str, key: &str, raw: &str) {
        let Some(value) = self.decoded(name, key, raw) else {
            return;
        };
        match key {
            "host" | "hostaddr" if value.contains(',') => self.refuse_many_hosts(name),
            "host" | "hostaddr" => self.set_host(value),
            "port" => self.read_port(name, &value),
            "dbname" => self.database = Some(value),
            "user" => self.username = self.username.take().or(Some(value)),
            "password" => {
                self.password = self.password.take().or_else(|| Some(Secret::new(value)));
            }
            "ApplicationName" | "application_name" => self.application_name = Some(value),
            "connectTimeout" | "connect_timeout" => self.read_timeout(name, key, &value),
            "ssl" => self.tls.ssl = Some(!value.eq_ignore_ascii_case("false")),
            "sslmode" => self.tls.mode = Some(value.to_ascii_lowercase()),
            "sslrootcert" => self.tls.root = Some(value),
            "sslcert" => self.tls.certificate = Some(value),
            "sslkey" => self.tls.key = Some(value),
            // What was meant to make the connection safer must not be passed over.
            _ if key.starts_with("ssl") => self.problems.push(SettingProblem::new(
                format!("{name}: the parameter `{key}` is not supported"),
                "use sslmode, sslrootcert, sslcert and sslkey",
            )),
            "currentSchema" => {
                if value != "dvara_main" {
                    self.warnings.push(format!(
                        "{name}: currentSchema has no effect; the schema is always dvara_main"
                    ));
                }
            }
            _ if WITHOUT_EFFECT.contains(&key) => {}
            _ => self
                .warnings
                .push(format!("{name}: the parameter `{key}` has no effect")),
        }
    }

    fn set_host(&mut self, host: String) {
        if host.starts_with('/') {
            self.socket_folder = Some(host);
        } else {
            self.socket_folder = None;
            self.host = host;
        }
    }

    fn refuse_many_hosts(&mut self, name: &str) {
        self.problems.push(SettingProblem::new(
            format!("{name} names several hosts, and only one is supported"),
            "name the primary, or an address that always leads to it",
        ));
    }

    fn read_port(&mut self, name: &str, text: &str) {
        match text.parse() {
            Ok(port) if port > 0 => self.port = port,
            _ => self.problems.push(SettingProblem::new(
                format!("{name}: the port is no number from 1 to 65535"),
                "write it as host:5432; a password with `@`, `:` or `/` in it has to be percent-encoded",
            )),
        }
    }

    fn read_timeout(&mut self, name: &str, key: &str, text: &str) {
        match text.parse::<u64>() {
            // 0 means no limit in both drivers; here a start that hangs for ever helps nobody.
            Ok(0) => {}
            Ok(seconds) => self.connect_timeout = Some(Duration::from_secs(seconds.min(300))),
            Err(_) => self.problems.push(SettingProblem::new(
                format!("{name}: {key} is no number of seconds"),
                "write it as 10",
            )),
        }
    }

    /// A part with its percent-encoding undone; nothing when it is empty or wrongly encoded.
    fn decoded(&mut self, name: &str, part: &str, text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let decoded = percent_decode(text);
        if decoded.is_none() {
            self.problems.push(SettingProblem::new(
                format!("{name}: {part} is not percent-encoded correctly"),
                "write a literal % as %25",
            ));
        }
        decoded
    }
}

/// Undoes percent-encoding. A `+` stays what it is: passwords are often base64.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}
