//! Idle connections of one core, by origin; the most recently used one first.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::SendRequest;

use crate::origin::Origin;

type Sender = SendRequest<Full<Bytes>>;

/// The idle connections of a core. Borrowed for the length of a call that never waits.
#[derive(Default)]
pub(crate) struct Pool {
    /// A process has a handful of origins: looking at each is quicker than hashing one.
    idle: RefCell<Vec<(Origin, Vec<Idle>)>>,
}

struct Idle {
    sender: Sender,
    since: Instant,
}

impl Pool {
    /// The youngest idle connection that its server has not closed.
    pub(crate) fn take(&self, origin: &Origin) -> Option<Sender> {
        let mut idle = self.idle.borrow_mut();
        let (_, connections) = idle.iter_mut().find(|(known, _)| known == origin)?;
        while let Some(connection) = connections.pop() {
            if !connection.sender.is_closed() {
                return Some(connection.sender);
            }
        }
        None
    }

    /// Keeps a connection for the next request, unless it is closed or enough are kept.
    pub(crate) fn put(&self, origin: &Origin, sender: Sender, bound: usize) {
        if sender.is_closed() {
            return;
        }
        let mut idle = self.idle.borrow_mut();
        if let Some((_, connections)) = idle.iter_mut().find(|(known, _)| known == origin) {
            if connections.len() < bound {
                connections.push(Idle {
                    sender,
                    since: Instant::now(),
                });
            }
        } else {
            idle.push((
                origin.clone(),
                vec![Idle {
                    sender,
                    since: Instant::now(),
                }],
            ));
        }
    }

    /// Drops what has been idle for longer than `limit` or is closed; says whether any connection is left.
    pub(crate) fn sweep(&self, limit: Duration) -> bool {
        let mut idle = self.idle.borrow_mut();
        idle.retain_mut(|(_, connections)| {
            connections.retain(|connection| {
                connection.since.elapsed() < limit && !connection.sender.is_closed()
            });
            !connections.is_empty()
        });
        !idle.is_empty()
    }

    /// How many connections are idle.
    pub(crate) fn len(&self) -> usize {
        self.idle
            .borrow()
            .iter()
            .map(|(_, connections)| connections.len())
            .sum()
    }
}
