//! One JSON object a line: `timestamp` (UTC, milliseconds), `level`, `service`, `target`, `message`, the event's fields
//! beside them, and `trace_id` inside an exported span.

use std::error::Error;
use std::fmt;

use chrono::{SecondsFormat, Utc};
use opentelemetry::trace::TraceContextExt as _;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::Place;
use crate::error_chain;

/// Keys that a line has by itself. An event's field of such a name is written as `field.<name>`.
const OWN: [&str; 4] = ["timestamp", "level", "service", "target"];

pub(super) struct JsonLines {
    pub(super) service: &'static str,
    pub(super) place: Option<Place>,
}

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
        let metadata = event.metadata();
        write!(
            out,
            r#"{{"timestamp":"{now}","level":"{}","service":"{}","target":"{}""#,
            metadata.level(),
            self.service,
            metadata.target()
        )?;
        let mut fields = Fields {
            out: &mut out,
            outcome: Ok(()),
            traced: false,
        };
        event.record(&mut fields);
        let traced = fields.traced;
        fields.outcome?;
        if !traced && let Some(id) = self.trace_id(event) {
            write!(out, r#","trace_id":"{id}""#)?;
        }
        out.write_str("}\n")
    }
}

impl JsonLines {
    /// The trace of the span that the event belongs to.
    fn trace_id(&self, event: &Event<'_>) -> Option<opentelemetry::TraceId> {
        let dispatch = self.place.as_ref()?.get()?.upgrade()?;
        let current = dispatch.current_span();
        let span = event.parent().or_else(|| current.id())?;
        let context = tracing_opentelemetry::get_otel_context(span, &dispatch)?;
        let span = context.span();
        let id = span.span_context().trace_id();
        (id != opentelemetry::TraceId::INVALID).then_some(id)
    }
}

/// Writes the fields of an event as `,"name":value`.
struct Fields<'a, 'w> {
    out: &'a mut Writer<'w>,
    outcome: fmt::Result,
    traced: bool,
}

impl Fields<'_, '_> {
    fn put(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.outcome.is_err() {
            return;
        }
        self.traced |= field.name() == "trace_id";
        let prefix = if OWN.contains(&field.name()) {
            "field."
        } else {
            ""
        };
        self.outcome =
            write!(self.out, r#","{prefix}{}":"#, field.name()).and_then(|()| value(self.out));
    }

    fn put_text(&mut self, field: &Field, text: &str) {
        self.put(field, |out| write_text(out, text));
    }
}

impl Visit for Fields<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, |out| write!(out, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, |out| write!(out, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |out| write!(out, "{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for infinity.
        self.put(field, |out| {
            if value.is_finite() {
                write!(out, "{value}")
            } else {
                out.write_str("null")
            }
        });
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put_text(field, &error_chain(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put_text(field, &format!("{value:?}"));
    }
}

/// A JSON string.
fn write_text(out: &mut Writer<'_>, text: &str) -> fmt::Result {
    out.write_char('"')?;
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..=0x1f => "",
            _ => continue,
        };
        out.write_str(&text[plain..at])?;
        if escape.is_empty() {
            write!(out, "\\u{byte:04x}")?;
        } else {
            out.write_str(escape)?;
        }
        plain = at + 1;
    }
    out.write_str(&text[plain..])?;
    out.write_char('"')
}
