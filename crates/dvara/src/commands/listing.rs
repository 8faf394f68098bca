//! How rows are printed: one a line for people, or as JSON.

use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use dvara_types::TenantId;
use serde_json::{Value, json};

/// Something that commands print.
pub(super) trait Printed {
    /// For people, on one line.
    fn line(&self) -> String;
    /// For programs.
    fn described(&self) -> Value;
}

/// Prints several: a line each, or one JSON array.
pub(super) fn write_all<T: Printed>(
    out: &mut dyn Write,
    json: bool,
    items: &[T],
) -> io::Result<()> {
    if json {
        let described = items.iter().map(Printed::described);
        return writeln!(out, "{}", Value::from_iter(described));
    }
    items
        .iter()
        .try_for_each(|item| writeln!(out, "{}", item.line()))
}

/// Prints one: its line, or one JSON object.
pub(super) fn write_one(out: &mut dyn Write, json: bool, item: &impl Printed) -> io::Result<()> {
    if json {
        writeln!(out, "{}", item.described())
    } else {
        writeln!(out, "{}", item.line())
    }
}

/// Says that something is gone.
pub(super) fn write_deleted(out: &mut dyn Write, json: bool, id: &str) -> io::Result<()> {
    if json {
        writeln!(out, "{}", json!({"id": id, "deleted": true}))
    } else {
        writeln!(out, "deleted {id}")
    }
}

/// Whom something is for, in a line.
pub(super) fn owner(tenant: Option<&TenantId>) -> &str {
    tenant.map_or("(all tenants)", TenantId::as_str)
}

/// A time in JSON.
pub(super) fn exactly(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
