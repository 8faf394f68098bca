//! What a vendor receives, byte for byte: the framing is always ours.

use http::{HeaderMap, Version};

use crate::authority::Authority;
use crate::core::{Setup, answer, on_one_core};
use crate::http2_server::{Http2Server, Reply};
use crate::server::{self, Server};

#[test]
fn http1_requests_carry_one_length_and_nothing_of_the_connection() {
    let server = Server::start(|_, _| server::answer("one"));
    on_one_core(|upstreams| async move {
        for _ in 0..2 {
            answer(&upstreams, &server.origin()).await;
        }
        let expected = format!(
            "POST /v1/x HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}",
            server.port()
        );
        assert_eq!(server.requests(), [expected.clone(), expected]);
    });
}

#[test]
fn http2_requests_name_their_authority_and_carry_nothing_of_the_connection() {
    let authority = Authority::new();
    let server = Http2Server::start(authority.server(&["h2"]), |_, _| {
        Reply::Text("one".to_owned())
    });
    Setup::trusting(&authority.pem).run(|upstreams| async move {
        answer(&upstreams, &server.origin()).await;
        let request = server.first_request();
        assert_eq!(request.version(), Version::HTTP_2);
        let target = format!("https://localhost:{}/v1/x", server.port());
        assert_eq!(*request.uri(), *target);
        let mut expected = HeaderMap::new();
        expected.insert("content-type", "application/json".parse().unwrap());
        expected.insert("content-length", "2".parse().unwrap());
        assert_eq!(*request.headers(), expected);
    });
}
