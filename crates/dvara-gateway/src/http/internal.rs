//! `/internal/*`: what DVARA's own services may ask the gateway, and nobody else.
//!
//! Nothing lives there yet. The guard stands before the first endpoint does, so that none can be added beside it.

use dvara_crypto::Secret;
use dvara_service::actuator::shows;
use dvara_service::settings::Loader;
use http::HeaderMap;

use super::error::GatewayError;
use crate::settings::{Mode, properties};

/// Who may call.
#[derive(Debug, Clone)]
pub(crate) enum Internal {
    /// Nobody: a standalone gateway has no such paths.
    Closed,
    /// Whoever shows the secret as a Bearer token. Without one it opens to nobody.
    Guarded(Option<Secret<String>>),
}

impl Internal {
    /// Whether a path is one of these.
    pub(crate) fn owns(path: &str) -> bool {
        path.strip_prefix("/internal")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    pub(crate) fn load(loader: &mut Loader, mode: Mode) -> Self {
        let secret = loader.secret(&properties::INTERNAL_SECRET);
        match mode {
            Mode::Full => Self::Guarded(secret),
            Mode::Standalone => Self::Closed,
        }
    }

    /// What a call gets: a stranger learns nothing of the paths, and who knows the secret that there are none.
    pub(crate) fn answer(&self, headers: &HeaderMap) -> GatewayError {
        match self {
            Self::Guarded(secret) if !shows(secret.as_ref(), headers) => {
                GatewayError::InternalSecret
            }
            Self::Closed | Self::Guarded(_) => GatewayError::NotFound { governed: false },
        }
    }
}
