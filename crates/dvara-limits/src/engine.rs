//! Where a fleet's counts meet.

use std::time::Duration;

use dvara_store::rates::{self, Counted, Exchanged};
use dvara_store::{Store, StoreError};

/// What a fleet shares its counts through.
#[derive(Debug, Clone)]
pub enum Engine {
    /// The database that every fleet has.
    PostgreSql(Store),
}

impl Engine {
    /// Notes what `writer` counted, and brings what all others did from second `since` on.
    pub(crate) async fn exchange(
        &self,
        writer: i64,
        since: i64,
        counted: &[Counted],
        limit: Duration,
    ) -> Result<Exchanged, StoreError> {
        match self {
            Self::PostgreSql(store) => rates::exchange(store, writer, since, counted, limit).await,
        }
    }

    /// Clears away what no window reaches any more.
    pub(crate) async fn forget(&self, limit: Duration) -> Result<(), StoreError> {
        match self {
            Self::PostgreSql(store) => rates::forget(store, limit).await.map(drop),
        }
    }
}
