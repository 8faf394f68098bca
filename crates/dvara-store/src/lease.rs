//! A connection of the pool for work that must be over by a deadline.
//!
//! A connection that has not answered in time is thrown away and not given back: the pool would wait for it.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres};
use tokio::time::{Instant, error::Elapsed, timeout_at};

use crate::{Store, StoreError};

/// A connection, and until when its work must be done.
#[derive(Debug)]
pub(crate) struct Lease {
    connection: PoolConnection<Postgres>,
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
                connection,
                deadline,
                doing,
            }),
            Ok(Err(error)) => Err(StoreError::doing(doing)(error)),
            Err(_) => Err(StoreError::doing(doing)(too_late())),
        }
    }

    /// The connection, and when the work on it must be given up.
    pub(crate) fn parts(&mut self) -> (&mut PgConnection, Instant) {
        (&mut self.connection, self.deadline)
    }

    /// Ends the lease with what came of the work.
    pub(crate) fn end<T>(
        self,
        outcome: Result<Result<T, sqlx::Error>, Elapsed>,
    ) -> Result<T, StoreError> {
        match outcome {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                if error.as_database_error().is_none() {
                    drop(self.connection.detach());
                }
                Err(StoreError::doing(self.doing)(error))
            }
            Err(_) => {
                drop(self.connection.detach());
                Err(StoreError::doing(self.doing)(too_late()))
            }
        }
    }
}

fn too_late() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::new(
        std::io::ErrorKind::TimedOut,
        "no answer before the deadline",
    ))
}
