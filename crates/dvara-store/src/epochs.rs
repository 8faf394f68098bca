//! Epochs: one row per life of one process that settles calls, from start to clean stop.
//!
//! A process that is killed can lose what it had not handed over yet. That must show: its row is never closed, and
//! once it has not been seen for a while it is reported as incomplete. All times are the database's own, so that
//! hosts with wrong clocks agree on who is alive.

use std::time::Duration;

use chrono::{DateTime, Utc};
use dvara_types::EpochId;
use sqlx::{Connection, Row};
use tokio::time::timeout_at;

use crate::lease::Lease;
use crate::statements::{query, statements};
use crate::{Store, StoreError};

/// What a process says of itself when it starts.
#[derive(Debug, Clone)]
pub struct NewEpoch {
    /// The life that begins.
    pub id: EpochId,
    /// Which service: `gateway`, `mcp`, …
    pub service: String,
    /// The pod or host it runs on.
    pub host: String,
    /// The version of the binary.
    pub version: String,
}

/// An epoch whose settlements may not all be in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncompleteEpoch {
    /// The life in question.
    pub id: EpochId,
    /// Which service it was.
    pub service: String,
    /// The pod or host it ran on.
    pub host: String,
    /// The version of its binary.
    pub version: String,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When it was last known to be alive: what it settled after this may be missing.
    pub last_seen: DateTime<Utc>,
    /// Whether it stopped cleanly all the same; then only what it dropped is missing.
    pub closed: bool,
    /// Settlements that it knows it lost.
    pub dropped: u64,
}

/// Opens an epoch.
///
/// # Errors
/// When it could not be done within `limit`.
pub async fn open(store: &Store, epoch: &NewEpoch, limit: Duration) -> Result<(), StoreError> {
    let mut lease = Lease::take(store, limit, "open the epoch").await?;
    let (connection, deadline) = lease.parts();
    let work = async {
        let mut transaction = connection.begin().await?;
        query(OPEN)
            .bind(epoch.id.as_str())
            .bind(&epoch.service)
            .bind(&epoch.host)
            .bind(&epoch.version)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    };
    let outcome = timeout_at(deadline, work).await;
    lease.end(outcome)
}

/// Notes that the epoch's process is alive, and how many settlements it has lost so far.
///
/// # Errors
/// When it could not be done within `limit`.
pub async fn seen(
    store: &Store,
    id: &EpochId,
    dropped: u64,
    limit: Duration,
) -> Result<(), StoreError> {
    note(store, SEEN, id, dropped, limit, "note that the epoch lasts").await
}

/// Closes the epoch of a process that stopped cleanly. Closing it twice changes nothing.
///
/// # Errors
/// When it could not be done within `limit`.
pub async fn close(
    store: &Store,
    id: &EpochId,
    dropped: u64,
    limit: Duration,
) -> Result<(), StoreError> {
    note(store, CLOSE, id, dropped, limit, "close the epoch").await
}

async fn note(
    store: &Store,
    statement: &'static str,
    id: &EpochId,
    dropped: u64,
    limit: Duration,
    doing: &'static str,
) -> Result<(), StoreError> {
    let mut lease = Lease::take(store, limit, doing).await?;
    let (connection, deadline) = lease.parts();
    let work = async {
        let mut transaction = connection.begin().await?;
        query(statement)
            .bind(id.as_str())
            .bind(i64::try_from(dropped).unwrap_or(i64::MAX))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    };
    let outcome = timeout_at(deadline, work).await;
    lease.end(outcome)
}

/// The epochs last seen within `within` that are not complete, newest first: those not closed and not seen for
/// `unseen_for`, and those that dropped settlements.
///
/// # Errors
/// When it could not be done within `limit`.
pub async fn incomplete(
    store: &Store,
    unseen_for: Duration,
    within: Duration,
    limit: Duration,
) -> Result<Vec<IncompleteEpoch>, StoreError> {
    let mut lease = Lease::take(store, limit, "read epochs").await?;
    let (connection, deadline) = lease.parts();
    let work = async {
        let mut transaction = connection.begin().await?;
        let rows = query(INCOMPLETE)
            .bind(unseen_for.as_secs_f64())
            .bind(within.as_secs_f64())
            .fetch_all(&mut *transaction)
            .await?;
        transaction.commit().await?;
        rows.iter().map(read).collect()
    };
    let outcome = timeout_at(deadline, work).await;
    lease.end(outcome)
}

fn read(row: &sqlx::postgres::PgRow) -> Result<IncompleteEpoch, sqlx::Error> {
    let id: String = row.try_get("id")?;
    let dropped: i64 = row.try_get("dropped")?;
    Ok(IncompleteEpoch {
        id: EpochId::parse(&id).map_err(|error| sqlx::Error::Decode(error.into()))?,
        service: row.try_get("service")?,
        host: row.try_get("host")?,
        version: row.try_get("version")?,
        started_at: row.try_get("started_at")?,
        last_seen: row.try_get("last_seen")?,
        closed: row.try_get("closed")?,
        dropped: u64::try_from(dropped).unwrap_or(0),
    })
}

statements! {
    OPEN = "
        INSERT INTO dvara_main.epochs (id, service, host, version) VALUES ($1, $2, $3, $4)";
    SEEN = "
        UPDATE dvara_main.epochs SET last_seen = now(), dropped = greatest(dropped, $2) WHERE id = $1";
    CLOSE = "
        UPDATE dvara_main.epochs SET closed_at = now(), dropped = greatest(dropped, $2)
        WHERE id = $1 AND closed_at IS NULL";
    INCOMPLETE = "
        SELECT id, service, host, version, started_at, last_seen, closed_at IS NOT NULL AS closed, dropped
        FROM dvara_main.epochs
        WHERE last_seen > now() - make_interval(secs => $2)
          AND (dropped > 0 OR closed_at IS NULL AND last_seen < now() - make_interval(secs => $1))
        ORDER BY last_seen DESC";
}
