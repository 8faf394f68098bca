//! The settings that every service has, and the starts that are refused for them (design §3).

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use dvara_crypto::Secret;

use super::cluster::{self, Cluster};
use super::datasource::{self, Datasource};
use super::listening::{self, Listening};
use super::loader::Loader;
use super::logging::{self, TelemetrySettings};
use super::problem::Problem;
use super::property::Property;
use super::region::{self, Region};
use crate::actuator::{ActuatorKeys, ShowDetails};
use crate::boot::texts;
use crate::profile::Profile;

/// `DVARA_LICENSE_KEY`.
pub const LICENSE_KEY: Property =
    Property::new("dvara.license.key", "The licence, `DVARA-…`. Required.").secret();
/// `DVARA_CONFIG_FILE`; only the environment can set it.
pub const CONFIG_FILE: Property = Property::new(
    "dvara.config.file",
    "The configuration file. Unset: ./gateway.yaml, which need not exist. Read from the environment only.",
)
.env(&["DVARA_CONFIG_FILE", "GATEWAY_CONFIG_FILE"]);
/// `SPRING_PROFILES_ACTIVE`.
pub const PROFILES: Property = Property::new(
    "spring.profiles.active",
    "Profiles, separated by commas. All but dev, local, test and ci are held to the rules of production.",
);
/// `SERVER_PORT`.
pub const SERVER_PORT: Property = Property::new(
    "server.port",
    "Port to listen on. Unset: 8080 (gateway), 8090 (flightdeck), 8070 (mcp).",
);
/// `DVARA_ACTUATOR_API_KEY`.
pub const ACTUATOR_API_KEY: Property = Property::new(
    "dvara.actuator.api-key",
    "Bearer key of every authenticated actuator path but prometheus. Unset: they answer 401.",
)
.secret();
/// `DVARA_ACTUATOR_METRICS_API_KEY`.
pub const ACTUATOR_METRICS_API_KEY: Property = Property::new(
    "dvara.actuator.metrics-api-key",
    "Bearer key of /actuator/prometheus. Unset: it answers 401.",
)
.secret();
/// `management.endpoint.health.show-details`.
pub const SHOW_DETAILS: Property = Property::new(
    "management.endpoint.health.show-details",
    "Who sees the components of health: when-authorized or never.",
)
.default("when-authorized");
/// `management.server.port`.
pub const MANAGEMENT_PORT: Property = Property::new(
    "management.server.port",
    "Refused: the actuator has no port of its own.",
);
/// `DVARA_AUDIT_HMAC_SECRET`.
pub const AUDIT_SECRET: Property = Property::new(
    "dvara.audit.hmac-secret",
    "Signs the audit chain; at least 32 characters, the same for all processes.",
)
.secret();
/// `DVARA_ENCRYPTION_MASTER_PASSWORD`.
pub const MASTER_PASSWORD: Property = Property::new(
    "dvara.encryption.master-password",
    "Opens ENC: values and ENCRYPTED credentials. Unset: there can be none.",
)
.secret();
/// `DVARA_CORES`.
pub const CORES: Property = Property::new(
    "dvara.cores",
    "Number of cores that serve requests. Unset: as many as the process may use.",
);
/// `DVARA_CONFIG_POLL_INTERVAL_MS`.
pub const POLL_INTERVAL: Property = Property::new(
    "dvara.config.poll-interval-ms",
    "How often changed configuration is looked for, in milliseconds.",
)
.default("500");
/// `DVARA_CONFIG_MAX_STALENESS`.
pub const MAX_STALENESS: Property = Property::new(
    "dvara.config.max-staleness",
    "How long the last configuration is served without a database before readiness goes red.",
)
.default("15m");
/// `DVARA_SPOOL_DIR`.
pub const SPOOL_DIR: Property = Property::new(
    "dvara.spool.dir",
    "Folder for usage and audit that the database did not take. On a volume it survives the pod.",
)
.default("/tmp/dvara-spool");
/// `DVARA_SPOOL_MAX_SIZE`.
pub const SPOOL_MAX_SIZE: Property = Property::new(
    "dvara.spool.max-size",
    "How much may wait in the spool of this process. Beyond it usage is lost and counted, and readiness is red.",
)
.default("256MB");
/// `DVARA_USAGE_RETENTION_DAYS`.
pub const USAGE_RETENTION_DAYS: Property = Property::new(
    "dvara.usage.retention-days",
    "Whole UTC days, before today, whose usage rows are kept; older ones are deleted, their hourly sums stay. \
     Unset: all are kept.",
);
/// `JAVA_OPTS`.
pub const JAVA_OPTS: Property =
    Property::new("java.opts", "Accepted for charts that set it; no meaning.").env(&["JAVA_OPTS"]);

