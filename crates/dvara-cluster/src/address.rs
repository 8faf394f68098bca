//! The address at which the others reach this process.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Where a packet to nobody would go: addresses for documentation (RFC 5737, RFC 3849). None is sent.
const NOBODY: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];

/// The address that packets to `peers` leave from, else the one that packets to anybody do, else that of the first interface.
pub(crate) fn own(peers: &[SocketAddr]) -> IpAddr {
    let peers = peers.iter().map(SocketAddr::ip);
    peers
        .chain(NOBODY)
        .find_map(leaving_to)
        .or_else(of_an_interface)
        .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// The address of the interface that the way to `peer` leaves from. Connecting a datagram socket asks the routes and sends nothing.
fn leaving_to(peer: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = match peer {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((peer, 9)).ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_unspecified()).then_some(own)
}

fn of_an_interface() -> Option<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().ok()?;
    let mut addresses: Vec<IpAddr> = interfaces
        .iter()
        .filter(|interface| !interface.is_loopback())
        .map(|interface| interface.ip())
        .collect();
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_neighbour_on_loopback_leaves_from_loopback() {
        assert_eq!(
            own(&[SocketAddr::from((Ipv4Addr::LOCALHOST, 5701))]),
            Ipv4Addr::LOCALHOST
        );
    }

    #[test]
    fn there_is_always_an_address() {
        assert!(!own(&[]).is_unspecified());
    }
}
