//! One core with its connections, and the shortest ways to call and to wait.

use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use dvara_upstream::{
    Origin, Outbound, PoolLimits, Proxies, Resolver, Roots, TlsClient, UpstreamBody, UpstreamError,
    Upstreams,
};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

pub(crate) const CONNECT: Duration = Duration::from_secs(5);

/// No test takes nearly as long; one that hangs says so.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a test's core differs from the usual one.
pub(crate) struct Setup {
    pub(crate) roots: Roots,
    pub(crate) http2: bool,
    pub(crate) proxies: Proxies,
    pub(crate) limits: PoolLimits,
    /// Answers for names, instead of the system's.
    pub(crate) name_server: Option<std::net::SocketAddr>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            roots: Roots::default(),
            http2: true,
            proxies: Proxies::default(),
            limits: PoolLimits::default(),
            name_server: None,
        }
    }
}

impl Setup {
    pub(crate) fn trusting(pem: &str) -> Self {
        let mut setup = Self::default();
        setup.roots.add_pem(pem.as_bytes()).unwrap();
        setup
    }

    /// Runs a test on a core of its own. When it is over and its values are gone, every connection must be.
    pub(crate) fn run<F: Future<Output = ()>>(self, test: impl FnOnce(Rc<Upstreams>) -> F) {
        let background = Background::start();
        let handle = background.handle().clone();
        let resolver = match self.name_server {
            None => Resolver::new(handle),
            Some(address) => Resolver::asking(handle, crate::name_server::asking(address)),
        };
        let outbound = Outbound {
            resolver,
            tls: TlsClient::new(self.roots, self.http2).unwrap(),
            proxies: self.proxies,
        };
        let core = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build_local(tokio::runtime::LocalOptions::default())
            .unwrap();
        core.block_on(async {
            let upstreams = Upstreams::new(outbound, self.limits);
            tokio::time::timeout(PATIENCE, test(upstreams.clone()))
                .await
                .expect("something is never answered, and nobody notices");
            eventually("all that is still open is idle", || {
                upstreams.open() == upstreams.idle()
            })
            .await;
        });
    }
}

/// A runtime beside the core, for servers and names. Ends without waiting, because a core must not wait.
pub(crate) struct Background(Option<Runtime>);

impl Background {
    pub(crate) fn start() -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        Self(Some(
            builder.worker_threads(1).enable_all().build().unwrap(),
        ))
    }

    pub(crate) fn bind(&self) -> TcpListener {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let _entered = self.enter();
        TcpListener::from_std(listener).unwrap()
    }
}

impl std::ops::Deref for Background {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        self.0.as_ref().unwrap()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

pub(crate) fn on_one_core<F: Future<Output = ()>>(test: impl FnOnce(Rc<Upstreams>) -> F) {
    Setup::default().run(test);
}

pub(crate) fn origin(url: &str) -> Origin {
    Origin::of_base_url(url).unwrap().0
}

pub(crate) fn request_to(origin: &Origin) -> Request<Full<Bytes>> {
    Request::post("/v1/x")
        .header("host", origin.authority())
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from_static(b"{}")))
        .unwrap()
}

pub(crate) async fn call(
    upstreams: &Rc<Upstreams>,
    origin: &Origin,
) -> Result<Response<UpstreamBody>, UpstreamError> {
    upstreams.send(origin, request_to(origin), CONNECT).await
}

pub(crate) async fn refused(upstreams: &Rc<Upstreams>, origin: &Origin) -> UpstreamError {
    match call(upstreams, origin).await {
        Ok(response) => panic!("an answer: {}", response.status()),
        Err(error) => error,
    }
}

pub(crate) async fn text(response: Response<UpstreamBody>) -> String {
    let body = response.into_body().collect().await.unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

/// A whole call.
pub(crate) async fn answer(upstreams: &Rc<Upstreams>, origin: &Origin) -> String {
    text(call(upstreams, origin).await.unwrap()).await
}

/// A whole call that runs beside the test.
pub(crate) fn answer_beside(
    upstreams: &Rc<Upstreams>,
    origin: &Origin,
) -> JoinHandle<Result<String, UpstreamError>> {
    let (upstreams, origin) = (upstreams.clone(), origin.clone());
    tokio::task::spawn_local(async move {
        let body = call(&upstreams, &origin)
            .await?
            .into_body()
            .collect()
            .await?;
        Ok(String::from_utf8(body.to_bytes().to_vec()).unwrap())
    })
}

/// Many whole calls at once.
pub(crate) fn calls(
    upstreams: &Rc<Upstreams>,
    origin: &Origin,
    count: usize,
) -> Vec<JoinHandle<Result<String, UpstreamError>>> {
    (0..count)
        .map(|_| answer_beside(upstreams, origin))
        .collect()
}

/// The error with all its causes, as a log would show it.
pub(crate) fn chain(error: &UpstreamError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Waits until something holds, for ten seconds at most.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(10), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
