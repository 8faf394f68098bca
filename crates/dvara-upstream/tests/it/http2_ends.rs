//! HTTP/2 connections that end, refuse, die, or never come to be.

use std::time::Duration;

use dvara_upstream::{PoolLimits, UpstreamError};
use http_body_util::BodyExt as _;

use crate::authority::Authority;
use crate::core::{
    Background, CONNECT, Setup, answer, answer_beside, call, calls, chain, eventually, origin,
    request_to,
};
use crate::http2_server::{Http2Server, Reply, fine, unseeing};

#[test]
fn goaway_moves_new_requests_to_a_fresh_connection() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |connection, _| {
        if connection == 0 { Reply::Hold } else { fine() }
    });
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        let running = answer_beside(&upstreams, &server.origin());
        eventually("it is there", || server.requests() == 1).await;
        server.go_away();
        // GOAWAY takes a moment to arrive; what is sent before it has arrived still runs on the old connection.
        let mut early = Vec::new();
        while server.connections() == 1 {
            early.push(answer_beside(&upstreams, &server.origin()));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(answer(&upstreams, &server.origin()).await, "fine");
        let before = server.requests_on(0);
        assert_eq!(answer(&upstreams, &server.origin()).await, "fine");
        assert_eq!((server.requests_on(0), server.connections()), (before, 2));
        server.release();
        assert_eq!(running.await.unwrap().unwrap(), "held");
        for call in early {
            call.await.unwrap().unwrap();
        }
        eventually("the old connection is gone", || {
            server.closed() == 1 && upstreams.open() == 1
        })
        .await;
    });
}

#[test]
fn a_request_that_goaway_names_as_not_seen_is_sent_again() {
    let authority = Authority::new();
    let server = unseeing(authority.server(&["h2"]));
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        assert_eq!(answer(&upstreams, &server.origin()).await, "seen");
        assert_eq!(server.requests(), 1);
        assert_eq!(upstreams.idle(), 1);
    });
}

#[test]
fn a_request_whose_stream_is_refused_is_sent_again_on_another_connection() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |connection, _| {
        if connection == 0 {
            Reply::Refuse
        } else {
            fine()
        }
    });
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        assert_eq!(answer(&upstreams, &server.origin()).await, "fine");
        assert_eq!((server.requests_on(0), server.requests_on(1)), (1, 1));
        eventually("the connection that refused is gone", || {
            upstreams.open() == 1
        })
        .await;
    });
}

#[test]
fn a_vendor_that_refuses_every_stream_is_an_exchange_error_in_the_end() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |_, _| Reply::Refuse);
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        let error = call(&upstreams, &server.origin()).await.err().unwrap();
        assert!(matches!(error, UpstreamError::Exchange { .. }), "{error}");
        assert!(chain(&error).contains("refused"), "{}", chain(&error));
        assert_eq!(server.requests(), 4);
        eventually("nothing is left", || upstreams.open() == 0).await;
    });
}

#[test]
fn a_dead_peer_is_found_by_pings_and_new_requests_go_elsewhere() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |connection, _| {
        if connection == 0 {
            Reply::Freeze
        } else {
            fine()
        }
    });
    let mut setup = Setup::trusting(&authority.pem);
    setup.limits = PoolLimits {
        http2_ping_interval: Duration::from_millis(50),
        http2_ping_timeout: Duration::from_millis(100),
        ..PoolLimits::default()
    };
    setup.run(|upstreams| async move {
        let error = call(&upstreams, &server.origin()).await.err().unwrap();
        assert!(matches!(error, UpstreamError::Exchange { .. }), "{error}");
        assert!(chain(&error).contains("keep-alive"), "{}", chain(&error));
        assert_eq!(answer(&upstreams, &server.origin()).await, "fine");
        assert_eq!(server.connections(), 2);
        eventually("the dead connection is gone", || upstreams.open() == 1).await;
    });
}

#[test]
fn an_idle_shared_connection_is_closed_after_its_time() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |_, _| fine());
    let mut setup = Setup::trusting(&authority.pem);
    setup.limits.idle_timeout = Duration::from_millis(100);
    setup.run(|upstreams| async move {
        answer(&upstreams, &server.origin()).await;
        eventually("the idle connection is gone", || {
            upstreams.idle() == 0 && upstreams.open() == 0 && server.closed() == 1
        })
        .await;
    });
}

