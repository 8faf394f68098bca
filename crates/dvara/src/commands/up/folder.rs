//! The data folder of `dvara up`: where it is, and the secrets that are made once and kept in it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use dvara_crypto::Secret;
use dvara_crypto::licence::{self, Roots};
use dvara_service::boot::BootError;
use dvara_service::random;
use dvara_service::settings::Env;
use dvara_store::private::PrivateOptions;
use serde::{Deserialize, Serialize};

/// An evaluation licence with less than this left is replaced at the next start.
const RENEW_BEFORE_DAYS: i64 = 1;

/// The data folder.
#[derive(Debug, Clone)]
pub(crate) struct DataFolder {
    path: PathBuf,
}

/// What a start needs and nobody wants to think up.
pub(super) struct Secrets {
    pub(super) licence: Secret<String>,
    pub(super) audit_hmac_secret: Secret<String>,
    pub(super) encryption_master_password: Secret<String>,
    pub(super) actuator_api_key: Secret<String>,
    pub(super) actuator_metrics_api_key: Secret<String>,
}

/// The file that holds them, readable by its owner alone.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretsFile {
    license_key: String,
    audit_hmac_secret: String,
    encryption_master_password: String,
    actuator_api_key: String,
    actuator_metrics_api_key: String,
}

impl DataFolder {
    /// The folder that was asked for, else the one of this user.
    pub(crate) fn locate(given: Option<PathBuf>, env: &Env) -> Result<Self, BootError> {
        let path = match given {
            Some(path) => path,
            None if is_root() => PathBuf::from("/var/lib/dvara"),
            None => home(env)?,
        };
        let path = std::path::absolute(&path).map_err(|error| {
            BootError::failure(format!("the data folder {}: {error}", path.display()))
        })?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder where it is missing, for its owner alone.
    pub(super) fn create(&self) -> Result<(), BootError> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.path)
            .map_err(|error| {
                BootError::failure(format!("the data folder {}: {error}", self.path.display()))
            })
    }

    /// Where the private server of this folder lives.
    pub(crate) fn private_options(&self, env: &Env) -> PrivateOptions {
        PrivateOptions {
            data_dir: self.path.clone(),
            pg_bin: env.get("DVARA_PG_BIN").map(PathBuf::from),
            path: env.get("PATH").map(Into::into),
            temp_dir: std::env::temp_dir(),
        }
    }

    /// Reads the secrets, or makes them at the first start; replaces an evaluation licence that is about to end.
    pub(super) fn secrets(&self, roots: &Roots, now: DateTime<Utc>) -> Result<Secrets, BootError> {
        let file = self.path.join("secrets.json");
        let mut secrets = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                BootError::failure(format!("{} cannot be read: {error}", file.display()))
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => self.make_secrets(now)?,
            Err(error) => return Err(BootError::failure(format!("{}: {error}", file.display()))),
        };
        let holds = licence::verify(Some(&secrets.license_key), roots, now)
            .is_ok_and(|verified| verified.days_remaining >= RENEW_BEFORE_DAYS);
        if !holds {
            secrets.license_key = licence::evaluation(now, random::bytes());
            self.write_private("secrets.json", &secrets)?;
        }
        Ok(Secrets {
            licence: Secret::new(secrets.license_key),
            audit_hmac_secret: Secret::new(secrets.audit_hmac_secret),
            encryption_master_password: Secret::new(secrets.encryption_master_password),
            actuator_api_key: Secret::new(secrets.actuator_api_key),
            actuator_metrics_api_key: Secret::new(secrets.actuator_metrics_api_key),
        })
    }

    /// The licence of this folder, where one was made.
    pub(crate) fn licence(&self) -> Option<Secret<String>> {
        let text = fs::read(self.path.join("secrets.json")).ok()?;
        let secrets: SecretsFile = serde_json::from_slice(&text).ok()?;
        Some(Secret::new(secrets.license_key))
    }

    fn make_secrets(&self, now: DateTime<Utc>) -> Result<SecretsFile, BootError> {
        let secrets = SecretsFile {
            license_key: licence::evaluation(now, random::bytes()),
            audit_hmac_secret: secret(),
            encryption_master_password: secret(),
            actuator_api_key: secret(),
            actuator_metrics_api_key: secret(),
        };
        self.write_private("secrets.json", &secrets)?;
        Ok(secrets)
    }

    /// Writes a file that only its owner can read, whole or not at all.
    pub(super) fn write_private(
        &self,
        name: &str,
        content: &impl Serialize,
    ) -> Result<(), BootError> {
        let path = self.path.join(name);
        let failed = |error: std::io::Error| {
            BootError::failure(format!("{} cannot be written: {error}", path.display()))
        };
        let text = serde_json::to_vec_pretty(content).map_err(|error| failed(error.into()))?;
        let temporary = self.path.join(format!("{name}.new"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&temporary).map_err(failed)?;
        file.write_all(&text)
            .and_then(|()| file.write_all(b"\n"))
            .and_then(|()| file.sync_all())
            .map_err(failed)?;
        fs::rename(&temporary, &path).map_err(failed)
    }
}

/// 32 random bytes in hex.
fn secret() -> String {
    random::bytes::<32>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn is_root() -> bool {
    // Whoever owns our own entry in /proc is whoever we run as.
    fs::metadata("/proc/self").is_ok_and(|facts| facts.uid() == 0)
}

fn home(env: &Env) -> Result<PathBuf, BootError> {
    if let Some(data) = env.get("XDG_DATA_HOME") {
        return Ok(Path::new(data).join("dvara"));
    }
    match env.get("HOME") {
        Some(home) => Ok(Path::new(home).join(".local/share/dvara")),
        None => Err(BootError::configuration([
            "HOME is not set: say where to keep data with --data-dir",
        ])),
    }
}
