//! What rows add to the sums of their hours, added up here, so that the server touches each sum once per batch.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use dvara_types::{ApiKeyId, ProviderName, TenantId};
use sqlx::PgConnection;
use sqlx::postgres::PgBindIterExt;

use super::{UsageRow, stored};
use crate::statements::{query, statements};

const HOUR: i64 = 3_600_000_000;

/// Writers of a fleet are spread over so many rows of the same hour.
const SHARDS: u64 = 16;

/// Adds what the rows, all of them new, come to.
pub(super) async fn add<'a>(
    connection: &mut PgConnection,
    rows: impl IntoIterator<Item = &'a UsageRow>,
) -> Result<(), sqlx::Error> {
    let mut sums: HashMap<Key<'a>, Sums> = HashMap::new();
    for row in rows {
        sums.entry(Key::of(row)).or_default().add(row);
    }
    if sums.is_empty() {
        return Ok(());
    }
    let added = |pick: fn(&Sums) -> i64| sums.values().map(pick).bind_iter();
    query(ADD_SUMS)
        .bind(sums.keys().map(|key| key.hour).bind_iter())
        .bind(sums.keys().map(|key| key.tenant).bind_iter())
        .bind(sums.keys().map(|key| key.key).bind_iter())
        .bind(sums.keys().map(|key| key.model).bind_iter())
        .bind(sums.keys().map(|key| key.provider).bind_iter())
        .bind(sums.keys().map(|key| key.status_class).bind_iter())
        .bind(sums.keys().map(|key| key.outcome).bind_iter())
        .bind(sums.keys().map(|key| key.shard).bind_iter())
        .bind(added(|sums| sums.calls))
        .bind(added(|sums| sums.input))
        .bind(added(|sums| sums.cache_read))
        .bind(added(|sums| sums.cache_write))
        .bind(added(|sums| sums.output))
        .bind(added(|sums| sums.reasoning))
        .bind(added(|sums| sums.estimated_calls))
        .bind(added(|sums| sums.unpriced_calls))
        .bind(added(|sums| sums.cost))
        .bind(added(|sums| sums.duration_us))
        .bind(added(|sums| sums.upstream_us))
        .execute(connection)
        .await?;
    Ok(())
}

/// What sums are told apart by. Absent texts are empty.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key<'a> {
    hour: DateTime<Utc>,
    tenant: &'a str,
    key: &'a str,
    model: &'a str,
    provider: &'a str,
    status_class: i16,
    outcome: &'a str,
    shard: i16,
}

impl<'a> Key<'a> {
    fn of(row: &'a UsageRow) -> Self {
        let micros = row.opened_at.timestamp_micros();
        let hour = DateTime::from_timestamp_micros(micros - micros.rem_euclid(HOUR));
        let status = row.stored_status();
        // The model of a call that was refused may be a name that its caller made up.
        let is_refused = (400..=499).contains(&status) && status != 429;
        let model = row.model.as_deref().filter(|_| !is_refused);
        Self {
            hour: hour.unwrap_or(row.opened_at),
            tenant: row.tenant.as_ref().map_or("", TenantId::as_str),
            key: row.key.as_ref().map_or("", ApiKeyId::as_str),
            model: model.unwrap_or(""),
            provider: row.provider.as_ref().map_or("", ProviderName::as_str),
            status_class: status / 100,
            outcome: &row.outcome,
            shard: shard(row.epoch.as_str()),
        }
    }
}

/// The same for all rows of one epoch; FNV-1a, since it guards nothing.
fn shard(epoch: &str) -> i16 {
    let hash = epoch.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    i16::try_from((hash >> 32) % SHARDS).unwrap_or(0)
}

#[derive(Debug, Default)]
struct Sums {
    calls: i64,
    input: i64,
    cache_read: i64,
    cache_write: i64,
    output: i64,
    reasoning: i64,
    estimated_calls: i64,
    unpriced_calls: i64,
    cost: i64,
    duration_us: i64,
    upstream_us: i64,
}

impl Sums {
    /// Saturating where only the sum of absurd prices could overflow: all counts are bounded far below.
    fn add(&mut self, row: &UsageRow) {
        self.calls += 1;
        if let Some(usage) = &row.usage {
            self.input += stored(usage.input.0);
            self.cache_read += stored(usage.cache_read.0);
            self.cache_write += stored(usage.cache_write.0);
            self.output += stored(usage.output.0);
            self.reasoning += stored(usage.reasoning.0);
            self.unpriced_calls += i64::from(row.cost.is_none());
        }
        self.estimated_calls += i64::from(row.estimated);
        let cost = row.cost.map_or(0, |cost| cost.0);
        self.cost = self.cost.saturating_add(cost);
        self.duration_us += stored(row.duration_us);
        self.upstream_us += row.upstream_us.map_or(0, stored);
    }
}

statements! {
    ADD_SUMS = "
        SELECT dvara_main.usage_add_sums(
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
}
