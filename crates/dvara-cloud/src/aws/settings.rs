use dvara_crypto::Secret;
use dvara_service::settings::Env;

use super::region::Region;

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
