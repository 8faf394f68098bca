//! Usage: one row per settled call in partitions by UTC day, and the hourly sums that charts and bills read.
//!
//! Rows are only ever added, in batches, and a row that comes twice is one row: whoever is not sure that a batch
//! arrived sends it again. The sums grow in the same statement and by the rows that were really new.

mod row;

use std::time::Duration;

use chrono::NaiveDate;
use dvara_types::{ApiKeyId, ProviderName, RouteId, TenantId, Usage};
use sqlx::postgres::PgBindIterExt;
use sqlx::{Connection, PgConnection, Row};
use tokio::time::timeout_at;

use crate::lease::Lease;
use crate::statements::{query, statements};
use crate::{Store, StoreError};

pub use row::UsageRow;

/// Largest number that is stored for a count or a number of microseconds of one call. A vendor that claims more is
/// wrong, and a sum of such claims must not overflow.
const MOST: u64 = 1_000_000_000_000;

/// Adds rows and their sums in one statement, and returns how many rows were new.
///
/// The sums are written in the order of their key, so that two writers never wait for each other in a circle.
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
    let outcome = timeout_at(deadline, insert(connection, rows)).await;
    lease.end(outcome)
}

async fn insert(connection: &mut PgConnection, rows: &[UsageRow]) -> Result<u64, sqlx::Error> {
    let tokens = |pick: fn(&Usage) -> u64| {
        rows.iter()
            .map(move |row| row.usage.as_ref().map(|usage| stored(pick(usage))))
            .bind_iter()
    };
    let mut transaction = connection.begin().await?;
    let counted = query(INSERT_BATCH)
        .bind(rows.iter().map(|row| row.id.as_str()).bind_iter())
        .bind(rows.iter().map(|row| row.epoch.as_str()).bind_iter())
        .bind(rows.iter().map(|row| row.opened_at).bind_iter())
        .bind(
            rows.iter()
                .map(|row| row.tenant.as_ref().map(TenantId::as_str))
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| row.key.as_ref().map(ApiKeyId::as_str))
                .bind_iter(),
        )
        .bind(rows.iter().map(|row| &*row.trace_id).bind_iter())
        .bind(rows.iter().map(|row| row.session_id.as_deref()).bind_iter())
        .bind(rows.iter().map(|row| &*row.endpoint).bind_iter())
        .bind(
            rows.iter()
                .map(|row| row.requested_model.as_deref())
                .bind_iter(),
        )
        .bind(rows.iter().map(|row| row.model.as_deref()).bind_iter())
        .bind(
            rows.iter()
                .map(|row| row.provider.as_ref().map(ProviderName::as_str))
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| row.route.as_ref().map(RouteId::as_str))
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| i16::try_from(row.status).unwrap_or(0))
                .bind_iter(),
        )
        .bind(rows.iter().map(|row| &*row.outcome).bind_iter())
        .bind(rows.iter().map(|row| row.error_code.as_deref()).bind_iter())
        .bind(rows.iter().map(|row| row.stream).bind_iter())
        .bind(tokens(|usage| usage.input.0))
        .bind(tokens(|usage| usage.cache_read.0))
        .bind(tokens(|usage| usage.cache_write.0))
        .bind(tokens(|usage| usage.output.0))
        .bind(tokens(|usage| usage.reasoning.0))
        .bind(rows.iter().map(|row| row.estimated).bind_iter())
        .bind(
            rows.iter()
                .map(|row| row.output_characters.map(stored))
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| row.cache_status.as_deref())
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| row.credential_fingerprint.as_deref())
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| i32::try_from(row.attempts).unwrap_or(i32::MAX))
                .bind_iter(),
        )
        .bind(rows.iter().map(|row| stored(row.duration_us)).bind_iter())
        .bind(
            rows.iter()
                .map(|row| row.upstream_us.map(stored))
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| row.first_byte_us.map(stored))
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| row.cost.map(|cost| cost.0))
                .bind_iter(),
        )
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    let inserted: i64 = counted.try_get(0)?;
    Ok(u64::try_from(inserted).unwrap_or(0))
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
    INSERT_BATCH = "WITH inserted AS (
    INSERT INTO dvara_main.usage (
        id, epoch, opened_at, tenant, key, trace_id, session_id, endpoint, requested_model, model, provider, route,
        status, outcome, error_code, stream,
        input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
        estimated, output_characters, cache_status, credential_fingerprint, attempts,
        duration_us, upstream_us, first_byte_us, cost_nanousd)
    SELECT * FROM unnest(
        $1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::text[], $10::text[], $11::text[], $12::text[],
        $13::smallint[], $14::text[], $15::text[], $16::boolean[],
        $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[],
        $22::boolean[], $23::bigint[], $24::text[], $25::text[], $26::integer[],
        $27::bigint[], $28::bigint[], $29::bigint[], $30::bigint[])
    ON CONFLICT (opened_at, id) DO NOTHING
    RETURNING *
), summed AS (
    INSERT INTO dvara_main.usage_hourly AS hourly (
        hour, tenant, key, model, provider, status_class, outcome, shard, calls,
        input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
        estimated_calls, unpriced_calls, cost_nanousd, duration_us, upstream_us)
    SELECT date_trunc('hour', opened_at, 'UTC'),
           coalesce(tenant, ''),
           coalesce(key, ''),
           CASE WHEN status BETWEEN 400 AND 499 AND status <> 429 THEN '' ELSE coalesce(model, '') END,
           coalesce(provider, ''),
           (status / 100)::smallint,
           outcome,
           (hashtext(epoch) & 15)::smallint,
           count(*),
           coalesce(sum(input_tokens), 0)::bigint,
           coalesce(sum(cache_read_tokens), 0)::bigint,
           coalesce(sum(cache_write_tokens), 0)::bigint,
           coalesce(sum(output_tokens), 0)::bigint,
           coalesce(sum(reasoning_tokens), 0)::bigint,
           count(*) FILTER (WHERE estimated),
           count(*) FILTER (WHERE input_tokens IS NOT NULL AND cost_nanousd IS NULL),
           coalesce(sum(cost_nanousd), 0)::bigint,
           sum(duration_us)::bigint,
           coalesce(sum(upstream_us), 0)::bigint
    FROM inserted
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
    ON CONFLICT (hour, tenant, key, model, provider, status_class, outcome, shard) DO UPDATE SET
        calls = hourly.calls + excluded.calls,
        input_tokens = hourly.input_tokens + excluded.input_tokens,
        cache_read_tokens = hourly.cache_read_tokens + excluded.cache_read_tokens,
        cache_write_tokens = hourly.cache_write_tokens + excluded.cache_write_tokens,
        output_tokens = hourly.output_tokens + excluded.output_tokens,
        reasoning_tokens = hourly.reasoning_tokens + excluded.reasoning_tokens,
        estimated_calls = hourly.estimated_calls + excluded.estimated_calls,
        unpriced_calls = hourly.unpriced_calls + excluded.unpriced_calls,
        cost_nanousd = hourly.cost_nanousd + excluded.cost_nanousd,
        duration_us = hourly.duration_us + excluded.duration_us,
        upstream_us = hourly.upstream_us + excluded.upstream_us
)
SELECT count(*) FROM inserted";
}
