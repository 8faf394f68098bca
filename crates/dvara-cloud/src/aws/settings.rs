use dvara_crypto::Secret;
use dvara_service::error_chain;
use dvara_service::settings::Env;

use super::region::Region;
use super::sources::Source;

/// Keys as an operator sets them, or as a source gives them out.
#[derive(Debug, Clone)]
pub struct AwsKeys {
    /// The access key's id, `AKIA…` or `ASIA…`.
    pub access_key_id: Secret<String>,
    /// The secret that belongs to it.
    pub secret_access_key: Secret<String>,
    /// The token of a session; temporary keys have one.
    pub session_token: Option<Secret<String>>,
}

/// Where AWS credentials come from.
#[derive(Debug, Clone)]
pub struct AwsSettings {
    /// The region whose STS is asked.
    pub region: Region,
    /// Keys of our own settings; they win over every other source.
    pub keys: Option<AwsKeys>,
    /// The process' environment, as a value. It says which other source there is (the crate's README has the list).
    pub environment: Env,
}

/// Settings that cannot be used. The text says what to change, and holds nothing of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidAwsSettings(String);

impl AwsSettings {
    /// Looks at what can be looked at without asking anybody, so that a start can tell of mistakes.
    ///
    /// # Errors
    /// When keys cannot be right, or something is set by half.
    pub fn check(&self) -> Result<(), InvalidAwsSettings> {
        Source::choose(self)
            .read()
            .map(drop)
            .map_err(|error| InvalidAwsSettings(error_chain(&error)))
    }
}
