//! What the gateways of a fleet tell each other about request rates: calls per key and second, unlogged (ADR 12).
//!
//! One exchange notes what a process counted and brings what all others did. It may be repeated: a process sends its
//! totals and not what was added, and its rows are its own.

use std::time::Duration;

use sqlx::{Connection, PgConnection, Row};
use tokio::time::timeout_at;

use crate::lease::Lease;
use crate::statements::{query, statements};
use crate::{Store, StoreError};

/// Calls of one key in one second of the database's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Seconds since 1970.
    pub second: i64,
    /// The key's id.
    pub key: String,
    /// How many calls.
    pub requests: u64,
}

/// What an exchange brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    /// The database's clock, in milliseconds since 1970.
    pub clock_ms: i64,
    /// What all other processes counted, in no order.
    pub others: Vec<Counted>,
}

/// Notes the totals of `writer`, and reads what all others counted in the seconds from `since` on.
///
/// # Errors
/// When it could not be done within `limit`. The totals may have been noted all the same; sending them again does no harm.
pub async fn exchange(
    store: &Store,
    writer: i64,
    since: i64,
    counted: &[Counted],
    limit: Duration,
) -> Result<Exchanged, StoreError> {
    let mut lease = Lease::take(store, limit, "exchange request rates").await?;
    let (connection, deadline) = lease.parts();
    let outcome = timeout_at(deadline, swap(connection, writer, since, counted)).await;
    lease.end(outcome)
}

async fn swap(
    connection: &mut PgConnection,
    writer: i64,
    since: i64,
    counted: &[Counted],
) -> Result<Exchanged, sqlx::Error> {
    let seconds: Vec<i64> = counted.iter().map(|counted| counted.second).collect();
    let keys: Vec<&str> = counted.iter().map(|counted| counted.key.as_str()).collect();
    let requests: Vec<i64> = counted.iter().map(stored).collect();
    let mut transaction = connection.begin().await?;
    let rows = query(EXCHANGE)
        .bind(writer)
        .bind(since)
        .bind(seconds)
        .bind(keys)
        .bind(requests)
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    let mut exchanged = Exchanged {
        clock_ms: 0,
        others: Vec::with_capacity(rows.len()),
    };
    for row in rows {
        let second = row.try_get("second")?;
        match row.try_get("key")? {
            None => exchanged.clock_ms = second,
            Some(key) => exchanged.others.push(Counted {
                second,
                key,
                requests: u64::try_from(row.try_get::<i64, _>("requests")?).unwrap_or(0),
            }),
        }
    }
    Ok(exchanged)
}

/// Deletes what no window reaches any more, and returns how many rows that were.
///
/// # Errors
/// When it could not be done within `limit`.
pub async fn forget(store: &Store, limit: Duration) -> Result<u64, StoreError> {
    let mut lease = Lease::take(store, limit, "delete old request rates").await?;
    let (connection, deadline) = lease.parts();
    let work = async {
        let mut transaction = connection.begin().await?;
        let row = query(FORGET).fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        row.try_get::<i64, _>("deleted")
    };
    let outcome = timeout_at(deadline, work).await;
    lease.end(outcome).map(|deleted| deleted.unsigned_abs())
}

fn stored(counted: &Counted) -> i64 {
    i64::try_from(counted.requests).unwrap_or(i64::MAX)
}

statements! {
    EXCHANGE = "SELECT second, key, requests FROM dvara_main.rate_exchange($1, $2, $3, $4, $5)";
    FORGET = "SELECT dvara_main.rate_forget() AS deleted";
}
