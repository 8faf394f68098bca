//! Gossip in sealed datagrams.
//!
//! chitchat keeps the bytes of its messages to itself: only its own UDP socket writes and reads them. So one such socket serves as
//! the encoder. It speaks over loopback with a socket of ours, connected to it and to nobody else; what it says is sealed and goes
//! out on the real socket, and what comes in there is opened and told to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use chitchat::ChitchatEnvelope;
use chitchat::transport::{RecvOutcome, SendOutcome, Socket, Transport, UdpTransport};
use dvara_crypto::cluster::DatagramCipher;
use dvara_service::random;
use tokio::net::UdpSocket;
use tokio::time::{sleep, timeout};

use crate::counters::Counters;

/// The longest payload of a UDP datagram.
const LONGEST: usize = 65_507;

/// How long the encoder may take for a message. It takes microseconds; one that it cannot read never comes.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long to wait after the socket has refused to be read.
const PAUSE: Duration = Duration::from_millis(100);

/// Opens one sealed socket, on what was bound before.
pub(crate) struct SealedTransport {
    bound: Mutex<Option<std::net::UdpSocket>>,
    cipher: Arc<DatagramCipher>,
    counters: Arc<Counters>,
}

impl SealedTransport {
    pub(crate) fn new(
        bound: std::net::UdpSocket,
        cipher: DatagramCipher,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            bound: Mutex::new(Some(bound)),
            cipher: Arc::new(cipher),
            counters,
        }
    }
}

#[async_trait]
impl Transport for SealedTransport {
    async fn open(&self, _listen: SocketAddr) -> anyhow::Result<Box<dyn Socket>> {
        let bound = self
            .bound
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .context("the fleet's socket is open already")?;
        bound.set_nonblocking(true)?;
        Ok(Box::new(SealedSocket {
            outside: UdpSocket::from_std(bound)?,
            encoder: Encoder::open().await?,
            cipher: self.cipher.clone(),
            counters: self.counters.clone(),
            buffer: vec![0; LONGEST].into_boxed_slice(),
            told: None,
        }))
    }
}

struct SealedSocket {
    outside: UdpSocket,
    encoder: Encoder,
    cipher: Arc<DatagramCipher>,
    counters: Arc<Counters>,
    buffer: Box<[u8]>,
    /// Who sent the message that the encoder was told and has not been asked for yet: `recv` may be dropped in between.
    told: Option<SocketAddr>,
}

#[async_trait]
impl Socket for SealedSocket {
    fn local_addr(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.outside.local_addr()?)
    }

    /// Never fails for good: a datagram that cannot be sent is lost like any other, and gossip repeats itself.
    async fn send(
        &mut self,
        to: SocketAddr,
        envelope: ChitchatEnvelope,
    ) -> anyhow::Result<SendOutcome> {
        let plain = self.encoder.encode(envelope).await;
        let sealed = plain.map(|plain| self.cipher.seal(random::bytes(), plain));
        let sent = match sealed {
            Ok(sealed) => self.outside.send_to(&sealed, to).await.ok(),
            Err(_) => None,
        };
        Counters::count(match sent {
            Some(_) => &self.counters.sent,
            None => &self.counters.unusable,
        });
        Ok(SendOutcome {
            num_bytes_sent: sent.unwrap_or(0),
        })
    }

    async fn recv(&mut self) -> anyhow::Result<RecvOutcome> {
        loop {
            let from_addr = match self.told {
                Some(from) => from,
                None => self.receive().await,
            };
            self.told = Some(from_addr);
            let decoded = timeout(PATIENCE, self.encoder.decode()).await;
            self.told = None;
            if let Ok(Ok((envelope, num_bytes_received))) = decoded {
                Counters::count(&self.counters.received);
                return Ok(RecvOutcome {
                    from_addr,
                    envelope,
                    num_bytes_received,
                });
            }
            Counters::count(&self.counters.unusable);
        }
    }
}

impl SealedSocket {
    /// Receives datagrams until one is of this fleet, and tells it to the encoder. Returns who sent it.
    async fn receive(&mut self) -> SocketAddr {
        loop {
            let Ok((length, from)) = self.outside.recv_from(&mut self.buffer).await else {
                sleep(PAUSE).await;
                continue;
            };
            match self.cipher.open(&mut self.buffer[..length]) {
                Ok(plain) if self.encoder.tell(plain).await.is_ok() => return from,
                Ok(_) => Counters::count(&self.counters.unusable),
                Err(_foreign) => Counters::count(&self.counters.foreign),
            }
        }
    }
}

/// chitchat's own socket, and ours that talks with it.
struct Encoder {
    theirs: Box<dyn Socket>,
    ours: UdpSocket,
    ours_at: SocketAddr,
    buffer: Box<[u8]>,
}

impl Encoder {
    async fn open() -> anyhow::Result<Self> {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let theirs = UdpTransport.open(loopback).await?;
        let ours = UdpSocket::bind(loopback).await?;
        // From here on the kernel hands us nobody else's datagrams.
        ours.connect(theirs.local_addr()?).await?;
        Ok(Self {
            ours_at: ours.local_addr()?,
            theirs,
            ours,
            buffer: vec![0; LONGEST].into_boxed_slice(),
        })
    }

    /// The bytes of a message.
    async fn encode(&mut self, envelope: ChitchatEnvelope) -> anyhow::Result<&[u8]> {
        // What came too late for the message before this one.
        while self.ours.try_recv(&mut self.buffer).is_ok() {}
        self.theirs.send(self.ours_at, envelope).await?;
        let length = timeout(PATIENCE, self.ours.recv(&mut self.buffer)).await??;
        Ok(&self.buffer[..length])
    }

    /// Gives bytes to be decoded.
    async fn tell(&self, plain: &[u8]) -> std::io::Result<usize> {
        self.ours.send(plain).await
    }

    /// The message of bytes that were told, and their number.
    async fn decode(&mut self) -> anyhow::Result<(ChitchatEnvelope, usize)> {
        loop {
            let outcome = self.theirs.recv().await?;
            // Whoever else writes to that port on this machine is nobody.
            if outcome.from_addr == self.ours_at {
                return Ok((outcome.envelope, outcome.num_bytes_received));
            }
        }
    }
}
