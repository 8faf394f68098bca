//! Thread-per-core serving: one single-threaded runtime per core, each with its own connections (design §2 "Cores").
//!
//! A request is answered on the core that owns its connection, from its first byte to its last: nothing on its path is
//! shared between cores unless it has to be, and a future need not be `Send`. What runs beside the requests (store, ledger,
//! telemetry) lives on the background runtime and must never be awaited here.

mod connection;
mod greeting;
mod http2;
mod limits;
mod load;
mod metrics;
mod paced;
mod planes;
mod transport;

use std::future::Future;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use hyper::body::Incoming;
use hyper::{Request, Response};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::drain::Drain;
use crate::tls::ListenerTls;
pub use limits::HttpLimits;
pub use load::CoreLoad;
use load::Heart;
pub use metrics::LoadMetrics;
use planes::{Floor, Site};
pub use planes::{PlaneId, Planes};

/// Threads of each core for what would hold it for a millisecond (design §2).
const ASIDE: usize = 2;

/// How often a core shows that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// A core that has not shown itself for this long is taken for dead, and liveness with it.
const HEARTBEAT_LIMIT: Duration = Duration::from_secs(10);

/// What answers requests on one core. Made on the core's own thread, so it may hold what only one thread can.
pub trait Plane: 'static {
    /// The body of its answers.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Unpin
        + 'static;

    /// Answers one request. The future is dropped when the client goes away first.
    fn answer(
        self: Rc<Self>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Self::Body>> + 'static;

    /// Called once, when the last connection of this core is gone: what is still held here must be handed over.
    fn finish(self: Rc<Self>) -> impl Future<Output = ()> + 'static;
}

/// Which core a plane is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoreId(pub usize);

/// The running cores of a process.
pub struct Cores {
    cores: Arc<[Core]>,
    threads: Vec<JoinHandle<()>>,
    heart: Heart,
    deaths: Arc<Notify>,
}

/// Tells of a core that dies by panic.
struct Alarm {
    deaths: Arc<Notify>,
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.deaths.notify_one();
        }
    }
}

/// Hands accepted connections to the cores of one plane. Cores end when every dispatcher is gone and their connections are.
#[derive(Clone)]
pub struct Dispatcher {
    cores: Arc<[Core]>,
    plane: PlaneId,
}

/// A connection that was accepted.
pub(crate) struct Arrival {
    pub(crate) stream: std::net::TcpStream,
    /// Of the listener it came through; `None` for plain text.
    pub(crate) tls: Option<Arc<ListenerTls>>,
}

struct Core {
    arrivals: UnboundedSender<(PlaneId, Arrival)>,
    load: Arc<CoreLoad>,
}

impl Cores {
    /// Starts `count` cores, each with every plane.
    ///
    /// # Errors
    /// When a thread or its runtime cannot be had, or the making of a plane panics.
    pub fn start(
        count: usize,
        limits: HttpLimits,
        drain: &Drain,
        planes: &Planes,
    ) -> io::Result<Self> {
        let heart = Heart::new(HEARTBEAT_LIMIT);
        let mut cores = Vec::with_capacity(count);
        let mut threads = Vec::with_capacity(count);
        let (up, all_up) = std::sync::mpsc::channel();
        let all_deaths = Arc::new(Notify::new());
        for index in 0..count {
            let (arrivals, receiver) = unbounded_channel();
            let up = up.clone();
            let deaths = all_deaths.clone();
            let load = Arc::new(CoreLoad::new(&heart));
            let planes = planes.clone();
            let site = Site {
                load: load.clone(),
                drain: drain.clone(),
                limits,
            };
            let thread = std::thread::Builder::new()
                .name(format!("core-{index}"))
                .spawn(move || {
                    let built = Builder::new_current_thread()
                        .max_blocking_threads(ASIDE)
                        .enable_all()
                        .build_local(LocalOptions::default());
                    match built {
                        Ok(runtime) => runtime.block_on(async {
                            let _alarm = Alarm { deaths };
                            // Made inside the runtime, since a plane may start tasks of its own.
                            let floors = planes.make(CoreId(index), &site);
                            let _counted = up.send(());
                            run(floors, receiver, &site.load).await;
                        }),
                        Err(error) => {
                            tracing::error!(%error, core = index, "a core has no runtime")
                        }
                    }
                })?;
            cores.push(Core { arrivals, load });
            threads.push(thread);
        }
        drop(up);
        // A core that could not start has hung up without a word.
        for _ in 0..count {
            all_up
                .recv()
                .map_err(|_| io::Error::other("a core did not start"))?;
        }
        Ok(Self {
            cores: cores.into(),
            threads,
            heart,
            deaths: all_deaths,
        })
    }

    /// Resolves when a core has died of a panic: its connections are gone and others would be handed to nobody, so the process
    /// must end.
    pub async fn died(&self) {
        self.deaths.notified().await;
    }

    /// What the listeners of a plane hand their connections to.
    pub fn dispatcher(&self, plane: PlaneId) -> Dispatcher {
        Dispatcher {
            cores: self.cores.clone(),
            plane,
        }
    }

    /// Each core's load, in order.
    pub fn loads(&self) -> Vec<Arc<CoreLoad>> {
        self.cores.iter().map(|core| core.load.clone()).collect()
    }

    /// A check of every core's heartbeat, for liveness.
    pub fn pulse(&self) -> Pulse {
        Pulse {
            loads: self.loads(),
            heart: self.heart.clone(),
        }
    }

    /// Lets the cores end once their connections have, and waits for it. Listeners must have been closed before.
    pub fn join(self) {
        let Self { cores, threads, .. } = self;
        drop(cores);
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a core ended by panic");
            }
        }
    }
}

/// Whether every core still turns.
#[derive(Clone)]
pub struct Pulse {
    loads: Vec<Arc<CoreLoad>>,
    heart: Heart,
}

impl Pulse {
    /// Whether each core has shown itself within the limit.
    pub fn is_alive(&self) -> bool {
        self.loads.iter().all(|load| self.heart.is_recent(load))
    }
}

impl Dispatcher {
    /// Gives a connection to the core with the fewest open requests, the one with fewer connections among equals.
    pub(crate) fn dispatch(&self, arrival: Arrival) {
        let lightest = self.cores.iter().min_by_key(|core| core.load.weight());
        let Some(core) = lightest else { return };
        core.load.expect_connection();
        if core.arrivals.send((self.plane, arrival)).is_err() {
            tracing::error!("a core has ended while its listener is open");
        }
    }
}

async fn run(
    floors: Vec<Box<dyn Floor>>,
    mut arrivals: UnboundedReceiver<(PlaneId, Arrival)>,
    load: &CoreLoad,
) {
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    loop {
        tokio::select! {
            biased;
            arrival = arrivals.recv() => match arrival {
                Some((plane, arrival)) => floors[plane.0].serve(arrival),
                None => break,
            },
            _ = heartbeat.tick() => load.beat(),
        }
    }
    let ended = async {
        for floor in &floors {
            floor.all_ended().await;
        }
    };
    tokio::pin!(ended);
    loop {
        tokio::select! {
            () = &mut ended => break,
            _ = heartbeat.tick() => load.beat(),
        }
    }
    for floor in &floors {
        floor.finish().await;
    }
}
