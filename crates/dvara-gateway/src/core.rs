//! What one core needs to answer requests: its own connections and ledgers, and its share of what the process has once.

use std::rc::Rc;
use std::sync::Arc;

use dvara_crypto::cluster::ClusterKey;
use dvara_ledger::Ledgers;
use dvara_service::actuator::Actuator;
use dvara_service::cores::Plane;
use dvara_service::drain::Drain;
use dvara_store::feed::Feed;
use dvara_upstream::Upstreams;
use dvara_upstream::targets::Targets;
use hyper::body::Incoming;
use hyper::{Request, Response};
use prometheus_client::metrics::counter::Counter;

use crate::http::body::GatewayBody;
use crate::outside::Outside;
use crate::plan::Limits;
use crate::providers::Providers;
use crate::rates::Rates;
use crate::routing::Turns;
use crate::rules::RuleMetrics;
use crate::settings::DataPlaneSettings;

/// What all cores of a process share. Read-only on the request path.
pub(crate) struct Shared {
    pub(crate) settings: DataPlaneSettings,
    pub(crate) providers: Providers,
    pub(crate) feed: Feed,
    pub(crate) rates: Rates,
    /// What is known of the targets: breakers, latencies.
    pub(crate) targets: Targets,
    /// What is known of vendors' limits.
    pub(crate) limits: Limits,
    /// Whose turn it is on the routes that go round.
    pub(crate) turns: Turns,
    /// The gateway's own region, if it has one.
    pub(crate) region: Option<String>,
    /// What the rules count.
    pub(crate) rules: Arc<RuleMetrics>,
    /// Who else is asked about calls.
    pub(crate) outside: Outside,
    /// What tokens for personal data are made with.
    pub(crate) token_root: ClusterKey,
    /// Shadows that were not sent because too many were under way.
    pub(crate) shadows_left_out: Counter,
}

/// One core's gateway.
pub(crate) struct Core {
    pub(crate) shared: Arc<Shared>,
    pub(crate) actuator: Arc<Actuator>,
    pub(crate) upstreams: Rc<Upstreams>,
    pub(crate) ledgers: Ledgers,
    pub(crate) drain: Drain,
    /// Held by each shadow that is under way.
    pub(crate) shadows: Rc<()>,
}

impl Plane for Core {
    type Body = GatewayBody;

    fn answer(
        self: Rc<Self>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<GatewayBody>> + 'static {
        crate::http::answer(self, request)
    }

    async fn finish(self: Rc<Self>) {
        self.ledgers.flush();
    }
}
