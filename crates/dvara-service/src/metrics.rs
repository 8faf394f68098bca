//! The metrics of a process as Prometheus reads them. The families themselves are made by the apps.
//!
//! A scrape is rendered on the background runtime: a registry of some thousand series takes milliseconds, which a core
//! that serves requests does not have.

mod classic;
mod rows;

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::runtime::Handle;

pub use rows::{encode_counters, encode_gauges};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A finished registry and where it is rendered. Clones are handles on the same metrics.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    background: Handle,
}

/// One rendered scrape.
pub struct Scrape {
    /// What the text is.
    pub content_type: HeaderValue,
    /// The text.
    pub text: String,
}

/// The text was not made: the background runtime is shutting down, or a metric panicked.
#[derive(Debug, thiserror::Error)]
#[error("the metrics were not rendered")]
pub struct ScrapeError;

impl Metrics {
    /// Takes the registry once every family is registered.
    pub fn new(registry: Registry, background: Handle) -> Self {
        Self {
            registry: Arc::new(registry),
            background,
        }
    }

    /// Renders all metrics in the format that the scraper's `Accept` asks for: OpenMetrics where it is named, Prometheus'
    /// own text otherwise. May be awaited on any runtime.
    ///
    /// # Errors
    /// During shutdown.
    pub async fn scrape(&self, headers: &HeaderMap) -> Result<Scrape, ScrapeError> {
        let open_metrics = wants_open_metrics(headers);
        let registry = Arc::clone(&self.registry);
        let rendered = self.background.spawn(async move {
            let mut text = String::with_capacity(16 * 1024);
            encode(&mut text, &registry).map_err(|_| ScrapeError)?;
            Ok(text)
        });
        let text = rendered.await.map_err(|_| ScrapeError)??;
        Ok(if open_metrics {
            Scrape {
                content_type: HeaderValue::from_static(OPEN_METRICS),
                text,
            }
        } else {
            Scrape {
                content_type: HeaderValue::from_static(CLASSIC),
                text: classic::from_open_metrics(&text),
            }
        })
    }
}

fn wants_open_metrics(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("application/openmetrics-text"))
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::counter::Counter;

    use super::*;

    fn accept(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))])
    }

    #[tokio::test]
    async fn format_follows_the_scraper() {
        let mut registry = Registry::default();
        let requests: Counter = Counter::default();
        registry.register("gateway_requests", "Requests", requests.clone());
        let metrics = Metrics::new(registry, Handle::current());
        requests.inc_by(3);

        let plain = metrics.scrape(&HeaderMap::new()).await.ok().unwrap();
        assert_eq!(plain.content_type, CLASSIC);
        assert_eq!(
            plain.text,
            "# HELP gateway_requests_total Requests.\n# TYPE gateway_requests_total counter\ngateway_requests_total 3\n"
        );

        let prometheus =
            accept("application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5");
        let open = metrics.scrape(&prometheus).await.ok().unwrap();
        assert_eq!(open.content_type, OPEN_METRICS);
        assert!(open.text.ends_with("gateway_requests_total 3\n# EOF\n"));
    }
}
