//! Finding each other on a local network: who looks for others calls, and who hears it greets the caller.
//!
//! A call is a sealed datagram to a group, one hop far. It holds the caller's port and name; its address is where the call came
//! from. A call that somebody repeats has us greet an address where a member once was, no more.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use dvara_crypto::cluster::{DatagramCipher, OVERHEAD};
use dvara_service::random;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::net::UdpSocket;

/// A call is this long at most.
const LONGEST: usize = OVERHEAD + 2 + 128;

/// A socket in the group.
pub(crate) struct Multicast {
    socket: UdpSocket,
    group: SocketAddrV4,
    cipher: DatagramCipher,
    port: u16,
    name: String,
}

impl Multicast {
    /// Joins the group on every interface. `port` is where this process, which is called `name`, wants to be greeted.
    pub(crate) fn join(
        group: SocketAddrV4,
        cipher: DatagramCipher,
        port: u16,
        name: &str,
    ) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        // Several gateways of one host listen to one group.
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(true)?;
        socket.set_nonblocking(true)?;
        socket.set_multicast_ttl_v4(1)?;
        socket.set_multicast_loop_v4(true)?;
        socket.bind(&SockAddr::from(SocketAddrV4::new(
            Ipv4Addr::UNSPECIFIED,
            group.port(),
        )))?;
        Ok(Self {
            socket: UdpSocket::from_std(socket.into())?,
            group,
            cipher,
            port,
            name: name.chars().take(64).collect(),
        })
    }

    /// Calls on every interface that there is now.
    pub(crate) async fn call(&self) {
        let mut plain = self.port.to_be_bytes().to_vec();
        plain.extend_from_slice(self.name.as_bytes());
        for interface in interfaces() {
            // Already a member there, as a rule.
            let _joined = self.socket.join_multicast_v4(*self.group.ip(), interface);
            let aimed = socket2::SockRef::from(&self.socket).set_multicast_if_v4(&interface);
            if aimed.is_ok() {
                let call = self.cipher.seal(random::bytes(), &plain);
                // An interface that takes nothing is tried again with the next call.
                let _sent = self.socket.send_to(&call, self.group).await;
            }
        }
    }

    /// Waits for somebody else's call. Returns where to greet him.
    pub(crate) async fn heard(&self) -> SocketAddr {
        let mut buffer = [0; LONGEST];
        loop {
            let Ok((length, from)) = self.socket.recv_from(&mut buffer).await else {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            };
            if let Some(port) = self.port_in(&mut buffer[..length]) {
                return SocketAddr::new(from.ip(), port);
            }
        }
    }

    /// The port of a call, unless it is our own or a stranger's.
    fn port_in(&self, call: &mut [u8]) -> Option<u16> {
        let plain = self.cipher.open(call).ok()?;
        let (port, name) = plain.split_first_chunk::<2>()?;
        (name != self.name.as_bytes()).then(|| u16::from_be_bytes(*port))
    }
}

/// The IPv4 addresses to call from; loopback only where there is nothing else.
fn interfaces() -> Vec<Ipv4Addr> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    let (mut loopback, mut real) = (Vec::new(), Vec::new());
    for interface in all {
        if let std::net::IpAddr::V4(address) = interface.ip() {
            if address.is_loopback() {
                loopback.push(address);
            } else {
                real.push(address);
            }
        }
    }
    if real.is_empty() { loopback } else { real }
}
