use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dvara_crypto::Secret;
use http::HeaderValue;

/// What every token is asked for: all of Google Cloud, within what the account may do.
pub(super) const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// An access token as somebody gave it out.
pub(super) struct Bearer {
    pub(super) token: Secret<String>,
    pub(super) expires: SystemTime,
}

impl Bearer {
    /// A token that lives for so many seconds from now.
    pub(super) fn living(token: String, seconds: u64) -> Self {
        // A lifetime that no clock can hold is no lifetime.
        let now = SystemTime::now();
        Self {
            token: Secret::new(token),
            expires: now.checked_add(Duration::from_secs(seconds)).unwrap_or(now),
        }
    }
}

/// An access token, ready for requests. Shows nothing of itself.
pub struct GoogleToken {
    authorization: HeaderValue,
    project: Option<Arc<str>>,
    quota_project: Option<HeaderValue>,
}

impl GoogleToken {
    /// `None` when it cannot stand in a header.
    pub(super) fn new(
        token: &Secret<String>,
        project: Option<Arc<str>>,
        quota_project: Option<&str>,
    ) -> Option<Self> {
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", token.expose())).ok()?;
        authorization.set_sensitive(true);
        let quota_project = quota_project.map(HeaderValue::from_str);
        Some(Self {
            authorization,
            project,
            quota_project: quota_project.transpose().ok()?,
        })
    }

    /// The `authorization` header, marked sensitive.
    pub fn authorization(&self) -> &HeaderValue {
        &self.authorization
    }

    /// The project that requests are made in: the settings', else `GOOGLE_CLOUD_PROJECT`, else the credentials' own, else that of
    /// the machine. `None` when nobody says one.
    pub fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }

    /// The `x-goog-user-project` header, for credentials that name the project whose quota counts.
    pub fn quota_project(&self) -> Option<&HeaderValue> {
        self.quota_project.as_ref()
    }
}

impl fmt::Debug for GoogleToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("GoogleToken(…)")
    }
}
