//! What has to be in place before the first call: a folder for the spool, an open epoch.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dvara_store::epochs::{self, IncompleteEpoch, NewEpoch};
use dvara_store::{Store, StoreError};
use dvara_types::EpochId;

use super::upkeep::DEAD_AFTER;
use crate::LedgerSettings;
use crate::spool::Spool;

/// How far back incomplete epochs are reported at a start.
const REPORTED: Duration = Duration::from_secs(24 * 3600);
/// How long each statement of a start may take.
const START_LIMIT: Duration = Duration::from_secs(10);

/// The ledger could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The spool's folder can't be made or locked.
    #[error("cannot use {} for the spool (DVARA_SPOOL_DIR)", directory.display())]
    OpenSpool {
        /// The folder.
        directory: PathBuf,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
    /// The database could not be told that this process starts.
    #[error("cannot open the epoch of this process")]
    OpenEpoch(#[source] StoreError),
}

/// Takes a folder below the spool directory.
pub(crate) async fn open_spool(
    settings: &LedgerSettings,
    epoch: &EpochId,
) -> Result<Spool, StartError> {
    let (directory, limit, epoch) = (
        settings.spool_directory.clone(),
        settings.spool_limit,
        epoch.clone(),
    );
    tokio::task::spawn_blocking(move || {
        Spool::open(&directory, &epoch, limit)
            .map_err(|source| StartError::OpenSpool { directory, source })
    })
    .await
    .expect("opening the spool does not panic")
}

/// Opens the epoch, and returns which earlier ones may be incomplete.
pub(crate) async fn open_epoch(
    settings: &LedgerSettings,
    store: &Store,
    epoch: &EpochId,
) -> Result<Vec<IncompleteEpoch>, StoreError> {
    let new = NewEpoch {
        id: epoch.clone(),
        service: settings.service.clone(),
        host: settings.host.clone(),
        version: settings.version.clone(),
    };
    epochs::open(store, &new, START_LIMIT).await?;
    let incomplete = epochs::incomplete(store, DEAD_AFTER, REPORTED, START_LIMIT).await?;
    for epoch in &incomplete {
        tracing::warn!(
            epoch.id = %epoch.id,
            service = epoch.service,
            host = epoch.host,
            last_seen = %epoch.last_seen,
            closed = epoch.closed,
            dropped = epoch.dropped,
            "usage of an earlier process may be incomplete"
        );
    }
    Ok(incomplete)
}

/// The time, for ids.
pub(crate) fn unix_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}
