//! Vendors behind a proxy.

use std::time::Duration;

use dvara_upstream::{NoProxy, Proxies, Proxy, Step, UpstreamError};

use crate::authority::Authority;
use crate::core::{
    Background, Setup, answer, answer_beside, chain, eventually, origin, refused, request_to,
};
use crate::http2_server::{Http2Server, Reply};
use crate::proxy_server::{Manner, ProxyServer};
use crate::server::{self, Server};

/// Every call goes through this proxy, but for the exceptions.
fn through(url: &str, except: &str) -> Proxies {
    let proxy = Proxy::parse(url).unwrap();
    Proxies {
        http: Some(proxy.clone()),
        https: Some(proxy),
        except: NoProxy::parse(except).0,
    }
}

fn setup(proxy: &ProxyServer, authority: &Authority) -> Setup {
    Setup {
        proxies: through(&format!("http://127.0.0.1:{}", proxy.port()), ""),
        ..Setup::trusting(&authority.pem)
    }
}

#[test]
fn an_https_origin_is_reached_through_a_tunnel_that_is_kept() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server(&["http/1.1"]), |_, _| {
        server::answer("sealed")
    });
    let proxy = ProxyServer::start(Manner::Serve);
    setup(&proxy, &authority).run(|upstreams| async move {
        for _ in 0..3 {
            assert_eq!(answer(&upstreams, &server.tls_origin()).await, "sealed");
        }
        let target = format!("localhost:{}", server.port());
        let connect = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
        assert_eq!(proxy.heads(), [connect]);
        assert_eq!((server.connections(), upstreams.idle()), (1, 1));
        assert!(server.requests()[0].starts_with("POST /v1/x HTTP/1.1\r\n"));
    });
}

#[test]
fn http2_is_spoken_through_a_tunnel_too() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |_, _| {
        Reply::Text("shared".to_owned())
    });
    let proxy = ProxyServer::start(Manner::Serve);
    setup(&proxy, &authority).run(|upstreams| async move {
        let calls: Vec<_> = (0..10)
            .map(|_| answer_beside(&upstreams, &server.origin()))
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap(), "shared");
        }
        assert_eq!((proxy.heads().len(), server.protocols().len()), (1, 1));
    });
}

#[test]
fn an_http_origin_is_asked_for_in_absolute_form() {
    let server = Server::start(|_, _| server::answer("plain"));
    let proxy = ProxyServer::start(Manner::Serve);
    setup(&proxy, &Authority::new()).run(|upstreams| async move {
        for _ in 0..2 {
            assert_eq!(answer(&upstreams, &server.origin()).await, "plain");
        }
        let at = format!("127.0.0.1:{}", server.port());
        let expected = format!(
            "POST http://{at}/v1/x HTTP/1.1\r\nhost: {at}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}",
        );
        assert_eq!(server.requests(), [expected.clone(), expected]);
        assert_eq!(proxy.heads().len(), 1);
    });
}

#[test]
fn names_behind_a_proxy_are_the_proxys_to_resolve() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server(&[]), |_, _| server::answer("sealed"));
    let proxy = ProxyServer::start(Manner::Serve);
    setup(&proxy, &authority).run(|upstreams| async move {
        let unknown_here = origin(&format!("https://vendor.invalid:{}", server.port()));
        assert_eq!(answer(&upstreams, &unknown_here).await, "sealed");
    });
}

#[test]
fn a_proxy_may_be_spoken_with_over_tls_itself() {
    let authority = Authority::new();
    let plain = Server::start(|_, _| server::answer("plain"));
    let sealed = Http2Server::start(authority.server(&["h2"]), |_, _| {
        Reply::Text("sealed".to_owned())
    });
    // It would take HTTP/2, which we do not speak with proxies.
    let proxy = ProxyServer::start_tls(authority.server(&["h2", "http/1.1"]));
    let mut setup = Setup::trusting(&authority.pem);
    setup.proxies = through(&format!("https://localhost:{}", proxy.port()), "");
    setup.run(|upstreams| async move {
        assert_eq!(answer(&upstreams, &plain.origin()).await, "plain");
        assert_eq!(answer(&upstreams, &sealed.origin()).await, "sealed");
        assert_eq!(proxy.heads().len(), 2);
    });
}