/// Every property of this page, for the check of unknown keys and for the documentation.
pub static TABLE: &[Property] = &[
    LICENSE_KEY,
    CONFIG_FILE,
    PROFILES,
    SERVER_PORT,
    listening::CERTIFICATE,
    listening::PRIVATE_KEY,
    listening::HEAD_TIMEOUT,
    listening::WRITE_TIMEOUT,
    listening::CONNECTION_AGE,
    datasource::URL,
    datasource::USERNAME,
    datasource::PASSWORD,
    ACTUATOR_API_KEY,
    ACTUATOR_METRICS_API_KEY,
    SHOW_DETAILS,
    MANAGEMENT_PORT,
    AUDIT_SECRET,
    MASTER_PASSWORD,
    region::REGION_ID,
    region::REGION_NAME,
    region::LEGACY_REGION_ID,
    region::LEGACY_REGION_NAME,
    cluster::KUBERNETES_NAMESPACE,
    cluster::CACHE_SERVICE_NAME,
    cluster::PORT,
    cluster::SEEDS,
    cluster::MULTICAST,
    CORES,
    POLL_INTERVAL,
    MAX_STALENESS,
    SPOOL_DIR,
    SPOOL_MAX_SIZE,
    USAGE_RETENTION_DAYS,
    logging::LOG_LEVEL,
    logging::LOG_LEVELS,
    logging::OTLP_ENDPOINT,
    logging::OTLP_HEADERS,
    logging::OTLP_PROTOCOL,
    logging::SAMPLING,
    JAVA_OPTS,
];

/// Audit secrets that documentation and examples show.
const PLACEHOLDERS: [&str; 4] = [
    "default-dev-secret-change-in-production",
    "dev-only-change-me",
    "local-only-change-me",
    "replace-with-openssl-rand-output",
];

/// What an audit secret must have at least; `openssl rand -base64 32` makes 44 characters.
const AUDIT_SECRET_LENGTH: usize = 32;

/// The settings that every service has. After a mistake a field holds its default or nothing; the process will not start.
#[derive(Debug, Clone)]
pub struct CommonSettings {
    /// How strict the start is.
    pub profile: Profile,
    /// The database.
    pub datasource: Datasource,
    /// Port to listen on, where one is given.
    pub port: Option<u16>,
    /// TLS and limits of the listener.
    pub listening: Listening,
    /// Cores that serve requests, where a number is given.
    pub cores: Option<NonZeroUsize>,
    /// Who may read the actuator.
    pub actuator: ActuatorKeys,
    /// Whether anybody sees the components of health.
    pub show_details: ShowDetails,
    /// Signs the audit chain; absent only outside production.
    pub audit_secret: Option<Secret<String>>,
    /// Opens sealed values.
    pub master_password: Option<Secret<String>>,
    /// Where the process runs.
    pub region: Region,
    /// How the others of its kind are found.
    pub cluster: Cluster,
    /// How often the change feed asks.
    pub poll_interval: Duration,
    /// How old a snapshot may be before readiness goes red.
    pub max_staleness: Duration,
    /// Folder of the spool.
    pub spool_dir: PathBuf,
    /// Bytes that may wait in it; absent after a mistake.
    pub spool_max_size: Option<u64>,
    /// Days before today whose usage rows are kept; all where absent.
    pub usage_retention_days: Option<u32>,
    /// Logs and spans.
    pub telemetry: TelemetrySettings,
}

