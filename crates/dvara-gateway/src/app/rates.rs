//! Request rates: what shares them with the fleet, and their metrics.

use std::fmt;
use std::sync::Arc;

use dvara_cluster::Cluster;
use dvara_limits::{Engine, Sharing};
use dvara_service::metrics::encode_counters;
use dvara_service::process::Foundation;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::registry::Registry;

use crate::core::Shared;
use crate::rates::Rates;
use crate::settings::RateLimitSettings;

/// Begins to count and to share, where limiting is on.
pub(super) async fn start(
    settings: RateLimitSettings,
    foundation: &Foundation,
    fleet: &Cluster,
) -> Rates {
    if !settings.enabled {
        return Rates::new(settings, None);
    }
    let engine = Engine::PostgreSql(foundation.store.clone());
    let (limits, sharing) = Sharing::start(engine, fleet.live()).await;
    let stop = foundation.tasks.cancel_token();
    let sharing = sharing.run(stop.cancelled_owned());
    foundation.tasks.spawn("request rates", sharing);
    Rates::new(settings, Some(limits))
}

/// Registers what is counted; at 0 where limiting is off.
pub(super) fn register(registry: &mut Registry, shared: &Arc<Shared>) {
    registry.register_collector(Box::new(RateMetrics(shared.clone())));
}

struct RateMetrics(Arc<Shared>);

impl fmt::Debug for RateMetrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RateMetrics")
    }
}

impl Collector for RateMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let counted = self.0.rates.counters();
        encode_counters(
            &mut encoder,
            &[
                (
                    "gateway_rate_limit_allowed",
                    "Calls that their key's rate let through",
                    counted.allowed,
                ),
                (
                    "gateway_rate_limit_errors",
                    "Calls judged by this gateway's share of the limit, because the fleet's counts were not known",
                    counted.errors,
                ),
            ],
        )?;
        let denied = ConstCounter::new(counted.denied);
        let mut family = encoder.encode_descriptor(
            "gateway_rate_limit_denied",
            "Calls refused with 429, by what was used up",
            None,
            denied.metric_type(),
        )?;
        denied.encode(family.encode_family(&[("reason", "request")])?)
    }
}
