//! A name server that knows no name.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;

/// Says of every name that it does not exist.
pub(crate) fn without_names() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut message = [0_u8; 512];
        while let Ok((length, asker)) = socket.recv_from(&mut message) {
            // RFC 1035, section 4.1.1: an answer (QR) to a recursive question, with code 3, "no such name".
            message[2] |= 0x80;
            message[3] = 0x83;
            // No additional records: the question's EDNS record is cut off behind the question.
            message[10..12].fill(0);
            let question = 12
                + message[12..length]
                    .iter()
                    .position(|byte| *byte == 0)
                    .unwrap()
                + 5;
            let _ = socket.send_to(&message[..question], asker);
        }
    });
    address
}

/// Hears every question and answers none, as long as the socket lives.
pub(crate) fn silent() -> (SocketAddr, UdpSocket) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    (socket.local_addr().unwrap(), socket)
}

pub(crate) fn asking(address: SocketAddr) -> TokioResolver {
    let mut server = NameServerConfig::udp(address.ip());
    server.connections[0].port = address.port();
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    builder.options_mut().timeout = Duration::from_secs(30);
    builder.build().unwrap()
}
