//! HTTP/2: shared connections, their bounds, and their ends.

use http_body_util::BodyExt as _;

use crate::authority::Authority;
use crate::core::{CONNECT, Setup, answer, answer_beside, calls, eventually, request_to};
use crate::http2_server::{Http2Server, Reply, fine};

#[test]
fn calls_that_arrive_together_share_one_connection() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |_, _| fine());
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
        if request.uri().path() == "/endless" {
            Reply::Endless
        } else {
            Reply::Hold
        }
    });
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        let mut endless = request_to(&server.origin());
        *endless.uri_mut() = "/endless".parse().unwrap();
        let first = upstreams.send(&server.origin(), endless, CONNECT).await;
        // The first answer has brought the vendor's settings; its connection's task reads them in its next turn.
        tokio::task::yield_now().await;
        let running = calls(&upstreams, &server.origin(), 5);
        eventually("all are there", || server.requests() == 6).await;
        assert_eq!(
            [0, 1, 2].map(|connection| server.requests_on(connection)),
            [2, 2, 2]
        );
        drop(first);
        server.release();
        for call in running {
            assert_eq!(call.await.unwrap().unwrap(), "held");
        }
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
    let server = Http2Server::start(authority.server(&["h2", "http/1.1"]), |_, _| fine());
    let mut setup = Setup::trusting(&authority.pem);
    setup.http2 = false;
    setup.run(|upstreams| async move {
        assert_eq!(answer(&upstreams, &server.origin()).await, "one");
        assert_eq!(server.protocols(), ["http/1.1"]);
    });
}
