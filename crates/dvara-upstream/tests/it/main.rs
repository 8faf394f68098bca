//! One core's connections against real sockets: reuse, hand-back, early drop, TLS.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod server;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dvara_upstream::{
    Origin, PoolLimits, Resolver, UpstreamBody, UpstreamError, Upstreams, tls_client,
};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use server::{Server, eventually};

const CONNECT: Duration = Duration::from_secs(5);

fn on_one_core<F: Future<Output = ()>>(test: impl FnOnce(Rc<Upstreams>) -> F) {
    on_one_core_with(tls_client(None).unwrap(), PoolLimits::default(), test);
}

fn on_one_core_with<F: Future<Output = ()>>(
    tls: Arc<rustls::ClientConfig>,
    limits: PoolLimits,
    test: impl FnOnce(Rc<Upstreams>) -> F,
) {
    let background = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let upstreams = Upstreams::new(Resolver::new(background.handle().clone()), tls, limits);
    let core = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(tokio::runtime::LocalOptions::default())
        .unwrap();
    core.block_on(test(upstreams));
}

fn request() -> Request<Full<Bytes>> {
    Request::post("/x")
        .header("host", "vendor")
        .body(Full::new(Bytes::from_static(b"{}")))
        .unwrap()
}

async fn call(
    upstreams: &Rc<Upstreams>,
    origin: &Origin,
) -> Result<Response<UpstreamBody>, UpstreamError> {
    upstreams.send(origin, request(), CONNECT).await
}

async fn text(response: Response<UpstreamBody>) -> String {
    String::from_utf8(
        response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .to_vec(),
    )
    .unwrap()
}

#[test]
fn an_answer_read_to_its_end_gives_its_connection_to_the_next_call() {
    let server = Server::start(|_, _| server::answer("one"));
    on_one_core(|upstreams| async move {
        for _ in 0..3 {
            assert_eq!(
                text(call(&upstreams, &server.origin()).await.unwrap()).await,
                "one"
            );
            assert_eq!(upstreams.idle(), 1);
        }
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn an_answer_dropped_early_closes_its_connection() {
    let server = Server::start(|_, _| server::endless());
    on_one_core(|upstreams| async move {
        let mut response = call(&upstreams, &server.origin()).await.unwrap();
        assert!(response.body_mut().frame().await.unwrap().is_ok());
        drop(response);
        eventually("the vendor sees its connection close", || {
            server.closed() == 1
        })
        .await;
        assert_eq!(upstreams.idle(), 0);
    });
}

#[test]
fn a_connection_that_the_vendor_closed_while_idle_is_not_used_again() {
    let server = Server::start(|_, _| server::answer("closed after").then_close());
    on_one_core(|upstreams| async move {
        for expected in 1..=3 {
            assert_eq!(
                text(call(&upstreams, &server.origin()).await.unwrap()).await,
                "closed after"
            );
            assert_eq!(server.connections(), expected);
            // What is sent before the close has arrived is the vendor's to answer for, and not tried again.
            eventually("the vendor has closed", || server.closed() == expected).await;
        }
    });
}

#[test]
fn a_vendor_that_nobody_runs_is_a_connect_error() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    on_one_core(|upstreams| async move {
        let (origin, _) = Origin::of_base_url(&format!("http://{gone}")).unwrap();
        assert!(matches!(
            call(&upstreams, &origin).await,
            Err(UpstreamError::Connect { .. })
        ));
    });
}

#[test]
fn a_name_without_address_is_a_resolve_error() {
    on_one_core(|upstreams| async move {
        let (origin, _) = Origin::of_base_url("http://nobody.invalid").unwrap();
        assert!(matches!(
            upstreams
                .send(&origin, request(), Duration::from_secs(20))
                .await,
            Err(UpstreamError::Resolve { .. } | UpstreamError::ConnectTimeout { .. })
        ));
    });
}

#[test]
fn an_answer_that_breaks_off_is_a_body_error() {
    let server = Server::start(|_, _| {
        server::raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort").then_close()
    });
    on_one_core(|upstreams| async move {
        let response = call(&upstreams, &server.origin()).await.unwrap();
        assert!(matches!(
            response.into_body().collect().await,
            Err(UpstreamError::Body(_))
        ));
        assert_eq!(upstreams.idle(), 0);
    });
}

#[test]
fn a_private_authority_is_trusted_only_when_its_bundle_is_given() {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let server = Server::start_tls(&certified, |_, _| server::answer("sealed"));
    let origin = Origin::of_base_url(&format!("https://localhost:{}", server.port()))
        .unwrap()
        .0;
    on_one_core(|upstreams| {
        let origin = origin.clone();
        async move {
            assert!(matches!(
                call(&upstreams, &origin).await,
                Err(UpstreamError::Tls { .. })
            ))
        }
    });
    let trusting = tls_client(Some(certified.cert.pem().as_bytes())).unwrap();
    on_one_core_with(trusting, PoolLimits::default(), |upstreams| async move {
        assert_eq!(
            text(call(&upstreams, &origin).await.unwrap()).await,
            "sealed"
        );
    });
}

#[test]
fn an_idle_connection_is_closed_after_its_time() {
    let server = Server::start(|_, _| server::answer("one"));
    let limits = PoolLimits {
        idle_timeout: Duration::from_millis(100),
        ..PoolLimits::default()
    };
    on_one_core_with(tls_client(None).unwrap(), limits, |upstreams| async move {
        text(call(&upstreams, &server.origin()).await.unwrap()).await;
        eventually("the idle connection is gone", || {
            upstreams.idle() == 0 && server.closed() == 1
        })
        .await;
    });
}
