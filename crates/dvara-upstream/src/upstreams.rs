//! One core's way out: sends a request on an idle connection or a fresh one.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::client::conn::http1::SendRequest;
use rustls::ClientConfig;

use crate::body::{Lent, UpstreamBody};
use crate::connect::Connector;
use crate::error::UpstreamError;
use crate::origin::Origin;
use crate::pool::Pool;
use crate::resolver::Resolver;

/// How many idle connections a core keeps, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// Idle connections per origin and core. By Little's law 40,000 calls a second of 20 ms hold 800 on all cores.
    pub idle_per_origin: usize,
    /// How long one may stay idle; shorter than what vendors' load balancers allow.
    pub idle_timeout: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            idle_per_origin: 512,
            idle_timeout: Duration::from_secs(50),
        }
    }
}

/// The upstream connections of one core. Must be used inside that core's runtime.
pub struct Upstreams {
    connector: Rc<Connector>,
    pool: Pool,
    limits: PoolLimits,
    sweeping: Cell<bool>,
}

impl Upstreams {
    /// An empty pool. Name resolution and TLS settings are shared by the process.
    pub fn new(resolver: Resolver, tls: Arc<ClientConfig>, limits: PoolLimits) -> Rc<Self> {
        let connector = Rc::new(Connector { resolver, tls });
        Rc::new(Self {
            connector,
            pool: Pool::default(),
            limits,
            sweeping: Cell::new(false),
        })
    }

    /// Sends a request whose target is a path (with its `Host` header set by the caller from [`Origin::authority`]) and waits for
    /// the answer's head. Dropping the future closes the connection. Only connecting is limited here; the other limits depend on the call.
    ///
    /// # Errors
    /// When no connection can be made within `connect_timeout`, or it breaks before the answer's head.
    pub async fn send(
        self: &Rc<Self>,
        origin: &Origin,
        mut request: Request<Full<Bytes>>,
        connect_timeout: Duration,
    ) -> Result<Response<UpstreamBody>, UpstreamError> {
        while let Some(mut sender) = self.pool.take(origin) {
            // The last answer on this connection may have ended a moment ago: its task has to notice first.
            if !sender.is_ready() && sender.ready().await.is_err() {
                continue;
            }
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(self.lend(origin, sender, response)),
                Err(mut error) => match error.take_message() {
                    // Closed by the server in the meantime: it never saw the request.
                    Some(unsent) => request = unsent,
                    None => return Err(exchange(origin, error.into_error())),
                },
            }
        }
        // Boxed: opening is rare, and its size would be copied with every call.
        let opening = self.connector.clone().open(origin.clone(), connect_timeout);
        let mut sender = Box::pin(opening).await?;
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| exchange(origin, error))?;
        Ok(self.lend(origin, sender, response))
    }

    /// How many connections are idle.
    pub fn idle(&self) -> usize {
        self.pool.len()
    }

    fn lend(
        self: &Rc<Self>,
        origin: &Origin,
        sender: SendRequest<Full<Bytes>>,
        response: Response<hyper::body::Incoming>,
    ) -> Response<UpstreamBody> {
        let lent = Lent {
            home: self.clone(),
            origin: origin.clone(),
            sender,
        };
        response.map(|incoming| UpstreamBody::new(incoming, lent))
    }

    pub(crate) fn keep(self: &Rc<Self>, origin: &Origin, sender: SendRequest<Full<Bytes>>) {
        self.pool.put(origin, sender, self.limits.idle_per_origin);
        if !self.sweeping.replace(true) {
            tokio::task::spawn_local(self.clone().sweep());
        }
    }

    /// Runs while any connection is idle, so that an unused core does not wake up.
    async fn sweep(self: Rc<Self>) {
        loop {
            tokio::time::sleep(self.limits.idle_timeout / 2).await;
            if !self.pool.sweep(self.limits.idle_timeout) {
                self.sweeping.set(false);
                return;
            }
        }
    }
}

fn exchange(origin: &Origin, source: hyper::Error) -> UpstreamError {
    UpstreamError::Exchange {
        origin: origin.to_string(),
        source,
    }
}
