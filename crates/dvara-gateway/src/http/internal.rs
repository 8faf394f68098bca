//! `/internal/*`: what DVARA's own services may ask the gateway, and nobody else.
//!
//! The guard stands before every endpoint, so that none can be added beside it:
//!
//! | | |
//! |---|---|
//! | `POST /internal/routes/explain` | where a call would go, and why ([`crate::plan::explain`]) |

use dvara_crypto::Secret;
use dvara_service::actuator::shows;
use dvara_service::settings::Loader;
use http::Method;
use http::request::Parts;

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

/// What lives there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InternalEndpoint {
    /// Where a call would go.
    ExplainRoute,
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

    /// What lives at a path; a stranger learns nothing of the paths.
    ///
    /// # Errors
    /// 401 without the secret, 404 and 405 as everywhere.
    pub(crate) fn endpoint(&self, parts: &Parts) -> Result<InternalEndpoint, GatewayError> {
        match self {
            Self::Closed => return Err(GatewayError::NotFound { governed: false }),
            Self::Guarded(secret) if !shows(secret.as_ref(), &parts.headers) => {
                return Err(GatewayError::InternalSecret);
            }
            Self::Guarded(_) => {}
        }
        match (parts.uri.path(), &parts.method) {
            ("/internal/routes/explain", &Method::POST) => Ok(InternalEndpoint::ExplainRoute),
            ("/internal/routes/explain", _) => {
                Err(GatewayError::MethodNotAllowed { allow: "POST" })
            }
            _ => Err(GatewayError::NotFound { governed: false }),
        }
    }
}
