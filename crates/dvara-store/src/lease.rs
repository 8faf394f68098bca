//! A connection of the pool for work that must be over by a deadline.
//!
//! A connection that has not answered in time, or whose work was cut off, is thrown away and not given back: the pool
//! would wait for it, or hand it on in the middle of somebody else's transaction.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres};
use tokio::time::{Instant, error::Elapsed, timeout_at};

use crate::{Store, StoreError};

/// A connection, and until when its work must be done.
#[derive(Debug)]
pub(crate) struct Lease {
    /// Absent once the lease has ended.
    connection: Option<PoolConnection<Postgres>>,
    deadline: Instant,
    doing: &'static str,
}

impl Lease {
    /// Takes a connection for work that is to be over after `limit`, waiting for one included.
    pub(crate) async fn take(
        store: &Store,
        limit: Duration,
        doing: &'static str,
    ) -> Result<Self, StoreError> {
        let deadline = Instant::now() + limit;
        match timeout_at(deadline, store.pool().acquire()).await {
            Ok(Ok(connection)) => Ok(Self {
                connection: Some(connection),
                deadline,
                doing,
            }),
            Ok(Err(error)) => Err(StoreError::doing(doing)(error)),
            Err(_) => Err(StoreError::doing(doing)(too_late())),
        }
    }

    /// The connection, and when the work on it must be given up.
    pub(crate) fn parts(&mut self) -> (&mut PgConnection, Instant) {
        let connection = self.connection.as_mut();
        let connection = connection.expect("only `end`, which consumes the lease, takes it");
        (connection, self.deadline)
    }

    /// Ends the lease with what came of the work.
    pub(crate) fn end<T>(
        mut self,
        outcome: Result<Result<T, sqlx::Error>, Elapsed>,
    ) -> Result<T, StoreError> {
        match outcome {
            Ok(Ok(value)) => {
                self.give_back();
                Ok(value)
            }
            Ok(Err(error)) => {
                if error.as_database_error().is_some() {
                    self.give_back();
                }
                Err(StoreError::doing(self.doing)(error))
            }
            Err(_) => Err(StoreError::doing(self.doing)(too_late())),
        }
    }

    fn give_back(&mut self) {
        drop(self.connection.take());
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(connection.detach());
        }
    }
}

fn too_late() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::new(
        std::io::ErrorKind::TimedOut,
        "no answer before the deadline",
    ))
}