#[test]
fn credentials_of_the_url_are_shown_to_the_proxy_and_to_nobody_else() {
    let authority = Authority::new();
    let sealed = Server::start_tls(authority.server(&[]), |_, _| server::answer("sealed"));
    // "Aladdin:open sesame" of RFC 7617, section 2.
    let proxy = ProxyServer::start(Manner::Ask("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    let plain = Server::start(|_, _| server::answer("plain"));
    let mut setup = Setup::trusting(&authority.pem);
    let url = format!("http://Aladdin:open%20sesame@127.0.0.1:{}", proxy.port());
    setup.proxies = through(&url, "");
    setup.run(|upstreams| async move {
        assert_eq!(answer(&upstreams, &sealed.tls_origin()).await, "sealed");
        assert_eq!(answer(&upstreams, &plain.origin()).await, "plain");
        let seen = sealed.requests().concat().to_lowercase();
        assert!(!seen.contains("proxy-authorization"), "{seen}");
    });
}

type IsExpected = fn(&UpstreamError) -> bool;

#[test]
fn proxy_credentials_never_show() {
    let authority = Authority::new();
    let asking = ProxyServer::start(Manner::Ask("Basic something else"));
    let breaking = ProxyServer::start(Manner::Say("no HTTP at all\r\n\r\n"));
    let gone = Background::start().bind().local_addr().unwrap().port();
    let kinds: [(u16, IsExpected); 3] = [
        (
            asking.port(),
            |error| matches!(error, UpstreamError::ProxyRefused { status, .. } if *status == 407),
        ),
        (breaking.port(), |error| {
            matches!(
                error,
                UpstreamError::Tunnel { .. } | UpstreamError::Exchange { .. }
            )
        }),
        (gone, |error| matches!(error, UpstreamError::Connect { .. })),
    ];
    for (port, is_expected) in kinds {
        let mut setup = Setup::trusting(&authority.pem);
        setup.proxies = through(&format!("http://operator:hunter2@127.0.0.1:{port}"), "");
        setup.run(|upstreams| async move {
            for url in ["https://vendor.invalid", "http://vendor.invalid"] {
                let error = refused(&upstreams, &origin(url)).await;
                assert!(is_expected(&error), "{error:?}");
                let shown = format!("{} {error:?}", chain(&error));
                assert!(
                    shown.contains(&format!("http://127.0.0.1:{port}")),
                    "{shown}"
                );
                for secret in ["hunter2", "operator", "b3BlcmF0b3I6aHVudGVyMg"] {
                    assert!(!shown.contains(secret), "{shown}");
                }
            }
            eventually("no connection is left", || upstreams.open() == 0).await;
        });
    }
}

#[test]
fn a_proxy_that_refuses_is_named_with_its_answer() {
    for (answer, status) in [
        (
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 4\r\n\r\nno\r\n",
            403,
        ),
        ("HTTP/1.0 502 Bad Gateway\r\n\r\n<html>", 502),
        ("HTTP/1.1 407 Who\r\nconnection: close\r\n\r\n", 407),
        ("HTTP/1.1 302 Elsewhere\r\nlocation: http://x\r\n\r\n", 302),
    ] {
        let proxy = ProxyServer::start(Manner::Say(answer));
        setup(&proxy, &Authority::new()).run(|upstreams| async move {
            let error = refused(&upstreams, &origin("https://vendor.invalid")).await;
            let UpstreamError::ProxyRefused { status: said, .. } = &error else {
                panic!("{error:?}");
            };
            assert_eq!(said.as_u16(), status);
            let text = error.to_string();
            let named = format!("proxy http://127.0.0.1:{}", proxy.port());
            assert!(text.contains(&named), "{text}");
            assert!(text.contains("https://vendor.invalid:443"), "{text}");
            assert_eq!(text.contains("user:password@"), status == 407, "{text}");
        });
    }
}

#[test]
fn a_proxy_that_makes_no_sense_makes_no_tunnel() {
    let large = format!("HTTP/1.1 200 OK\r\nx: {}", "x".repeat(20_000));
    let cases: [(&'static str, &str); 4] = [
        ("", "closed the connection"),
        ("SSH-2.0-OpenSSH_9.6\r\n", "no HTTP"),
        ("HTTP/1.1 200 OK\r\n\r\nearly", "more than an answer"),
        (Box::leak(large.into_boxed_str()), "too large"),
    ];
    for (answer, reason) in cases {
        let proxy = ProxyServer::start(Manner::Say(answer));
        setup(&proxy, &Authority::new()).run(|upstreams| async move {
            let error = refused(&upstreams, &origin("https://vendor.invalid")).await;
            assert!(matches!(error, UpstreamError::Tunnel { .. }), "{error:?}");
            assert!(chain(&error).contains(reason), "{}", chain(&error));
        });
    }
}

#[test]
fn a_proxy_that_says_nothing_is_a_timeout_that_says_so() {
    let proxy = ProxyServer::start(Manner::Hang);
    setup(&proxy, &Authority::new()).run(|upstreams| async move {
        let vendor = origin("https://vendor.invalid");
        let limit = Duration::from_millis(200);
        let sent = upstreams.send(&vendor, request_to(&vendor), limit).await;
        let error = sent.err().unwrap();
        let UpstreamError::ConnectTimeout { step, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(step, Step::Tunnelling);
        let named = format!("through proxy http://127.0.0.1:{}", proxy.port());
        assert!(error.to_string().contains(&named), "{error}");
    });
}

#[test]
fn no_proxy_is_honoured() {
    let authority = Authority::new();
    let server = Server::start(|_, _| server::answer("direct"));
    let proxy = ProxyServer::start(Manner::Say("HTTP/1.1 403 Forbidden\r\n\r\n"));
    let url = format!("http://127.0.0.1:{}", proxy.port());
    let direct = |except: String| {
        let mut setup = Setup::trusting(&authority.pem);
        setup.proxies = through(&url, &except);
        let origin = server.origin();
        setup.run(|upstreams| async move {
            assert_eq!(answer(&upstreams, &origin).await, "direct", "{except}");
        });
    };
    for except in ["127.0.0.1", "127.0.0.0/8", "*"] {
        direct(except.to_owned());
    }
    direct(format!("127.0.0.1:{}", server.port()));
    assert!(proxy.heads().is_empty());
    let mut setup = Setup::trusting(&authority.pem);
    setup.proxies = through(&url, "127.0.0.1:1,localhost");
    let origin = server.origin();
    setup.run(|upstreams| async move {
        let response = crate::core::call(&upstreams, &origin).await.unwrap();
        assert_eq!(response.status(), 403);
    });
    assert_eq!(proxy.heads().len(), 1);
}
