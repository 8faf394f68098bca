//! A listening socket and the thread that accepts from it for all cores.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockFilter, SockRef, Socket, TcpKeepalive, Type};

use crate::boot::BootError;
use crate::cores::{Arrival, Dispatcher};
use crate::tls::ListenerTls;

/// Connections the kernel may hold for us while all cores are busy.
const BACKLOG: i32 = 4_096;
/// When a peer that has gone without a word is noticed.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// How long to wait when the process is out of file descriptors: others have to close first.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(50);
/// How often a door that is closing looks for who is still coming in.
const CLOSING_LOOK: Duration = Duration::from_millis(5);
/// How much of an answer the kernel may hold that it cannot send. Beyond it the socket takes no more, so that a client that
/// stops reading is noticed early and holds little, and one that reads slowly is seen to move.
const UNSENT: u32 = 128 * 1024;

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

    /// The same for the start of a service.
    ///
    /// # Errors
    /// Names the address.
    pub fn open(address: SocketAddr) -> Result<Self, BootError> {
        Self::bind(address)
            .map_err(|error| BootError::failure(format!("cannot listen on {address}: {error}")))
    }

    /// The address as bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts to accept: TLS where it is given, else plain text.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn accept_for(
        self,
        cores: Dispatcher,
        tls: Option<Arc<ListenerTls>>,
    ) -> io::Result<Accepting> {
        let Self { socket, address } = self;
        let closing = Arc::new(Closing::default());
        let door = Door {
            socket,
            cores,
            tls,
            closing: closing.clone(),
        };
        let thread = std::thread::Builder::new()
            .name(format!("accept-{}", address.port()))
            .spawn(move || door.accept())?;
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
    closing: Arc<Closing>,
    thread: JoinHandle<()>,
}

/// That the door is to close, and how long those may take who are on its step.
#[derive(Default)]
struct Closing {
    now: AtomicBool,
    settle: OnceLock<Duration>,
}

impl Accepting {
    /// The address as bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets nobody new begin, takes in who has begun within `settle`, then closes the socket. Returns when it is closed.
    pub fn close(self, settle: Duration) {
        let _once = self.closing.settle.set(settle);
        self.closing.now.store(true, SeqCst);
        // The thread sleeps in accept(2); a connection of our own wakes it.
        let _woken = TcpStream::connect_timeout(&reachable(self.address), Duration::from_secs(1));
        if self.thread.join().is_err() {
            tracing::error!("the accepting thread ended by panic");
        }
    }
}

struct Door {
    socket: TcpListener,
    cores: Dispatcher,
    tls: Option<Arc<ListenerTls>>,
    closing: Arc<Closing>,
}

impl Door {
    fn accept(self) {
        while !self.closing.now.load(SeqCst) {
            match self.socket.accept() {
                Ok((stream, _)) => self.hand_over(stream),
                Err(error) => pause_after(&error),
            }
        }
        if self.socket.set_nonblocking(true).is_ok() {
            self.close();
        }
    }

    /// Takes in what the kernel has accepted or is about to. Closing the socket resets whoever is still in its queue, so
    /// newcomers are kept out of it first: they hear of the closed port when they knock again.
    fn close(self) {
        if let Err(error) = SockRef::from(&self.socket).attach_filter(&no_newcomers()) {
            tracing::debug!(%error, "newcomers cannot be kept from the closing door");
        }
        let settle = self.closing.settle.get().copied().unwrap_or_default();
        let until = Instant::now() + settle;
        loop {
            match self.socket.accept() {
                Ok((stream, _)) => self.hand_over(stream),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if Instant::now() >= until {
                        return;
                    }
                    std::thread::sleep(CLOSING_LOOK.min(settle));
                }
                Err(error) => pause_after(&error),
            }
        }
    }

    fn hand_over(&self, stream: TcpStream) {
        match prepare(&stream) {
            Ok(()) => self.cores.dispatch(Arrival {
                stream,
                tls: self.tls.clone(),
            }),
            // The client is gone already.
            Err(error) => tracing::debug!(%error, "a connection ended before it was served"),
        }
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE))?;
    socket.set_tcp_notsent_lowat(UNSENT)?;
    stream.set_nonblocking(true)
}

fn pause_after(error: &io::Error) {
    let passing = [io::ErrorKind::ConnectionAborted, io::ErrorKind::Interrupted];
    if !passing.contains(&error.kind()) {
        tracing::warn!(%error, "accept");
        std::thread::sleep(OUT_OF_DESCRIPTORS);
    }
}

/// A filter in the kernel's packet language that drops what opens a connection (SYN without ACK) and passes all else. A
/// dropped SYN is sent again by its client after a second, when the port is closed and says so.
fn no_newcomers() -> [SockFilter; 5] {
    const FLAGS: u32 = 13; // of the TCP header, where a listening socket's filter begins to look
    const SYN: u32 = 0x02;
    const ACK: u32 = 0x10;
    const LOAD_BYTE: u16 = 0x30; // BPF_LD | BPF_B | BPF_ABS
    const AND: u16 = 0x54; // BPF_ALU | BPF_AND | BPF_K
    const JUMP_IF_EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    const RETURN: u16 = 0x06; // BPF_RET | BPF_K
    [
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(AND, 0, 0, SYN | ACK),
        SockFilter::new(JUMP_IF_EQUAL, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ]
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

#[cfg(test)]
mod tests;
