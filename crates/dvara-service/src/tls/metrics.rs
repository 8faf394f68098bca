//! What a scraper sees of a listener's certificate.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::ListenerTls;

/// To be registered where a listener speaks TLS.
#[derive(Debug)]
pub struct TlsMetrics(pub Arc<ListenerTls>);

impl Collector for TlsMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let current = ConstGauge::new(u64::from(self.0.problem().is_none()));
        current.encode(encoder.encode_descriptor(
            "server_tls_certificate_current",
            "Whether the certificate that is shown is the one in the files",
            None,
            current.metric_type(),
        )?)?;
        let reloads = ConstCounter::new(self.0.reloads());
        reloads.encode(encoder.encode_descriptor(
            "server_tls_certificate_reloads",
            "Certificates taken over from changed files",
            None,
            reloads.metric_type(),
        )?)
    }
}