impl CommonSettings {
    /// Reads them all and notes every mistake with the loader.
    pub fn load(loader: &mut Loader) -> Self {
        let profile = loader.profile();
        if loader.is_given(&MANAGEMENT_PORT) {
            let problem = Problem::new(texts::MANAGEMENT_PORT);
            loader.refuse(problem.fix(texts::MANAGEMENT_PORT_FIX));
        }
        if loader.is_given(&JAVA_OPTS) {
            loader.warn(texts::JAVA_OPTS_IGNORED);
        }
        let cores = loader.within(&CORES, 1..=1024_usize);
        Self {
            datasource: Datasource::load(loader),
            port: loader.within(&SERVER_PORT, 0..=u16::MAX),
            listening: Listening::load(loader),
            cores: cores.and_then(NonZeroUsize::new),
            actuator: actuator_keys(loader, &profile),
            show_details: show_details(loader),
            audit_secret: audit_secret(loader, &profile),
            master_password: loader.secret(&MASTER_PASSWORD),
            region: Region::load(loader),
            cluster: Cluster::load(loader),
            poll_interval: at_least(loader, &POLL_INTERVAL, Duration::from_millis(10)),
            max_staleness: at_least(loader, &MAX_STALENESS, Duration::from_secs(1)),
            spool_dir: PathBuf::from(loader.text(&SPOOL_DIR)),
            spool_max_size: loader.bytes(&SPOOL_MAX_SIZE),
            usage_retention_days: loader.within(&USAGE_RETENTION_DAYS, 1..=36_500),
            telemetry: TelemetrySettings::load(loader),
            profile,
        }
    }
}

fn at_least(loader: &mut Loader, property: &Property, least: Duration) -> Duration {
    let duration = loader.millis(property);
    if duration < least && !loader.is_mistaken(property) {
        loader.mistake(property, &format!("is less than {} ms", least.as_millis()));
    }
    duration
}

fn show_details(loader: &mut Loader) -> ShowDetails {
    let given = loader.text(&SHOW_DETAILS);
    if super::same_name(&given, "always") {
        let problem = Problem::new(texts::SHOW_DETAILS_ALWAYS);
        loader.refuse(problem.fix(texts::SHOW_DETAILS_FIX));
        return ShowDetails::Never;
    }
    let words = [
        ("when-authorized", ShowDetails::WhenAuthorized),
        ("never", ShowDetails::Never),
    ];
    loader
        .one_of(&SHOW_DETAILS, &words)
        .unwrap_or(ShowDetails::Never)
}

fn audit_secret(loader: &mut Loader, profile: &Profile) -> Option<Secret<String>> {
    let secret = loader.secret(&AUDIT_SECRET);
    let fault = match secret.as_ref().map(|secret| secret.expose().as_str()) {
        None if loader.is_mistaken(&AUDIT_SECRET) => None,
        None => Some(texts::AUDIT_SECRET_MISSING),
        Some(text)
            if PLACEHOLDERS
                .iter()
                .any(|known| text.eq_ignore_ascii_case(known)) =>
        {
            Some(texts::AUDIT_SECRET_PLACEHOLDER)
        }
        Some(text) if text.chars().count() < AUDIT_SECRET_LENGTH => Some(texts::AUDIT_SECRET_SHORT),
        Some(_) => None,
    };
    if let Some(fault) = fault {
        strict(loader, profile, fault, texts::AUDIT_SECRET_FIX);
    }
    secret
}

fn actuator_keys(loader: &mut Loader, profile: &Profile) -> ActuatorKeys {
    let keys = ActuatorKeys {
        api: loader.secret(&ACTUATOR_API_KEY),
        metrics: loader.secret(&ACTUATOR_METRICS_API_KEY),
    };
    match (&keys.api, &keys.metrics) {
        (Some(api), Some(metrics)) if api.expose() == metrics.expose() => {
            let (text, fix) = (texts::ACTUATOR_KEYS_EQUAL, texts::ACTUATOR_KEYS_FIX);
            strict(loader, profile, text, fix);
        }
        (Some(_), Some(_)) => {}
        (None, None) => loader.warn(texts::ACTUATOR_CLOSED),
        (None, Some(_)) => loader.warn(texts::ACTUATOR_API_KEY_UNSET),
        (Some(_), None) => loader.warn(texts::ACTUATOR_METRICS_KEY_UNSET),
    }
    keys
}

/// A rule of production: refused where it holds, a warning elsewhere.
fn strict(loader: &mut Loader, profile: &Profile, text: &str, fix: &str) {
    if profile.production_class() {
        loader.refuse(Problem::new(text).fix(fix));
    } else {
        loader.warn(format!("{text}; {fix}"));
    }
}

#[cfg(test)]
mod tests;
