//! Numbers that a part keeps itself, encoded for a scrape: name, help and value of each.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Counters without labels, for a collector's `encode`. The format adds `_total` to their names.
///
/// # Errors
/// When the text cannot be written.
pub fn encode_counters(
    encoder: &mut DescriptorEncoder<'_>,
    rows: &[(&str, &str, u64)],
) -> fmt::Result {
    encode(encoder, rows, ConstCounter::new)
}

/// Gauges without labels, for a collector's `encode`.
///
/// # Errors
/// When the text cannot be written.
pub fn encode_gauges(
    encoder: &mut DescriptorEncoder<'_>,
    rows: &[(&str, &str, u64)],
) -> fmt::Result {
    encode(encoder, rows, ConstGauge::new)
}

fn encode<M: EncodeMetric>(
    encoder: &mut DescriptorEncoder<'_>,
    rows: &[(&str, &str, u64)],
    metric: impl Fn(u64) -> M,
) -> fmt::Result {
    for (name, help, value) in rows {
        let metric = metric(*value);
        metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)?;
    }
    Ok(())
}
