//! Request rates on real PostgreSQL, by several processes at once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cost;
mod fleet;
mod outage;
mod rows;

use std::num::NonZeroU32;
use std::sync::Arc;

use dvara_limits::{Engine, RateLimits, Sharing};
use dvara_testkit::database::TestDatabase;
use tokio::sync::watch;

/// One gateway's counts, exchanged when the test says so.
struct Process {
    limits: RateLimits,
    sharing: Sharing,
}

impl Process {
    async fn start(database: &TestDatabase, members: usize) -> Self {
        let engine = Engine::PostgreSql(database.store().await);
        let (_fixed, members) = watch::channel(members);
        let (limits, sharing) = Sharing::start(engine, members).await;
        Self { limits, sharing }
    }

    /// So many calls at once; how many were admitted.
    fn call(&self, key: &str, limit: u32, calls: u32) -> u32 {
        let limit = NonZeroU32::new(limit).unwrap();
        let served = (0..calls).filter(|_| self.limits.check(key, limit).is_ok());
        u32::try_from(served.count()).unwrap()
    }

    async fn exchange(&mut self) {
        assert!(self.sharing.exchange().await);
    }
}

/// So many processes on one database.
async fn fleet(count: usize) -> (Arc<TestDatabase>, Vec<Process>) {
    let database = Arc::new(TestDatabase::new().await);
    let mut processes = Vec::new();
    for _ in 0..count {
        processes.push(Process::start(&database, count).await);
    }
    (database, processes)
}

/// Each process tells, then each asks.
async fn tick(processes: &mut [Process]) {
    for _ in 0..2 {
        for process in &mut *processes {
            process.exchange().await;
        }
    }
}
