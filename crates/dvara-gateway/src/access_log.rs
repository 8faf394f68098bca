//! One line per call, written from settlements in batches (data-plane sheet §27): the whole batch in one write.

use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use dvara_ledger::{Settlement, Variant};
use serde::Serialize;

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One JSON object per line, as every other line of a production-class process.
    Json,
    /// For a person at a terminal.
    Plain,
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    message: &'static str,
    service: &'static str,
    trace_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    method: &'static str,
    path: &'static str,
    status: u16,
    outcome: &'static str,
    latency_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_ms: Option<f64>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'a str>,
    attempts: u32,
    /// Who was asked and passed over before the provider that is named, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passed_over: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hedged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow_of: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens_prompt: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens_completion: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens_total: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    api_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn of(settlement: &'a Settlement) -> Self {
        let ended: DateTime<Utc> = (settlement.opened_at + settlement.total).into();
        let usage = settlement.usage.as_ref();
        Self {
            timestamp: ended.to_rfc3339_opts(SecondsFormat::Millis, true),
            level: "INFO",
            message: "Request completed",
            service: "dvara-llm-gateway",
            trace_id: &settlement.trace_id,
            session_id: settlement.session_id.as_deref(),
            method: settlement.method.as_str(),
            path: settlement.endpoint.path().unwrap_or("/v1/…"),
            status: settlement.status,
            outcome: settlement.outcome.as_str(),
            latency_ms: millis(settlement.total),
            upstream_ms: settlement.upstream.map(millis),
            stream: settlement.stream,
            model: settlement.model.as_deref(),
            provider: settlement
                .provider
                .as_ref()
                .map(|provider| provider.as_str()),
            route: settlement.route.as_ref().map(|route| route.as_str()),
            attempts: settlement.attempts,
            passed_over: passed_over(settlement),
            variant: settlement.variant.map(Variant::as_str),
            hedged: settlement.hedged,
            shadow_of: settlement.shadow_of.as_ref().map(|name| name.as_str()),
            tokens_prompt: usage.map(|usage| usage.input_total().0),
            tokens_completion: usage.map(|usage| usage.output_total().0),
            tokens_total: usage.map(|usage| usage.total().0),
            error_code: settlement.error_code,
            api_key: settlement
                .key
                .as_ref()
                .map_or("unauthenticated", |key| key.as_str()),
            tenant: settlement.tenant.as_ref().map(|tenant| tenant.as_str()),
        }
    }
}

/// `provider:reason`, for targets that were not asked and for attempts that failed, in their order.
fn passed_over(settlement: &Settlement) -> Vec<String> {
    let skips = settlement.skips.iter();
    let skips = skips.map(|skip| format!("{}:{}", skip.provider, skip.reason));
    let hops = settlement.hops.iter();
    let hops = hops.map(|hop| format!("{}:{}", hop.from, hop.error_code));
    skips.chain(hops).collect()
}

/// Milliseconds with microseconds behind the point.
fn millis(duration: std::time::Duration) -> f64 {
    let micros = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
    f64::from(micros) / 1_000.0
}

/// Writes a batch. A log that cannot be written must not stop the calls it tells of.
pub(crate) fn write(
    settlements: &[Settlement],
    form: Form,
    sink: &mut impl Write,
) -> io::Result<()> {
    let mut lines = Vec::with_capacity(settlements.len() * 512);
    for settlement in settlements {
        let line = Line::of(settlement);
        match form {
            Form::Json => serde_json::to_writer(&mut lines, &line)?,
            Form::Plain => plain(&line, &mut lines)?,
        }
        lines.push(b'\n');
    }
    sink.write_all(&lines)?;
    sink.flush()
}

fn plain(line: &Line<'_>, sink: &mut Vec<u8>) -> io::Result<()> {
    let (time, status, latency) = (&line.timestamp, line.status, line.latency_ms);
    write!(
        sink,
        "{time} {} {} {status} {latency:.1} ms",
        line.method, line.path
    )?;
    for (name, value) in [
        ("model", line.model),
        ("provider", line.provider),
        ("tenant", line.tenant),
        ("error", line.error_code),
    ] {
        if let Some(value) = value {
            write!(sink, " {name}={value}")?;
        }
    }
    if !line.passed_over.is_empty() {
        write!(sink, " passed_over={}", line.passed_over.join(","))?;
    }
    if let Some(tokens) = line.tokens_total {
        write!(sink, " tokens={tokens}")?;
    }
    if line.outcome == "abandoned" {
        write!(sink, " (the caller left)")?;
    }
    write!(sink, " trace={}", line.trace_id)
}
