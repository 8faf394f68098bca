//! HTTP/2: shared connections, their bounds, and their ends.

use std::rc::Rc;
use std::time::Duration;

use dvara_upstream::{Origin, PoolLimits, UpstreamError, Upstreams};
use http_body_util::BodyExt as _;
use tokio::task::JoinHandle;

use crate::authority::Authority;
use crate::core::{
    Background, CONNECT, Setup, answer, answer_beside, call, chain, eventually, origin, request_to,
    text,
};
use crate::http2_server::{Http2Server, Reply, unseeing};

fn echo() -> Reply {
    Reply::Text("fine".to_owned())
}

fn calls(
    upstreams: &Rc<Upstreams>,
    origin: &Origin,
    count: usize,
) -> Vec<JoinHandle<Result<String, UpstreamError>>> {
    (0..count)
        .map(|_| answer_beside(upstreams, origin))
        .collect()
}

#[test]
fn calls_that_arrive_together_share_one_connection() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |_, _| echo());
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        for call in calls(&upstreams, &server.origin(), 50) {
            assert_eq!(call.await.unwrap().unwrap(), "fine");
        }
        assert_eq!((server.connections(), server.requests()), (1, 50));
        assert_eq!((upstreams.idle(), upstreams.open()), (1, 1));
        assert_eq!(answer(&upstreams, &server.origin()).await, "fine");
        assert_eq!((server.connections(), server.requests()), (1, 51));
    });
}

#[test]
fn hundred_and_first_request_opens_another_connection() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |_, _| Reply::Hold);
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        let mut running = calls(&upstreams, &server.origin(), 100);
        eventually("a hundred are there", || server.requests() == 100).await;
        assert_eq!(server.connections(), 1);
        running.extend(calls(&upstreams, &server.origin(), 1));
        eventually("the next is there", || server.requests() == 101).await;
        assert_eq!((server.requests_on(0), server.requests_on(1)), (100, 1));
        assert_eq!((upstreams.idle(), upstreams.open()), (0, 2));
        server.release();
        for call in running {
            assert_eq!(call.await.unwrap().unwrap(), "held");
        }
        assert_eq!((upstreams.idle(), upstreams.open()), (2, 2));
    });
}

#[test]
fn a_hundred_and_one_calls_at_once_make_two_connections() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |_, _| Reply::Hold);
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        let running = calls(&upstreams, &server.origin(), 101);
        eventually("all are there", || server.requests() == 101).await;
        assert_eq!(server.connections(), 2);
        server.release();
        for call in running {
            assert_eq!(call.await.unwrap().unwrap(), "held");
        }
    });
}

#[test]
fn a_vendor_that_allows_fewer_requests_gets_fewer() {
    let authority = Authority::new();
    let config = authority.server(&["h2"]);
    let server = Http2Server::start_with(config, 2, |_, request| {
        if request.uri().path() == "/first" {
            echo()
        } else {
            Reply::Hold
        }
    });
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        let mut first = request_to(&server.origin());
        *first.uri_mut() = "/first".parse().unwrap();
        let response = upstreams.send(&server.origin(), first, CONNECT).await;
        assert_eq!(text(response.unwrap()).await, "fine");
        // The first answer has brought the vendor's settings; its connection's task reads them in its next turn.
        tokio::task::yield_now().await;
        let running = calls(&upstreams, &server.origin(), 5);
        eventually("all are there", || server.requests() == 6).await;
        assert_eq!(
            [0, 1, 2].map(|connection| server.requests_on(connection)),
            [3, 2, 1]
        );
        server.release();
        for call in running {
            assert_eq!(call.await.unwrap().unwrap(), "held");
        }
    });
}

#[test]
fn goaway_moves_new_requests_to_a_fresh_connection() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |connection, _| {
        if connection == 0 { Reply::Hold } else { echo() }
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
            echo()
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
fn dropping_a_body_resets_the_stream_and_keeps_the_connection() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |_, request| {
        if request.uri().path() == "/endless" {
            Reply::Endless
        } else {
            Reply::Hold
        }
    });
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        let beside = answer_beside(&upstreams, &server.origin());
        let mut endless = request_to(&server.origin());
        *endless.uri_mut() = "/endless".parse().unwrap();
        let sent = upstreams.send(&server.origin(), endless, CONNECT).await;
        let mut response = sent.unwrap();
        assert!(response.body_mut().frame().await.unwrap().is_ok());
        drop(response);
        eventually("the vendor sees the reset", || server.resets() == 1).await;
        server.release();
        assert_eq!(beside.await.unwrap().unwrap(), "held");
        assert_eq!(answer(&upstreams, &server.origin()).await, "held");
        assert_eq!((server.connections(), server.resets()), (1, 1));
    });
}

#[test]
fn a_call_given_up_before_its_answer_resets_the_stream_and_keeps_the_connection() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |_, _| Reply::Hold);
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        let given_up = answer_beside(&upstreams, &server.origin());
        let kept = answer_beside(&upstreams, &server.origin());
        eventually("both are there", || server.requests() == 2).await;
        given_up.abort();
        eventually("the vendor sees the reset", || server.resets() == 1).await;
        server.release();
        assert_eq!(kept.await.unwrap().unwrap(), "held");
        assert_eq!((server.connections(), upstreams.idle()), (1, 1));
    });
}

#[test]
fn a_dead_peer_is_found_by_pings_and_new_requests_go_elsewhere() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |connection, _| {
        if connection == 0 {
            Reply::Freeze
        } else {
            echo()
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
    let server = Http2Server::start(authority.server(&["h2"]), |_, _| echo());
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
fn an_answer_larger_than_every_window_arrives_whole() {
    let authority = Authority::new();
    let large = "0123456789abcdef".repeat(512 * 1024);
    let sent = large.clone();
    let server = Http2Server::start(authority.server(&["h2"]), move |_, _| {
        Reply::Text(sent.clone())
    });
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        assert!(answer(&upstreams, &server.origin()).await == large);
    });
}

#[test]
fn http2_is_not_offered_when_it_is_switched_off() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2", "http/1.1"]), |_, _| echo());
    let mut setup = Setup::trusting(&authority.pem);
    setup.http2 = false;
    setup.run(|upstreams| async move {
        assert_eq!(answer(&upstreams, &server.origin()).await, "one");
        assert_eq!(server.protocols(), ["http/1.1"]);
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
    let server = Http2Server::start(authority.server(&["h2"]), |_, _| echo());
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
