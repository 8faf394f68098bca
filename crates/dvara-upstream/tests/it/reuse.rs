//! HTTP/1.1 connections: reuse, hand-back, early drop.

use std::time::Duration;

use dvara_upstream::PoolLimits;
use http_body_util::BodyExt as _;

use crate::authority::Authority;
use crate::core::{Setup, answer, answer_beside, call, eventually, on_one_core};
use crate::server::{self, Server};

#[test]
fn an_answer_read_to_its_end_gives_its_connection_to_the_next_call() {
    let server = Server::start(|_, _| server::answer("one"));
    on_one_core(|upstreams| async move {
        for _ in 0..3 {
            assert_eq!(answer(&upstreams, &server.origin()).await, "one");
            assert_eq!((upstreams.idle(), upstreams.open()), (1, 1));
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
        assert_eq!(upstreams.open(), 1);
        drop(response);
        eventually("the vendor sees its connection close", || {
            server.closed() == 1 && upstreams.open() == 0
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
            assert_eq!(answer(&upstreams, &server.origin()).await, "closed after");
            assert_eq!(server.connections(), expected);
            // What is sent before the close has arrived is the vendor's to answer for, and not tried again.
            eventually("both sides have closed", || {
                server.closed() == expected && upstreams.open() == 0
            })
            .await;
        }
    });
}

#[test]
fn an_idle_connection_is_closed_after_its_time() {
    let server = Server::start(|_, _| server::answer("one"));
    let setup = Setup {
        limits: PoolLimits {
            idle_timeout: Duration::from_millis(100),
            ..PoolLimits::default()
        },
        ..Setup::default()
    };
    setup.run(|upstreams| async move {
        answer(&upstreams, &server.origin()).await;
        eventually("the idle connection is gone", || {
            upstreams.idle() == 0 && upstreams.open() == 0 && server.closed() == 1
        })
        .await;
    });
}

#[test]
fn a_connection_beyond_its_age_is_not_used_again() {
    let server = Server::start(|_, _| server::answer("one"));
    let setup = Setup {
        limits: PoolLimits {
            max_age: Duration::ZERO,
            ..PoolLimits::default()
        },
        ..Setup::default()
    };
    setup.run(|upstreams| async move {
        for expected in 1..=3 {
            assert_eq!(answer(&upstreams, &server.origin()).await, "one");
            assert_eq!((server.connections(), upstreams.idle()), (expected, 0));
        }
    });
}

#[test]
fn a_vendor_that_turns_out_to_speak_http1_is_called_on_as_many_connections_as_there_are_calls() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server(&["http/1.1"]), |_, _| {
        server::answer("sealed")
    });
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        for round in 0..2 {
            let calls: Vec<_> = (0..5)
                .map(|_| answer_beside(&upstreams, &server.tls_origin()))
                .collect();
            for call in calls {
                assert_eq!(call.await.unwrap().unwrap(), "sealed", "round {round}");
            }
            assert_eq!((upstreams.idle(), upstreams.open()), (5, 5));
        }
        assert_eq!(server.connections(), 5);
    });
}
