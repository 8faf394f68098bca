//! Vendors that are not there, or stop being there: each loss is an error of its own, and leaves no connection behind.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use dvara_upstream::{Step, UpstreamError};
use http_body_util::BodyExt as _;

use crate::authority::Authority;
use crate::core::{
    Setup, answer, call, chain, eventually, on_one_core, origin, refused, request_to,
};
use crate::http2_server::{Http2Server, Reply};
use crate::name_server;
use crate::server::{self, Server};

/// Short, for connections that are never made.
const SOON: Duration = Duration::from_millis(200);

/// A vendor that does one thing with each connection.
fn vendor(work: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            work(stream.unwrap());
        }
    });
    address
}

#[test]
fn a_vendor_that_nobody_runs_is_a_connect_error() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let gone = origin(&format!("http://{}", gone.unwrap()));
    on_one_core(|upstreams| async move {
        let error = refused(&upstreams, &gone).await;
        let UpstreamError::Connect { peer, source } = &error else {
            panic!("{error}");
        };
        assert_eq!(*peer, gone.to_string());
        assert_eq!(source.kind(), std::io::ErrorKind::ConnectionRefused);
        assert_eq!(upstreams.open(), 0);
    });
}

#[test]
fn a_name_that_does_not_exist_is_a_resolve_error() {
    let setup = Setup {
        name_server: Some(name_server::without_names()),
        ..Setup::default()
    };
    setup.run(|upstreams| async move {
        let error = refused(&upstreams, &origin("http://vendor.example")).await;
        assert!(matches!(error, UpstreamError::Resolve { .. }), "{error}");
        assert!(error.to_string().contains("resolve vendor.example"));
    });
}

#[test]
fn a_name_server_that_says_nothing_is_a_timeout_that_says_so() {
    let (address, _open) = name_server::silent();
    let setup = Setup {
        name_server: Some(address),
        ..Setup::default()
    };
    setup.run(|upstreams| async move {
        let nowhere = origin("http://vendor.example");
        let sent = upstreams.send(&nowhere, request_to(&nowhere), SOON).await;
        assert_eq!(step(sent.err().unwrap()), Step::Resolving);
    });
}

#[test]
fn a_vendor_that_does_not_accept_is_a_timeout() {
    let (_hole, _queued, address) = black_hole("127.0.0.1:0");
    on_one_core(|upstreams| async move {
        let hole = origin(&format!("http://{address}"));
        let sent = upstreams.send(&hole, request_to(&hole), SOON).await;
        assert_eq!(step(sent.err().unwrap()), Step::Connecting);
        assert_eq!(upstreams.open(), 0);
    });
}

#[test]
fn a_vendor_that_accepts_and_never_speaks_tls_is_a_timeout() {
    let (keep, kept) = std::sync::mpsc::channel();
    let address = vendor(move |stream| keep.send(stream).unwrap());
    on_one_core(|upstreams| async move {
        let mute = origin(&format!("https://{address}"));
        let sent = upstreams.send(&mute, request_to(&mute), SOON).await;
        assert_eq!(step(sent.err().unwrap()), Step::Securing);
        let mut stream = kept.recv().unwrap();
        // Our side is closed, too: after the hello there is nothing but the end.
        stream.read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(upstreams.open(), 0);
    });
}

#[test]
fn a_vendor_that_speaks_no_tls_is_a_tls_error() {
    let address = vendor(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    on_one_core(|upstreams| async move {
        let plain = origin(&format!("https://{address}"));
        let error = refused(&upstreams, &plain).await;
        assert!(matches!(error, UpstreamError::Tls { .. }), "{error}");
        assert!(error.to_string().contains(&plain.to_string()), "{error}");
    });
}

#[test]
fn a_vendor_that_closes_before_its_answer_is_an_exchange_error() {
    let address = vendor(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
    });
    on_one_core(|upstreams| async move {
        let closing = origin(&format!("http://{address}"));
        for _ in 0..20 {
            let error = refused(&upstreams, &closing).await;
            assert!(matches!(error, UpstreamError::Exchange { .. }), "{error}");
        }
        eventually("no connection is left", || upstreams.open() == 0).await;
        assert_eq!(upstreams.idle(), 0);
    });
}

