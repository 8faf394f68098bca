use std::io::{Read as _, Write as _};
use std::rc::Rc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{Request, Response};

use super::*;
use crate::cores::{Cores, HttpLimits, Plane, Planes};
use crate::drain::Drain;

/// Answers everything.
struct Polite;

impl Plane for Polite {
    type Body = Full<Bytes>;

    async fn answer(self: Rc<Self>, _request: Request<Incoming>) -> Response<Full<Bytes>> {
        Response::new(Full::from("hello"))
    }

    async fn finish(self: Rc<Self>) {}
}

/// A call on a connection of its own.
fn call(address: SocketAddr, patience: Duration) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    let asked = (|| {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, io::Error>(answer)
    })();
    // Whoever came in is answered, whenever that was.
    Ok(asked.unwrap())
}

#[test]
fn a_closing_door_serves_whom_it_let_in_and_lets_nobody_else_in() {
    let drain = Drain::new();
    let mut planes = Planes::default();
    let polite = planes.add(|_| Polite);
    let cores = Cores::start(1, HttpLimits::default(), &drain, &planes).unwrap();
    let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = listener.address();
    let accepting = listener.accept_for(cores.dispatcher(polite), None).unwrap();
    let patience = Duration::from_millis(50);
    assert!(call(address, patience).unwrap().ends_with("hello"));

    let settle = Duration::from_millis(600);
    let closing = std::thread::spawn(move || accepting.close(settle));
    let mut kept_out = 0;
    while !closing.is_finished() {
        match call(address, patience) {
            Ok(answer) => {
                assert!(answer.ends_with("hello"), "{answer}");
                assert_eq!(kept_out, 0, "the door opened again");
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => kept_out += 1,
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused),
        }
    }
    assert!(kept_out > 0, "newcomers wait outside while the door closes");
    closing.join().unwrap();
    let late = call(address, patience).unwrap_err();
    assert_eq!(late.kind(), io::ErrorKind::ConnectionRefused);
    cores.join();
}
