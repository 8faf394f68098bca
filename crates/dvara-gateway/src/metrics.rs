//! The gateway's metrics (operations sheet B6). Counted from settlements, in batches, off the request path.
//!
//! Labels are closed enums or bounded sets: a name that a caller chose is kept only while there are few of them, then it
//! counts as `other`; what is not known counts as `unknown`.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use dvara_ledger::{Hop, Outcome, Settlement};
use dvara_types::ProviderName;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Distinct values of a caller-named label before the rest counts as `other` (operations sheet B6).
pub(crate) const NAMES: usize = 50;
/// Distinct tenants, which operators name.
const TENANTS: usize = 1_000;
const UNKNOWN: &str = "unknown";
const OTHER: &str = "other";

/// Seconds; from a cache-like 5 ms to a reasoning model's minutes.
const LATENCY: [f64; 16] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0,
];
/// Seconds; what we add ourselves is microseconds to a few milliseconds.
const OVERHEAD: [f64; 10] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    tenant: Arc<str>,
    model: Arc<str>,
    provider: Arc<str>,
    status: u16,
    region: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TokenLabels {
    tenant: Arc<str>,
    model: Arc<str>,
    direction: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProviderErrorLabels {
    provider: Arc<str>,
    error_code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RetryLabels {
    provider: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FallbackLabels {
    from_provider: Arc<str>,
    to_provider: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SkipLabels {
    provider: Arc<str>,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CanaryLabels {
    route_id: Arc<str>,
    variant: &'static str,
    model: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ShadowLabels {
    route_id: Arc<str>,
    primary_provider: Arc<str>,
    shadow_provider: Arc<str>,
}

#[derive(Clone)]
struct Buckets(&'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

/// The metric families, and the names that labels may take.
pub(crate) struct Metrics {
    requests: Family<CallLabels, Counter>,
    latency: Family<CallLabels, Histogram, Buckets>,
    overhead: Histogram,
    tokens: Family<TokenLabels, Counter>,
    provider_errors: Family<ProviderErrorLabels, Counter>,
    retries: Family<RetryLabels, Counter>,
    fallbacks: Family<FallbackLabels, Counter>,
    skipped: Family<SkipLabels, Counter>,
    canaries: Family<CanaryLabels, Counter>,
    shadows: Family<ShadowLabels, Counter>,
    hedges: Counter,
    abandoned: Counter,
    names: Mutex<Names>,
    region: Arc<str>,
    unknown: Arc<str>,
}

struct Names {
    tenants: Bounded,
    models: Bounded,
}

#[derive(Debug)]
pub(crate) struct Bounded {
    seen: HashSet<Arc<str>>,
    most: usize,
    other: Arc<str>,
}

impl Bounded {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            seen: HashSet::new(),
            most,
            other: OTHER.into(),
        }
    }

    pub(crate) fn label(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.seen.get(name) {
            return known.clone();
        }
        if self.seen.len() >= self.most {
            return self.other.clone();
        }
        let name: Arc<str> = name.into();
        self.seen.insert(name.clone());
        name
    }
}

impl Metrics {
    /// Registers the families. `region` is the gateway's, if it has one.
    pub(crate) fn register(registry: &mut Registry, region: Option<&str>) -> Self {
        let metrics = Self {
            requests: Family::default(),
            latency: Family::new_with_constructor(Buckets(&LATENCY)),
            overhead: Histogram::new(OVERHEAD.iter().copied()),
            tokens: Family::default(),
            provider_errors: Family::default(),
            retries: Family::default(),
            fallbacks: Family::default(),
            skipped: Family::default(),
            canaries: Family::default(),
            shadows: Family::default(),
            hedges: Counter::default(),
            abandoned: Counter::default(),
            names: Mutex::new(Names {
                tenants: Bounded::new(TENANTS),
                models: Bounded::new(NAMES),
            }),
            region: region.unwrap_or(UNKNOWN).into(),
            unknown: UNKNOWN.into(),
        };
        registry.register(
            "gateway_requests",
            "Calls by outcome",
            metrics.requests.clone(),
        );
        registry.register(
            "gateway_latency_seconds",
            "From a call's head to its last byte",
            metrics.latency.clone(),
        );
        registry.register(
            "gateway_overhead_seconds",
            "What the gateway itself adds to the first byte: its time without the wait for a vendor",
            metrics.overhead.clone(),
        );
        registry.register(
            "gateway_tokens",
            "Tokens by direction",
            metrics.tokens.clone(),
        );
        registry.register(
            "gateway_provider_errors",
            "Attempts that a vendor failed",
            metrics.provider_errors.clone(),
        );
        registry.register(
            "gateway_retries",
            "Attempts at a provider that had just failed the call",
            metrics.retries.clone(),
        );
        registry.register(
            "gateway_fallbacks",
            "Attempts at another provider than the one that had just failed the call",
            metrics.fallbacks.clone(),
        );
        registry.register(
            "gateway_targets_skipped",
            "Targets that were passed over, by why",
            metrics.skipped.clone(),
        );
        registry.register(
            "gateway_canary_requests",
            "Calls of routes with an experiment, by its side",
            metrics.canaries.clone(),
        );
        registry.register(
            "gateway_shadow_requests",
            "Copies of calls that shadow targets got",
            metrics.shadows.clone(),
        );
        registry.register(
            "gateway_hedges",
            "Calls for which a second target was asked because the first took long",
            metrics.hedges.clone(),
        );
        registry.register(
            "gateway_calls_abandoned",
            "Calls whose caller left first",
            metrics.abandoned.clone(),
        );
        metrics
    }

    /// Counts a batch of settled calls.
    pub(crate) fn count(&self, settlements: &[Settlement]) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        for settlement in settlements {
            self.count_one(settlement, &mut names);
        }
    }

    fn count_one(&self, settlement: &Settlement, names: &mut Names) {
        if let Some(primary) = &settlement.shadow_of {
            return self.count_shadow(settlement, primary);
        }
        let unknown = || self.unknown.clone();
        let tenant = settlement
            .tenant
            .as_ref()
            .map_or_else(unknown, |tenant| names.tenants.label(tenant.as_str()));
        // Only what a provider was asked for is a model; anything else is a caller's free text.
        let model = settlement
            .model
            .as_ref()
            .map_or_else(unknown, |model| names.models.label(model));
        let provider: Arc<str> = settlement
            .provider
            .as_ref()
            .map_or_else(unknown, |provider| provider.as_str().into());
        let labels = CallLabels {
            tenant: tenant.clone(),
            model: model.clone(),
            provider: provider.clone(),
            status: settlement.status,
            region: self.region.clone(),
        };
        self.requests.get_or_create(&labels).inc();
        self.latency
            .get_or_create(&labels)
            .observe(settlement.total.as_secs_f64());
        if let (Some(first_byte), Some(upstream)) = (settlement.first_byte, settlement.upstream) {
            self.overhead
                .observe(first_byte.saturating_sub(upstream).as_secs_f64());
        }
        if let Some(usage) = &settlement.usage {
            for (direction, tokens) in [
                ("input", usage.input_total()),
                ("output", usage.output_total()),
            ] {
                let labels = TokenLabels {
                    tenant: tenant.clone(),
                    model: model.clone(),
                    direction,
                };
                self.tokens.get_or_create(&labels).inc_by(tokens.0);
            }
        }
        for hop in &settlement.hops {
            self.count_hop(hop);
        }
        self.count_choice(settlement, &model);
        match settlement.outcome {
            Outcome::Failed if settlement.attempts > 0 => {
                self.count_provider_error(provider, settlement.error_code.unwrap_or(UNKNOWN));
            }
            Outcome::Abandoned => {
                self.abandoned.inc();
            }
            Outcome::Failed | Outcome::Completed | Outcome::Refused => {}
        }
    }
}

impl Metrics {
    fn count_hop(&self, hop: &Hop) {
        let from: Arc<str> = hop.from.as_str().into();
        self.count_provider_error(from.clone(), hop.error_code);
        if hop.from == hop.to {
            let labels = RetryLabels { provider: from };
            self.retries.get_or_create(&labels).inc();
        } else {
            let labels = FallbackLabels {
                from_provider: from,
                to_provider: hop.to.as_str().into(),
            };
            self.fallbacks.get_or_create(&labels).inc();
        }
    }

    fn count_choice(&self, settlement: &Settlement, model: &Arc<str>) {
        for skip in &settlement.skips {
            let labels = SkipLabels {
                provider: skip.provider.as_str().into(),
                reason: skip.reason,
            };
            self.skipped.get_or_create(&labels).inc();
        }
        if let (Some(variant), Some(route)) = (settlement.variant, &settlement.route) {
            let labels = CanaryLabels {
                route_id: route.as_str().into(),
                variant: variant.as_str(),
                model: model.clone(),
            };
            self.canaries.get_or_create(&labels).inc();
        }
        if settlement.hedged {
            self.hedges.inc();
        }
    }

    fn count_shadow(&self, settlement: &Settlement, primary: &ProviderName) {
        let (Some(route), Some(shadow)) = (&settlement.route, &settlement.provider) else {
            return;
        };
        let labels = ShadowLabels {
            route_id: route.as_str().into(),
            primary_provider: primary.as_str().into(),
            shadow_provider: shadow.as_str().into(),
        };
        self.shadows.get_or_create(&labels).inc();
    }

    fn count_provider_error(&self, provider: Arc<str>, error_code: &'static str) {
        let labels = ProviderErrorLabels {
            provider,
            error_code,
        };
        self.provider_errors.get_or_create(&labels).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_takes_so_many_names_and_then_other() {
        let mut bounded = Bounded::new(2);
        assert_eq!(&*bounded.label("a"), "a");
        assert_eq!(&*bounded.label("b"), "b");
        assert_eq!(&*bounded.label("c"), "other");
        assert_eq!(&*bounded.label("a"), "a");
    }
}
