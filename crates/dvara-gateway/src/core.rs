//! What one core needs to answer requests: its own connections and ledgers, and its share of what the process has once.

use std::rc::Rc;
use std::sync::Arc;

use dvara_ledger::Ledgers;
use dvara_service::actuator::Actuator;
use dvara_service::cores::Plane;
use dvara_service::drain::Drain;
use dvara_store::feed::Feed;
use dvara_upstream::Upstreams;
use hyper::body::Incoming;
use hyper::{Request, Response};

use crate::http::body::GatewayBody;
use crate::providers::Providers;
use crate::rates::Rates;
use crate::settings::DataPlaneSettings;

/// What all cores of a process share. Read-only on the request path.
pub(crate) struct Shared {
    pub(crate) settings: DataPlaneSettings,
    pub(crate) providers: Providers,
    pub(crate) feed: Feed,
    pub(crate) rates: Rates,
}

/// One core's gateway.
pub(crate) struct Core {
    pub(crate) shared: Arc<Shared>,
    pub(crate) actuator: Arc<Actuator>,
    pub(crate) upstreams: Rc<Upstreams>,
    pub(crate) ledgers: Ledgers,
    pub(crate) drain: Drain,
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
