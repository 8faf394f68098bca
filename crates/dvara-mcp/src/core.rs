//! What one core needs to answer requests.

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use dvara_service::actuator::Actuator;
use dvara_service::body::BodyLimits;
use dvara_service::cores::Plane;
use dvara_service::drain::Drain;
use dvara_store::Feed;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{Request, Response};

use crate::metrics::Metrics;

/// One core's MCP plane.
pub(crate) struct Core {
    pub(crate) actuator: Arc<Actuator>,
    pub(crate) feed: Feed,
    pub(crate) body: BodyLimits,
    pub(crate) drain: Drain,
    pub(crate) metrics: Metrics,
}

impl Plane for Core {
    type Body = Full<Bytes>;

    fn answer(
        self: Rc<Self>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Full<Bytes>>> + 'static {
        crate::http::answer(self, request)
    }

    async fn finish(self: Rc<Self>) {}
}
