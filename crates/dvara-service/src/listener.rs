//! A listening socket and the thread that accepts from it for all cores.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

use crate::cores::Dispatcher;

/// Connections the kernel may hold for us while all cores are busy.
const BACKLOG: i32 = 4_096;
/// When a peer that has gone without a word is noticed.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// How long to wait when the process is out of file descriptors: others have to close first.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(50);

/// An open door. Bound before anything else starts, so that a port in use is known at once.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds an address; port 0 takes any free one.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let socket = TcpListener::from(socket);
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// The address as bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts to accept.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn accept_for(self, cores: Dispatcher) -> io::Result<Accepting> {
        let closing = Arc::new(AtomicBool::new(false));
        let Self { socket, address } = self;
        let seen = closing.clone();
        let thread = std::thread::Builder::new()
            .name(format!("accept-{}", address.port()))
            .spawn(move || accept(&socket, &cores, &seen))?;
        Ok(Accepting {
            address,
            closing,
            thread,
        })
    }
}

/// A door that lets connections in.
pub struct Accepting {
    address: SocketAddr,
    closing: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Accepting {
    /// The address as bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes in what the kernel has already accepted, then closes the socket. Returns when it is closed.
    pub fn close(self) {
        self.closing.store(true, SeqCst);
        // The thread sleeps in accept(2); a connection of our own wakes it.
        let _woken = TcpStream::connect_timeout(&reachable(self.address), Duration::from_secs(1));
        if self.thread.join().is_err() {
            tracing::error!("the accepting thread ended by panic");
        }
    }
}

fn accept(socket: &TcpListener, cores: &Dispatcher, closing: &AtomicBool) {
    loop {
        match socket.accept() {
            Ok((stream, _)) => hand_over(stream, cores),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted
                ) => {}
            Err(error) => {
                tracing::warn!(%error, "accept");
                std::thread::sleep(OUT_OF_DESCRIPTORS);
            }
        }
        // From here on only what is already in the backlog is taken in.
        if closing.load(SeqCst) && socket.set_nonblocking(true).is_err() {
            return;
        }
    }
}

fn hand_over(stream: TcpStream, cores: &Dispatcher) {
    let prepared = stream
        .set_nodelay(true)
        .and_then(|()| {
            SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE))
        })
        .and_then(|()| stream.set_nonblocking(true));
    match prepared {
        Ok(()) => cores.dispatch(stream),
        // The client is gone already.
        Err(error) => tracing::debug!(%error, "a connection ended before it was served"),
    }
}

/// An address of our own by which the listener can be reached.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
