//! Where requests come in on a core, and go to the background runtime to be answered.

use std::rc::Rc;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use dvara_dialects::head::Head;
use dvara_service::actuator::Actuator;
use dvara_service::background::away;
use dvara_service::cores::Plane;
use dvara_service::drain::Drain;
use dvara_service::random;
use hyper::body::Incoming;
use hyper::{Request, Response};
use tokio::runtime::Handle;
use tower::ServiceExt as _;

use crate::error::{DeskError, Surface};

/// One core's Flightdeck.
pub(crate) struct Desk {
    pub(crate) actuator: Arc<Actuator>,
    pub(crate) router: Router,
    pub(crate) background: Handle,
    pub(crate) drain: Drain,
}

impl Plane for Desk {
    type Body = Body;

    async fn answer(self: Rc<Self>, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path();
        if Actuator::owns(path) {
            let asked = self
                .actuator
                .answer(request.method(), path, request.headers());
            if let Some(answer) = asked.await {
                return answer.map(Body::new);
            }
        }
        let (surface, trace_id) = (Surface::of(path), trace_id(&request));
        // Done where the store is. A panic is the end of one request, and this is where it is told.
        let work = self.router.clone().oneshot(request.map(Body::new));
        let failed = tokio::select! {
            biased;
            answer = away(&self.background, work) => match answer {
                Some(Ok(answer)) => return answer,
                None => DeskError::Internal,
            },
            () = self.drain.cutting() => DeskError::ShuttingDown,
        };
        failed.render(surface, &trace_id)
    }

    async fn finish(self: Rc<Self>) {}
}

fn trace_id(request: &Request<Incoming>) -> String {
    Head::of(request.headers(), random::trace_id).trace_id
}
