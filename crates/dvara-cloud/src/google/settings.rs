use dvara_crypto::Secret;
use dvara_service::settings::Env;

use super::sources::Source;

/// Where Google credentials come from.
#[derive(Debug, Clone)]
pub struct GoogleSettings {
    /// Which.
    pub credentials: GoogleCredentials,
    /// The project that requests are made in, where it is not the credentials' own.
    pub project: Option<String>,
    /// The process' environment, as a value: where application default credentials are looked for.
    pub environment: Env,
}

/// Credentials as an operator gives them.
#[derive(Debug, Clone)]
pub enum GoogleCredentials {
    /// The content of a credentials file: a service account key, or any other kind that the crate's README lists.
    Json(Secret<String>),
    /// The path of such a file. It is read with every load, so it may be replaced.
    File(String),
    /// Application default credentials: `GOOGLE_APPLICATION_CREDENTIALS`, what gcloud left, or the metadata server.
    Default,
}

/// Credentials that cannot be used. The text says what to change, and holds nothing of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidGoogleCredentials(pub(super) String);

impl GoogleSettings {
    /// Looks at what can be looked at without asking anybody, so that a start can tell of mistakes.
    ///
    /// # Errors
    /// When the credentials cannot be read, or are none.
    pub fn check(&self) -> Result<(), InvalidGoogleCredentials> {
        Source::choose(self)
            .read()
            .map(drop)
            .map_err(|error| InvalidGoogleCredentials(dvara_service::error_chain(&error)))
    }
}
