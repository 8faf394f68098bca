//! The days of usage: partitions made ahead, and dropped when nobody needs their rows any more.

use std::time::Duration;

use chrono::NaiveDate;
use sqlx::{Connection, Row};
use tokio::time::timeout_at;

use crate::lease::Lease;
use crate::statements::{query, statements};
use crate::{Store, StoreError};

/// Makes the partitions of the days from `first` to `last`, both included, where they are missing, and returns how
/// many it made. Rows that came before their partition move into it.
///
/// # Errors
/// The database's; a table that somebody else has locked for two seconds is one of them.
pub async fn ensure_partitions(
    store: &Store,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<u32, StoreError> {
    let mut lease = Lease::take(store, UPKEEP_LIMIT, "make usage partitions").await?;
    let (connection, deadline) = lease.parts();
    let work = async {
        let mut transaction = connection.begin().await?;
        let made = query(ENSURE_PARTITIONS)
            .bind(first)
            .bind(last)
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        made.try_get::<i32, _>(0)
    };
    let outcome = timeout_at(deadline, work).await;
    Ok(u32::try_from(lease.end(outcome)?).unwrap_or(0))
}

/// Drops the rows of all days before `first_kept`, by whole partitions, and returns how many partitions went. The
/// hourly sums stay.
///
/// # Errors
/// The database's; a table that somebody else has locked for two seconds is one of them.
pub async fn drop_before(store: &Store, first_kept: NaiveDate) -> Result<u32, StoreError> {
    let mut lease = Lease::take(store, UPKEEP_LIMIT, "drop old usage").await?;
    let (connection, deadline) = lease.parts();
    let work = async {
        let mut transaction = connection.begin().await?;
        let dropped = query(DROP_BEFORE)
            .bind(first_kept)
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        dropped.try_get::<i32, _>(0)
    };
    let outcome = timeout_at(deadline, work).await;
    Ok(u32::try_from(lease.end(outcome)?).unwrap_or(0))
}

/// How long making or dropping partitions may take.
const UPKEEP_LIMIT: Duration = Duration::from_secs(15);

statements! {
    ENSURE_PARTITIONS = "SELECT dvara_main.usage_ensure_partitions($1, $2)";
    DROP_BEFORE = "SELECT dvara_main.usage_drop_before($1)";
}
