//! What a scraper sees of the plane (operations sheet B6). What concerns tools and servers comes with them.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Both from closed sets: what `http/error.rs` knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    status: u16,
    code: &'static str,
}

/// The metric families. Clones are handles on the same.
#[derive(Clone)]
pub(crate) struct Metrics {
    requests: Family<RequestLabels, Counter>,
}

impl Metrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
        };
        registry.register(
            "mcp_requests",
            "Requests below /mcp by HTTP status and by what they came to",
            metrics.requests.clone(),
        );
        metrics
    }

    /// Counts a request by what it came to.
    pub(crate) fn count(&self, status: u16, code: &'static str) {
        let labels = RequestLabels { status, code };
        self.requests.get_or_create(&labels).inc();
    }
}