#[test]
fn a_connection_with_a_running_stream_is_never_idle() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |_, _| Reply::Hold);
    let mut setup = Setup::trusting(&authority.pem);
    setup.limits.idle_timeout = Duration::from_millis(40);
    setup.run(|upstreams| async move {
        let running = answer_beside(&upstreams, &server.origin());
        eventually("it is there", || server.requests() == 1).await;
        // Several rounds of the sweep.
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!((server.closed(), upstreams.open()), (0, 1));
        server.release();
        assert_eq!(running.await.unwrap().unwrap(), "held");
    });
}

#[test]
fn a_shared_connection_beyond_its_age_takes_nothing_on_and_finishes_what_runs() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |connection, _| {
        if connection == 0 { Reply::Hold } else { fine() }
    });
    let mut setup = Setup::trusting(&authority.pem);
    setup.limits.max_age = Duration::ZERO;
    setup.limits.idle_timeout = Duration::from_millis(40);
    setup.run(|upstreams| async move {
        let running = answer_beside(&upstreams, &server.origin());
        eventually("it is there", || server.requests() == 1).await;
        let mut later = Vec::new();
        while server.connections() == 1 {
            later.push(answer_beside(&upstreams, &server.origin()));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.release();
        assert_eq!(running.await.unwrap().unwrap(), "held");
        for call in later {
            call.await.unwrap().unwrap();
        }
        eventually("both are gone", || server.closed() == server.connections()).await;
    });
}

#[test]
fn a_connection_that_cannot_be_made_fails_each_of_the_calls_that_wait_for_it_once() {
    let background = Background::start();
    let gone = background.bind().local_addr().unwrap();
    Setup::default().run(|upstreams| async move {
        let gone = origin(&format!("https://{gone}"));
        for call in calls(&upstreams, &gone, 20) {
            let error = call.await.unwrap().unwrap_err();
            assert!(matches!(error, UpstreamError::Connect { .. }), "{error}");
        }
    });
}

#[test]
fn who_waits_for_a_connection_goes_on_when_its_maker_leaves() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |_, _| fine());
    let background = Background::start();
    let listener = background.bind();
    let port = listener.local_addr().unwrap().port();
    let (accepted, first) = tokio::sync::oneshot::channel();
    let behind = server.port();
    background.spawn(async move {
        // The first connection gets no further than TCP.
        let (_silent, _) = listener.accept().await.unwrap();
        accepted.send(()).unwrap();
        let (mut client, _) = listener.accept().await.unwrap();
        let mut vendor = tokio::net::TcpStream::connect(("127.0.0.1", behind))
            .await
            .unwrap();
        let _ = tokio::io::copy_bidirectional(&mut client, &mut vendor).await;
    });
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        let origin = origin(&format!("https://localhost:{port}"));
        let maker = answer_beside(&upstreams, &origin);
        let waiting = calls(&upstreams, &origin, 3);
        first.await.unwrap();
        maker.abort();
        for call in waiting {
            assert_eq!(call.await.unwrap().unwrap(), "fine");
        }
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn a_dead_peer_breaks_the_answers_that_it_has_begun() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |_, request| {
        if request.uri().path() == "/freeze" {
            Reply::Freeze
        } else {
            Reply::Endless
        }
    });
    let mut setup = Setup::trusting(&authority.pem);
    setup.limits.http2_ping_interval = Duration::from_millis(50);
    setup.limits.http2_ping_timeout = Duration::from_millis(100);
    setup.run(|upstreams| async move {
        let vendor = server.origin();
        let response = call(&upstreams, &vendor).await.unwrap();
        let mut freeze = request_to(&vendor);
        *freeze.uri_mut() = "/freeze".parse().unwrap();
        let frozen = upstreams.send(&vendor, freeze, CONNECT);
        let (frozen, body) = tokio::join!(frozen, response.into_body().collect());
        assert!(matches!(frozen, Err(UpstreamError::Exchange { .. })));
        assert!(matches!(body, Err(UpstreamError::Body(_))));
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn a_shared_connection_that_the_vendor_ends_while_idle_is_not_used_again() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |_, _| fine());
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        assert_eq!(answer(&upstreams, &server.origin()).await, "fine");
        server.go_away();
        eventually("both sides have closed", || {
            server.closed() == 1 && upstreams.open() == 0 && upstreams.idle() == 0
        })
        .await;
        assert_eq!(answer(&upstreams, &server.origin()).await, "fine");
        assert_eq!((server.requests_on(0), server.requests_on(1)), (1, 1));
    });
}
