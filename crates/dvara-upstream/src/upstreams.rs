//! One core's way out: sends a request on a connection that is there or on a fresh one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;

use crate::body::{Lent, UpstreamBody};
use crate::connect::{Ages, Connector, Opened, Patience};
use crate::error::{Step, UpstreamError};
use crate::http2::{self, Failure, Lease};
use crate::open::OpenCount;
use crate::origin::Origin;
use crate::pool::{Http1, Pool, PoolLimits};
use crate::proxy::Proxies;
use crate::resolver::Resolver;
use crate::shared::Next;
use crate::tls::TlsClient;

/// How often shared connections may hand a request back before it gets one of its own, whose word is final.
const MAX_REFUSALS: usize = 3;

/// What the ways out of a process are made of. Cheap to clone: every core takes one.
#[derive(Clone)]
pub struct Outbound {
    /// Names to addresses.
    pub resolver: Resolver,
    /// Roots and protocols.
    pub tls: TlsClient,
    /// What stands between us and vendors.
    pub proxies: Proxies,
}

/// The upstream connections of one core. Must be used inside that core's runtime.
pub struct Upstreams {
    connector: Connector,
    proxies: Proxies,
    /// A process has a handful of origins: looking at each is quicker than hashing one.
    pools: RefCell<Vec<Rc<Pool>>>,
    sweeping: Cell<bool>,
}

impl Upstreams {
    /// No connection yet.
    pub fn new(outbound: Outbound, limits: PoolLimits) -> Rc<Self> {
        Rc::new(Self {
            connector: Connector {
                resolver: outbound.resolver,
                tls: outbound.tls,
                limits,
                open: OpenCount::default(),
                ages: Ages::default(),
            },
            proxies: outbound.proxies,
            pools: RefCell::default(),
            sweeping: Cell::new(false),
        })
    }

    /// Sends a request whose target is a path (with its `Host` header set by the caller from [`Origin::authority`]) and waits for
    /// the answer's head. Dropping the future closes the connection, or resets the stream of a shared one. Only connecting is
    /// limited here; the other limits depend on the call.
    ///
    /// # Errors
    /// When no connection can be made within `connect_timeout`, or it breaks before the answer's head.
    pub async fn send(
        self: &Rc<Self>,
        origin: &Origin,
        mut request: Request<Full<Bytes>>,
        connect_timeout: Duration,
    ) -> Result<Response<UpstreamBody>, UpstreamError> {
        let pool = self.pool(origin);
        pool.address(&mut request);
        while let Some(mut connection) = pool.take() {
            let sender = &mut connection.sender;
            // The last answer on this connection may have ended a moment ago: its task has to notice first.
            if !sender.is_ready() && sender.ready().await.is_err() {
                continue;
            }
            match sender.try_send_request(request).await {
                Ok(response) => return self.lend(pool, connection, response),
                Err(mut error) => match error.take_message() {
                    // Closed by the server in the meantime: it never saw the request.
                    Some(unsent) => request = unsent,
                    None => return Err(pool.exchange(error.into_error())),
                },
            }
        }
        // Boxed: what is rare should not make the common call larger.
        if pool.may_share.get() {
            return Box::pin(self.send_shared(pool, request, connect_timeout)).await;
        }
        let patience = Patience::new(connect_timeout);
        Box::pin(self.send_fresh(pool, request, patience)).await
    }

    /// How many connections are idle.
    pub fn idle(&self) -> usize {
        self.pools.borrow().iter().map(|pool| pool.idle()).sum()
    }

    /// How many connections are open, idle or in use. One whose last task has not noticed its end yet still counts.
    pub fn open(&self) -> usize {
        self.connector.open.get()
    }

    fn pool(self: &Rc<Self>, origin: &Origin) -> Rc<Pool> {
        let mut pools = self.pools.borrow_mut();
        if let Some(pool) = pools.iter().find(|pool| pool.origin == *origin) {
            return pool.clone();
        }
        let proxy = self.proxies.of(origin).cloned();
        let Connector { tls, limits, .. } = &self.connector;
        let pool = Pool::new(origin.clone(), proxy, tls.http2, limits.http2_requests);
        let pool = Rc::new(pool);
        pools.push(pool.clone());
        self.watch();
        pool
    }

