//! Rows that nobody has written before, by `COPY`: a third of what an `INSERT` of the same rows costs the server.
//!
//! ```text
//! stream = "PGCOPY\n\xff\r\n\0" | flags u32 | length of extension u32 | row* | -1 i16
//! row    = number of fields i16 | field*
//! field  = length i32, -1 for null | bytes in the type's binary form; all integers big-endian
//! ```
//!
//! PostgreSQL manual, `COPY`, "Binary Format".

use dvara_types::{ApiKeyId, ProviderName, RouteId, TenantId, Usage};
use sqlx::{Connection, PgConnection};

use super::{UsageRow, stored, sums};

/// Not in a `statements!` block, since a `COPY` cannot be prepared; whatever records usage shows that it is understood.
const COPY: &str = "
    COPY dvara_main.usage (
        id, epoch, opened_at, tenant, key, trace_id, session_id, endpoint, requested_model, model, provider, route,
        status, outcome, error_code, stream,
        input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
        estimated, output_characters, cache_status, credential_fingerprint, attempts,
        duration_us, upstream_us, first_byte_us, cost_nanousd)
    FROM STDIN WITH (FORMAT binary)";

const FIELDS: i16 = 30;
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What a row takes, about; for reserving.
const USUAL: usize = 512;

/// Microseconds from 1970 to 2000, where PostgreSQL's timestamps begin.
const YEAR_2000: i64 = 946_684_800_000_000;

/// Adds the rows and their sums, all or none. Fails where one of them is there already.
pub(super) async fn copy(
    connection: &mut PgConnection,
    rows: &[UsageRow],
) -> Result<u64, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let mut copying = transaction.copy_in_raw(COPY).await?;
    copying.send(encode(rows)).await?;
    let copied = copying.finish().await?;
    sums::add(&mut transaction, rows).await?;
    transaction.commit().await?;
    Ok(copied)
}

fn encode(rows: &[UsageRow]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER.len() + 2 + rows.len() * USUAL);
    bytes.extend_from_slice(HEADER);
    for row in rows {
        encode_row(row, &mut bytes);
    }
    bytes.extend_from_slice(&(-1_i16).to_be_bytes());
    bytes
}

fn encode_row(row: &UsageRow, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(&FIELDS.to_be_bytes());
    let mut fields = Fields(bytes);
    fields.text(row.id.as_str());
    fields.text(row.epoch.as_str());
    fields.number(row.opened_at.timestamp_micros() - YEAR_2000);
    fields.optional_text(row.tenant.as_ref().map(TenantId::as_str));
    fields.optional_text(row.key.as_ref().map(ApiKeyId::as_str));
    fields.text(&row.trace_id);
    fields.optional_text(row.session_id.as_deref());
    fields.text(&row.endpoint);
    fields.optional_text(row.requested_model.as_deref());
    fields.optional_text(row.model.as_deref());
    fields.optional_text(row.provider.as_ref().map(ProviderName::as_str));
    fields.optional_text(row.route.as_ref().map(RouteId::as_str));
    fields.value(&row.stored_status().to_be_bytes());
    fields.text(&row.outcome);
    fields.optional_text(row.error_code.as_deref());
    fields.flag(row.stream);
    let tokens = |pick: fn(&Usage) -> u64| row.usage.as_ref().map(pick);
    fields.count(tokens(|usage| usage.input.0));
    fields.count(tokens(|usage| usage.cache_read.0));
    fields.count(tokens(|usage| usage.cache_write.0));
    fields.count(tokens(|usage| usage.output.0));
    fields.count(tokens(|usage| usage.reasoning.0));
    fields.flag(row.estimated);
    fields.count(row.output_characters);
    fields.optional_text(row.cache_status.as_deref());
    fields.optional_text(row.credential_fingerprint.as_deref());
    fields.value(&row.stored_attempts().to_be_bytes());
    fields.count(Some(row.duration_us));
    fields.count(row.upstream_us);
    fields.count(row.first_byte_us);
    match row.cost {
        Some(cost) => fields.number(cost.0),
        None => fields.null(),
    }
}

/// The fields of a row, appended one after the other.
struct Fields<'a>(&'a mut Vec<u8>);

impl Fields<'_> {
    fn value(&mut self, value: &[u8]) {
        // A text that does not fit its length fails the batch as the row's own fault.
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(value);
    }

    fn null(&mut self) {
        self.0.extend_from_slice(&(-1_i32).to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.value(text.as_bytes());
    }

    fn optional_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    fn flag(&mut self, flag: bool) {
        self.value(&[u8::from(flag)]);
    }

    fn number(&mut self, number: i64) {
        self.value(&number.to_be_bytes());
    }

    fn count(&mut self, count: Option<u64>) {
        match count {
            Some(count) => self.number(stored(count)),
            None => self.null(),
        }
    }
}
