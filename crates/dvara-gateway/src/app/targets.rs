//! What is known of targets and providers: where it begins, and what is seen of it in metrics.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use dvara_upstream::targets::{BreakerState, Target, TargetSettings, Targets};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::core::Shared;
use crate::providers::{Provider, Providers};

/// No target is known yet; each will have its provider's settings.
pub(super) fn start(providers: &Providers) -> Targets {
    let of_provider = |provider: &Arc<Provider>| {
        let name = provider.name.as_str().to_owned();
        (name, provider.resilience.targets())
    };
    let settings: HashMap<String, TargetSettings> =
        providers.all().iter().map(of_provider).collect();
    Targets::new(move |provider| settings.get(provider).copied().unwrap_or_default())
}

/// Counts the shadows that are not sent.
pub(super) fn shadows_left_out(registry: &mut Registry) -> Counter {
    let counter = Counter::default();
    registry.register(
        "gateway_shadows_left_out",
        "Copies of calls that were not sent because too many were under way",
        counter.clone(),
    );
    counter
}

/// Registers what targets and providers show.
pub(super) fn register(registry: &mut Registry, shared: &Arc<Shared>) {
    registry.register_collector(Box::new(TargetMetrics(shared.clone())));
}

struct TargetMetrics(Arc<Shared>);

impl fmt::Debug for TargetMetrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TargetMetrics")
    }
}

/// 0 closed, 1 half open, 2 open.
fn number(state: BreakerState) -> u64 {
    match state {
        BreakerState::Closed => 0,
        BreakerState::HalfOpen => 1,
        BreakerState::Open => 2,
    }
}

/// What is said of one provider.
struct Line {
    name: &'static str,
    help: &'static str,
    is_counter: bool,
    /// Of its targets, of which there may be none.
    value: fn(&[&Target], Instant) -> u64,
}

const LINES: [Line; 6] = [
    Line {
        name: "gateway_circuit_breaker_state",
        help: "Whether the provider's targets are asked: the worst of its breakers, 0 closed, 1 half open, 2 open",
        is_counter: false,
        value: |targets, now| {
            let states = targets
                .iter()
                .map(|target| number(target.breaker.state(now)));
            states.max().unwrap_or(0)
        },
    },
    Line {
        name: "gateway_circuit_breaker_opened",
        help: "How often a breaker of the provider opened",
        is_counter: true,
        value: |targets, _| {
            targets
                .iter()
                .map(|target| target.breaker.opened_total())
                .sum()
        },
    },
    Line {
        name: "gateway_circuit_breaker_refused",
        help: "How often a breaker of the provider kept a call from being sent",
        is_counter: true,
        value: |targets, _| {
            targets
                .iter()
                .map(|target| target.breaker.refused_total())
                .sum()
        },
    },
    Line {
        name: "gateway_retries_denied",
        help: "Retries and hedges that the provider's budgets did not allow",
        is_counter: true,
        value: |targets, _| {
            targets
                .iter()
                .map(|target| target.retries.denied_total())
                .sum()
        },
    },
    Line {
        name: "gateway_provider_under_way",
        help: "Calls that hold one of the provider's places, where these are bounded",
        is_counter: false,
        value: |targets, _| {
            targets
                .first()
                .map_or(0, |target| target.lane.in_use() as u64)
        },
    },
    Line {
        name: "gateway_provider_waiting",
        help: "Calls that wait for one of the provider's places",
        is_counter: false,
        value: |targets, _| {
            targets
                .first()
                .map_or(0, |target| target.lane.waiting() as u64)
        },
    },
];

impl Collector for TargetMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let now = Instant::now();
        let targets = self.0.targets.all();
        for line in &LINES {
            let kind = if line.is_counter {
                ConstCounter::new(0_u64).metric_type()
            } else {
                ConstGauge::new(0_i64).metric_type()
            };
            let mut family = encoder.encode_descriptor(line.name, line.help, None, kind)?;
            for provider in self.0.providers.all() {
                let name = provider.name.as_str();
                let own = targets.iter().map(|target| &**target);
                let own: Vec<&Target> = own.filter(|target| *target.provider == *name).collect();
                let value = (line.value)(&own, now);
                let labels = [("provider", name)];
                let member = family.encode_family(&labels)?;
                if line.is_counter {
                    ConstCounter::new(value).encode(member)?;
                } else {
                    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(member)?;
                }
            }
        }
        Ok(())
    }
}
