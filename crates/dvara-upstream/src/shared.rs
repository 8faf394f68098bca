//! The HTTP/2 connections of one core to one origin, and those that are being made.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::http2::{Connection, Lease};

/// Connections that requests share.
pub(crate) struct Shared {
    /// How many requests at once the origin allows on one, as far as is known.
    usual: Rc<Cell<usize>>,
    connections: RefCell<Vec<Rc<Connection>>>,
    openings: RefCell<Vec<Rc<Opening>>>,
}

/// What a request does next.
pub(crate) enum Next {
    /// Goes out on a connection.
    Send(Lease),
    /// Waits for a connection that another request is making: requests that arrive together share one.
    Wait(Rc<Opening>),
    /// Makes a connection, for others too.
    Open(Opener),
}

impl Shared {
    /// No connection yet. An origin of which nothing is known is taken to allow `bound` requests on one.
    pub(crate) fn new(bound: usize) -> Rc<Self> {
        Rc::new(Self {
            usual: Rc::new(Cell::new(bound)),
            connections: RefCell::default(),
            openings: RefCell::default(),
        })
    }

    /// How many requests at once the origin allows on one connection; its connections keep it true.
    pub(crate) fn usual(&self) -> Rc<Cell<usize>> {
        self.usual.clone()
    }

    /// What a request does next. No more wait for a connection than it will take.
    pub(crate) fn next(self: &Rc<Self>) -> Next {
        self.forget_spent();
        let connections = self.connections.borrow();
        if let Some(connection) = connections.iter().find(|one| one.has_room()) {
            return Next::Send(connection.lease());
        }
        let mut openings = self.openings.borrow_mut();
        if let Some(opening) = openings
            .iter()
            .find(|one| one.waiting.get() < self.usual.get())
        {
            opening.waiting.set(opening.waiting.get() + 1);
            return Next::Wait(opening.clone());
        }
        let opening = Rc::new(Opening::default());
        opening.waiting.set(1);
        openings.push(opening.clone());
        Next::Open(Opener {
            home: self.clone(),
            opening,
        })
    }

    /// Adds a connection and takes its first place.
    pub(crate) fn add(&self, connection: Rc<Connection>) -> Lease {
        let lease = connection.lease();
        self.connections.borrow_mut().push(connection);
        lease
    }

    /// Lets go of what takes nothing on any more. What runs on it keeps it.
    pub(crate) fn forget_spent(&self) {
        let mut connections = self.connections.borrow_mut();
        connections.retain(|connection| connection.is_usable());
    }

    /// Drops what has been idle for longer than `limit`, is old or takes nothing on; says whether a connection is left.
    pub(crate) fn sweep(&self, limit: Duration, now: Instant) -> bool {
        let mut connections = self.connections.borrow_mut();
        connections.retain(|connection| {
            connection.is_usable() && now < connection.retires && connection.idle_for() < limit
        });
        !connections.is_empty()
    }

    /// How many connections have no request.
    pub(crate) fn idle(&self) -> usize {
        let connections = self.connections.borrow();
        let idle = connections
            .iter()
            .filter(|connection| connection.is_usable() && connection.is_idle());
        idle.count()
    }
}

/// A connection in the making.
#[derive(Default)]
pub(crate) struct Opening {
    waiting: Cell<usize>,
    failed: Cell<bool>,
    over: Cell<bool>,
    ended: Notify,
}

impl Opening {
    /// Waits for its end, and says whether it failed. Then each waiting request makes a connection of its own at once: one after the other
    /// they would wait for the sum of all time limits.
    pub(crate) async fn failed(&self) -> bool {
        if !self.over.get() {
            self.ended.notified().await;
        }
        self.failed.get()
    }
}

/// Held by the request that makes a connection. Dropped, it lets those who wait look again, also when that request's client has left.
pub(crate) struct Opener {
    home: Rc<Shared>,
    opening: Rc<Opening>,
}

impl Opener {
    /// There will be no connection.
    pub(crate) fn fail(&self) {
        self.opening.failed.set(true);
    }
}

impl Drop for Opener {
    fn drop(&mut self) {
        let mut openings = self.home.openings.borrow_mut();
        openings.retain(|opening| !Rc::ptr_eq(opening, &self.opening));
        self.opening.over.set(true);
        self.opening.ended.notify_waiters();
    }
}
