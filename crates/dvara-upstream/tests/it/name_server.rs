//! A name server that knows no name.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;

/// Says of every name that it does not exist.
pub(crate) fn without_names() -> SocketAddr {
    answering(|_| Vec::new(), NO_SUCH_NAME)
}

/// Gives these addresses for every name, in this order, and no IPv6 ones.
pub(crate) fn of(addresses: &'static [[u8; 4]]) -> SocketAddr {
    let records = move |kind| {
        let addresses = if kind == A { addresses } else { &[] };
        let record = |address: &[u8; 4]| {
            // A pointer to the question's name, type A, class IN, a minute to live, four bytes.
            let mut record = vec![0xc0, 12, 0, A, 0, 1, 0, 0, 0, 60, 0, 4];
            record.extend_from_slice(address);
            record
        };
        addresses.iter().map(record).collect()
    };
    answering(records, 0)
}

const A: u8 = 1;
const NO_SUCH_NAME: u8 = 3;

/// Answers questions of a type with records (RFC 1035, section 4).
fn answering(records: impl Fn(u8) -> Vec<Vec<u8>> + Send + 'static, code: u8) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut message = [0_u8; 512];
        while let Ok((_, asker)) = socket.recv_from(&mut message) {
            let question = &message[12..];
            let name = question.iter().position(|byte| *byte == 0).unwrap() + 1;
            let records = records(question[name + 1]);
            let mut answer = message[..12 + name + 4].to_vec();
            answer[2] |= 0x80; // an answer
            answer[3] = 0x80 | code;
            answer[7] = u8::try_from(records.len()).unwrap();
            // The question's additional record, about EDNS, is left out.
            answer[10..12].fill(0);
            answer.extend(records.concat());
            let _ = socket.send_to(&answer, asker);
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
