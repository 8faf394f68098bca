//! The connections of one core to one origin, on the one way that leads there.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::PROXY_AUTHORIZATION;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper::client::conn::http1::SendRequest;

use crate::error::UpstreamError;
use crate::origin::Origin;
use crate::proxy::Proxy;
use crate::shared::Shared;

/// How many connections a core keeps, for how long, and what it asks of one.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// Idle HTTP/1.1 connections per origin and core. By Little's law 40,000 calls a second of 20 ms hold 800 on all cores.
    pub idle_per_origin: usize,
    /// How long one may stay idle; shorter than what vendors' load balancers allow.
    pub idle_timeout: Duration,
    /// How long a connection takes on requests, from its making; some a little less, lest all that were made together end together.
    /// One that is always in use would else never follow its name to another address.
    pub max_age: Duration,
    /// Requests at once on one HTTP/2 connection (design §2 "Cores"); less where the vendor allows less.
    pub http2_requests: usize,
    /// How often an HTTP/2 connection with open requests is asked whether it is alive.
    pub http2_ping_interval: Duration,
    /// How long its answer may take; then the connection is dead, with all that is on it.
    pub http2_ping_timeout: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            idle_per_origin: 512,
            idle_timeout: Duration::from_secs(50),
            max_age: Duration::from_mins(5),
            http2_requests: 100,
            http2_ping_interval: Duration::from_secs(20),
            http2_ping_timeout: Duration::from_secs(10),
        }
    }
}

/// The connections to one origin. Borrowed for the length of a call that never waits.
///
/// Scheme, host and port are the origin's; the proxy follows from them, as long as the process runs; the protocol is one of the two
/// halves below. So no connection is ever handed to a request that would have made another kind of it.
pub(crate) struct Pool {
    pub(crate) origin: Origin,
    pub(crate) proxy: Option<Proxy>,
    /// Idle HTTP/1.1 connections, the most recently used one last.
    idle: RefCell<Vec<Idle>>,
    /// HTTP/2 connections, idle or not.
    pub(crate) shared: Rc<Shared>,
    /// Whether the origin may turn out to speak HTTP/2. Until that is known, requests wait for the first connection to tell.
    pub(crate) may_share: Cell<bool>,
}

/// An HTTP/1.1 connection.
pub(crate) struct Http1 {
    pub(crate) sender: SendRequest<Full<Bytes>>,
    /// From when on it takes on no more requests.
    pub(crate) retires: Instant,
}

struct Idle {
    connection: Http1,
    since: Instant,
}

impl Pool {
    /// Without a connection. With `http2`, the origin may speak it, `requests` at once on one connection.
    pub(crate) fn new(origin: Origin, proxy: Option<Proxy>, http2: bool, requests: usize) -> Self {
        let may_share = Cell::new(http2 && origin.is_tls());
        Self {
            origin,
            proxy,
            idle: RefCell::default(),
            shared: Shared::new(requests),
            may_share,
        }
    }

    /// The youngest idle connection that its server has not closed.
    pub(crate) fn take(&self) -> Option<Http1> {
        let mut idle = self.idle.borrow_mut();
        while let Some(Idle { connection, .. }) = idle.pop() {
            if !connection.sender.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection for the next request, unless it is closed or old, or enough are kept.
    pub(crate) fn put(&self, connection: Http1, bound: usize) {
        let mut idle = self.idle.borrow_mut();
        let since = Instant::now();
        if !connection.sender.is_closed() && since < connection.retires && idle.len() < bound {
            idle.push(Idle { connection, since });
        }
    }

    /// Drops what has been idle for longer than `limit`, is old or closed; says whether any connection is left.
    pub(crate) fn sweep(&self, limit: Duration) -> bool {
        let now = Instant::now();
        let mut idle = self.idle.borrow_mut();
        idle.retain(|Idle { connection, since }| {
            let fresh = now < *since + limit && now < connection.retires;
            fresh && !connection.sender.is_closed()
        });
        self.shared.sweep(limit, now) || !idle.is_empty()
    }

    /// How many connections are idle.
    pub(crate) fn idle(&self) -> usize {
        let idle = self.idle.borrow();
        let alive = idle
            .iter()
            .filter(|idle| !idle.connection.sender.is_closed());
        alive.count() + self.shared.idle()
    }

    /// A proxy forwards requests to an `http://` origin itself, without a tunnel (RFC 9112, section 3.2.2).
    fn forwarder(&self) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|_| !self.origin.is_tls())
    }

    /// Puts a request into the form that the first hop expects.
    pub(crate) fn address(&self, request: &mut Request<Full<Bytes>>) {
        if let Some(proxy) = self.forwarder() {
            *request.uri_mut() = self.origin.absolute(request.uri());
            if let Some(authorization) = proxy.authorization() {
                let headers = request.headers_mut();
                headers.insert(PROXY_AUTHORIZATION, authorization.clone());
            }
        }
    }

    /// A forwarding proxy's own refusal, which would look like the vendor's answer.
    pub(crate) fn refusal(&self, status: StatusCode) -> Option<UpstreamError> {
        let proxy = self.forwarder()?;
        (status == StatusCode::PROXY_AUTHENTICATION_REQUIRED).then(|| UpstreamError::ProxyRefused {
            proxy: proxy.to_string(),
            origin: self.origin.to_string(),
            status,
        })
    }

    pub(crate) fn exchange(&self, source: hyper::Error) -> UpstreamError {
        UpstreamError::Exchange {
            origin: self.to_string(),
            source,
        }
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.proxy {
            None => write!(formatter, "{}", self.origin),
            Some(proxy) => write!(formatter, "{} through proxy {proxy}", self.origin),
        }
    }
}
