//! Rows of which some may be there already: only the new ones are added.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use dvara_types::{ApiKeyId, ProviderName, RouteId, TenantId, Usage};
use sqlx::postgres::{PgArguments, PgBindIterExt};
use sqlx::query::Query;
use sqlx::{Connection, PgConnection, Postgres, Row};

use super::{UsageRow, stored, sums};
use crate::statements::{query, statements};

/// Adds those of the rows that are not there yet, and their sums; returns how many they were.
pub(super) async fn insert_new(
    connection: &mut PgConnection,
    rows: &[UsageRow],
) -> Result<u64, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let returned = insert(rows).fetch_all(&mut *transaction).await?;
    let mut known: HashMap<(DateTime<Utc>, &str), &UsageRow> = HashMap::new();
    for row in rows {
        // Of two that are the same, the first is the one that was added.
        known.entry((row.opened_at, row.id.as_str())).or_insert(row);
    }
    let mut new = Vec::with_capacity(returned.len());
    for each in &returned {
        let key = (each.try_get("opened_at")?, each.try_get("id")?);
        new.extend(known.get(&key).copied());
    }
    sums::add(&mut transaction, new).await?;
    transaction.commit().await?;
    Ok(returned.len() as u64)
}

fn insert(rows: &[UsageRow]) -> Query<'_, Postgres, PgArguments> {
    let tokens = |pick: fn(&Usage) -> u64| {
        rows.iter()
            .map(move |row| row.usage.as_ref().map(|usage| stored(pick(usage))))
            .bind_iter()
    };
    query(INSERT_NEW)
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
        .bind(rows.iter().map(|row| row.stored_status()).bind_iter())
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
        .bind(rows.iter().map(|row| row.stored_attempts()).bind_iter())
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
}

statements! {
    INSERT_NEW = "
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
        RETURNING id, opened_at";
}
