//! Usage: one row per settled call in partitions by UTC day, and the hourly sums that charts and bills read.
//!
//! Rows are only ever added, in batches, and a row that comes twice is one row: whoever is not sure that a batch
//! arrived sends it again. The sums grow in the same transaction and by the rows that were really new.
//!
//! Nearly every batch is new, so it is first copied, which fails as a whole if one of its rows is there; then only the
//! new ones are inserted.

mod copy;
pub(crate) mod days;
pub(crate) mod insert;
mod row;
pub(crate) mod sums;

use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::timeout_at;

use crate::lease::Lease;
use crate::sqlstate::Failure;
use crate::{Store, StoreError};

pub use days::{drop_before, ensure_partitions};
pub use row::UsageRow;

/// Largest number that is stored for a count or a number of microseconds of one call. A vendor that claims more is
/// wrong, and a sum of such claims must not overflow.
const MOST: u64 = 1_000_000_000_000;

/// Adds rows and their sums in one transaction, and returns how many rows were new.
///
/// # Errors
/// When it could not be done within `limit`. Nothing was written then, unless the answer alone was lost or late:
/// whoever is not sure sends the same rows again.
pub async fn insert_batch(
    store: &Store,
    rows: &[UsageRow],
    limit: Duration,
) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let mut lease = Lease::take(store, limit, "store usage").await?;
    let (connection, deadline) = lease.parts();
    let outcome = timeout_at(deadline, add(connection, rows)).await;
    lease.end(outcome)
}

async fn add(connection: &mut PgConnection, rows: &[UsageRow]) -> Result<u64, sqlx::Error> {
    match copy::copy(connection, rows).await {
        Err(error) if Failure::of(&error) == Failure::Duplicate => {
            insert::insert_new(connection, rows).await
        }
        copied => copied,
    }
}

fn stored(count: u64) -> i64 {
    i64::try_from(count.min(MOST)).unwrap_or(i64::MAX)
}

/// Whether a batch failed because of what a row holds, so that sending it again can't help: SQLSTATE classes 22
/// (data exception) and 23 (constraint violation).
pub fn is_fault_of_a_row(error: &StoreError) -> bool {
    let StoreError::Statement { source, .. } = error else {
        return false;
    };
    match source.as_database_error().and_then(|error| error.code()) {
        Some(code) => code.starts_with("22") || code.starts_with("23"),
        None => matches!(source, sqlx::Error::Encode(_)),
    }
}
