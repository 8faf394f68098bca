//! What a scraper sees of the change feed. The names are those that dashboards of the gateway know; every service has them.

use std::fmt;

use dvara_store::Feed;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use crate::metrics::{encode_counters, encode_gauges};

/// The counters of a feed.
#[derive(Debug)]
pub(super) struct FeedMetrics(pub(super) Feed);

impl Collector for FeedMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let feed = self.0.counters();
        encode_counters(
            &mut encoder,
            &[
                (
                    "gateway_config_poller_errors",
                    "Polls of the configuration that failed",
                    feed.poll_errors,
                ),
                (
                    "gateway_config_poller_areas_refreshed",
                    "Areas of the configuration that were read again",
                    feed.areas_refreshed,
                ),
            ],
        )?;
        encode_gauges(
            &mut encoder,
            &[
                (
                    "gateway_config_poller_up",
                    "Whether the last poll of the configuration succeeded",
                    u64::from(feed.up),
                ),
                (
                    "gateway_config_staleness_seconds",
                    "Since the configuration was last confirmed",
                    self.0.staleness().as_secs(),
                ),
            ],
        )?;
        Ok(())
    }
}
