//! What is known of an identity: for requests that need it, and for operators who look.

use std::sync::Arc;
use std::time::SystemTime;

/// Why a request cannot show who we are. That is our own fault, never the caller's. Texts are for our logs: they name hosts,
/// files and settings, never a part of a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCredentials {
    /// The first attempt has not ended yet.
    #[error("{cloud} credentials are being loaded for the first time ({from})")]
    Loading {
        /// `AWS` or `Google`.
        cloud: &'static str,
        /// Where they are to come from.
        from: &'static str,
    },
    /// No attempt has brought any so far.
    #[error("no {cloud} credentials ({from}): {reason}")]
    Missing {
        /// `AWS` or `Google`.
        cloud: &'static str,
        /// Where they should have come from.
        from: &'static str,
        /// Why the last attempt failed.
        reason: Arc<str>,
    },
    /// Those that were there are past, and could not be renewed.
    #[error("{cloud} credentials ({from}) have expired and are not renewed: {reason}")]
    Expired {
        /// `AWS` or `Google`.
        cloud: &'static str,
        /// Where they come from.
        from: &'static str,
        /// Why the last attempt failed.
        reason: Arc<str>,
    },
}

/// An identity as a status page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityState {
    /// Where its credentials come from, in words: `web identity`, `instance role`, `service account key`, …
    pub from: &'static str,
    /// How often credentials were loaded.
    pub loads: u64,
    /// When the present ones expire. `None` when there are none, or they don't.
    pub expires: Option<SystemTime>,
    /// What has gone wrong since the last load that worked.
    pub failure: Option<Failure>,
}

/// Loading fails. The credentials that are there stay in use until they expire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// When it began.
    pub since: SystemTime,
    /// How often it was tried since.
    pub attempts: u32,
    /// Why the last attempt failed, on one line.
    pub reason: Arc<str>,
}

impl IdentityState {
    /// Nothing was tried yet.
    pub(crate) fn new(from: &'static str) -> Self {
        Self {
            from,
            loads: 0,
            expires: None,
            failure: None,
        }
    }

    /// Whether a request at `now` finds credentials.
    pub fn is_usable(&self, now: SystemTime) -> bool {
        self.loads > 0 && self.expires.is_none_or(|expires| now < expires)
    }

    /// Whether the first attempt has ended, well or not.
    pub(crate) fn is_settled(&self) -> bool {
        self.loads > 0 || self.failure.is_some()
    }

    /// Why there is nothing to use.
    pub(crate) fn refusal(&self, cloud: &'static str) -> NoCredentials {
        let from = self.from;
        match (&self.failure, self.loads) {
            (None, 0) => NoCredentials::Loading { cloud, from },
            (Some(failure), 0) => NoCredentials::Missing {
                cloud,
                from,
                reason: failure.reason.clone(),
            },
            (failure, _) => NoCredentials::Expired {
                cloud,
                from,
                reason: failure.as_ref().map_or_else(
                    || "the next load has not ended".into(),
                    |one| one.reason.clone(),
                ),
            },
        }
    }
}