#[test]
fn a_vendor_that_resets_before_its_answer_is_an_exchange_error() {
    // Closing with unread bytes makes the kernel send a reset.
    let address = vendor(|mut stream| {
        let _ = stream.read(&mut [0; 1]);
    });
    on_one_core(|upstreams| async move {
        let resetting = origin(&format!("http://{address}"));
        let error = refused(&upstreams, &resetting).await;
        assert!(matches!(error, UpstreamError::Exchange { .. }), "{error}");
        assert!(chain(&error).contains("reset"), "{}", chain(&error));
        eventually("no connection is left", || upstreams.open() == 0).await;
    });
}

#[test]
fn an_idle_connection_that_the_vendor_half_closes_is_closed_and_not_used_again() {
    let (ended, ends) = std::sync::mpsc::channel();
    let address = vendor(move |mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none");
        stream.shutdown(Shutdown::Write).unwrap();
        // It would still read; what arrives is our end, and no request.
        ended.send(stream.read(&mut [0; 1]).unwrap()).unwrap();
    });
    on_one_core(|upstreams| async move {
        let halved = origin(&format!("http://{address}"));
        for _ in 0..3 {
            assert_eq!(answer(&upstreams, &halved).await, "one");
            eventually("our half is closed too", || upstreams.open() == 0).await;
            assert_eq!(ends.recv().unwrap(), 0);
        }
    });
}

#[test]
fn an_answer_that_breaks_off_is_a_body_error() {
    let server = Server::start(|_, _| {
        server::raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort").then_close()
    });
    on_one_core(|upstreams| async move {
        for _ in 0..20 {
            let response = call(&upstreams, &server.origin()).await.unwrap();
            assert!(matches!(
                response.into_body().collect().await,
                Err(UpstreamError::Body(_))
            ));
        }
        eventually("no connection is left", || upstreams.open() == 0).await;
        assert_eq!(upstreams.idle(), 0);
    });
}

#[test]
fn a_vendor_that_dies_takes_what_ran_on_it_and_nothing_that_comes_later() {
    let authority = Authority::new();
    let config = authority.server(&["h2"]);
    let server = Http2Server::start(config, |_, _| Reply::Endless);
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        let gone = server.origin();
        let mut bodies = Vec::new();
        for _ in 0..20 {
            bodies.push(call(&upstreams, &gone).await.unwrap().into_body());
        }
        drop(server);
        for body in bodies {
            assert!(matches!(body.collect().await, Err(UpstreamError::Body(_))));
        }
        eventually("no connection is left", || upstreams.open() == 0).await;
        let error = refused(&upstreams, &gone).await;
        assert!(matches!(error, UpstreamError::Connect { .. }), "{error}");
    });
}

#[test]
fn the_addresses_of_a_name_are_tried_in_turn() {
    let server = Server::start(|_, _| server::answer("second"));
    let setup = Setup {
        name_server: Some(name_server::of(&[[127, 0, 0, 2], [127, 0, 0, 1]])),
        ..Setup::default()
    };
    setup.run(|upstreams| async move {
        let name = origin(&format!("http://vendor.example:{}", server.port()));
        assert_eq!(answer(&upstreams, &name).await, "second");
    });
}

#[test]
fn an_address_that_swallows_everything_leaves_time_for_the_next() {
    let server = Server::start(|_, _| server::answer("second"));
    let (_hole, _queued, _) = black_hole(&format!("127.0.0.2:{}", server.port()));
    let setup = Setup {
        name_server: Some(name_server::of(&[[127, 0, 0, 2], [127, 0, 0, 1]])),
        ..Setup::default()
    };
    setup.run(|upstreams| async move {
        let name = origin(&format!("http://vendor.example:{}", server.port()));
        let limit = Duration::from_secs(2);
        let sent = upstreams.send(&name, request_to(&name), limit).await;
        assert_eq!(sent.unwrap().status(), 200);
    });
}

/// An address that does not answer: the kernel drops what comes beyond a full backlog.
fn black_hole(address: &str) -> (socket2::Socket, Vec<TcpStream>, SocketAddr) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let address: SocketAddr = address.parse().unwrap();
    socket.bind(&address.into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let mut queued = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, SOON) {
        queued.push(stream);
        assert!(queued.len() < 100, "the backlog is never full");
    }
    (socket, queued, address)
}

fn step(error: UpstreamError) -> Step {
    let UpstreamError::ConnectTimeout { limit_ms, step, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(limit_ms, SOON.as_millis());
    step
}