    /// To an origin that may speak HTTP/2: requests share connections, and the making of one.
    async fn send_shared(
        self: &Rc<Self>,
        pool: Rc<Pool>,
        request: Request<Full<Bytes>>,
        connect_timeout: Duration,
    ) -> Result<Response<UpstreamBody>, UpstreamError> {
        let mut refusals = 0;
        let mut patience = Patience::new(connect_timeout);
        while pool.may_share.get() {
            let lease = match pool.shared.next() {
                Next::Send(lease) => lease,
                Next::Wait(opening) => {
                    let step = Cell::new(Step::Sharing);
                    if patience.await_it(&pool, &step, opening.failed()).await? {
                        break;
                    }
                    continue;
                }
                Next::Open(opener) => {
                    let opened = self.open_one(&pool, patience).await;
                    match opened.inspect_err(|_| opener.fail())? {
                        Opened::Http2(connection) => pool.shared.add(connection),
                        Opened::Http1(connection) => {
                            drop(opener);
                            return self.send_first(pool, connection, request).await;
                        }
                    }
                }
            };
            match self.send_on(&pool, lease, &request).await {
                Ok(response) => return Ok(response),
                Err(Failure::Broken(error)) => return Err(pool.exchange(error)),
                Err(Failure::Unsent(_)) => {
                    refusals += 1;
                    patience = Patience::new(connect_timeout);
                    if refusals == MAX_REFUSALS {
                        break;
                    }
                }
            }
        }
        self.send_fresh(pool, request, patience).await
    }

    /// On a connection of its own making.
    async fn send_fresh(
        self: &Rc<Self>,
        pool: Rc<Pool>,
        request: Request<Full<Bytes>>,
        patience: Patience,
    ) -> Result<Response<UpstreamBody>, UpstreamError> {
        match self.open_one(&pool, patience).await? {
            Opened::Http1(connection) => self.send_first(pool, connection, request).await,
            Opened::Http2(connection) => {
                let lease = pool.shared.add(connection);
                let sent = self.send_on(&pool, lease, &request).await;
                sent.map_err(|(Failure::Broken(error) | Failure::Unsent(error))| {
                    pool.exchange(error)
                })
            }
        }
    }

    async fn send_on(
        &self,
        pool: &Pool,
        lease: Lease,
        request: &Request<Full<Bytes>>,
    ) -> Result<Response<UpstreamBody>, Failure> {
        match lease.send(http2::request(&pool.origin, request)).await {
            Ok(response) => {
                Ok(response.map(|incoming| UpstreamBody::new(incoming, Lent::Http2(lease))))
            }
            Err(failure) => {
                pool.shared.forget_spent();
                Err(failure)
            }
        }
    }

    async fn open_one(
        self: &Rc<Self>,
        pool: &Pool,
        patience: Patience,
    ) -> Result<Opened, UpstreamError> {
        let opened = self.connector.open(pool, patience).await?;
        match &opened {
            Opened::Http1(_) => pool.may_share.set(false),
            Opened::Http2(_) => {
                pool.may_share.set(true);
                self.watch();
            }
        }
        Ok(opened)
    }

    async fn send_first(
        self: &Rc<Self>,
        pool: Rc<Pool>,
        mut connection: Http1,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<UpstreamBody>, UpstreamError> {
        match connection.sender.send_request(request).await {
            Ok(response) => self.lend(pool, connection, response),
            Err(error) => Err(pool.exchange(error)),
        }
    }

    fn lend(
        self: &Rc<Self>,
        pool: Rc<Pool>,
        connection: Http1,
        response: Response<Incoming>,
    ) -> Result<Response<UpstreamBody>, UpstreamError> {
        if let Some(refusal) = pool.refusal(response.status()) {
            return Err(refusal);
        }
        let lent = Lent::Http1 {
            home: self.clone(),
            pool,
            connection,
        };
        Ok(response.map(|incoming| UpstreamBody::new(incoming, lent)))
    }

    pub(crate) fn keep(self: &Rc<Self>, pool: &Pool, connection: Http1) {
        pool.put(connection, self.connector.limits.idle_per_origin);
        self.watch();
    }

    fn watch(self: &Rc<Self>) {
        if !self.sweeping.replace(true) {
            tokio::task::spawn_local(self.clone().sweep());
        }
    }

    /// Runs while there is a pool, so that an unused core does not wake up.
    async fn sweep(self: Rc<Self>) {
        let limit = self.connector.limits.idle_timeout;
        loop {
            tokio::time::sleep(limit / 2).await;
            let mut pools = self.pools.borrow_mut();
            // A pool that a request holds stays: its connection comes back to it.
            pools.retain(|pool| pool.sweep(limit) || Rc::strong_count(pool) > 1);
            if pools.is_empty() {
                self.sweeping.set(false);
                return;
            }
        }
    }
}
