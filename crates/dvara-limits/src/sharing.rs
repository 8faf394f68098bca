//! The background half: exchanges counts with the fleet, tick by tick.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dvara_store::StoreError;
use tokio::pin;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::engine::Engine;
use crate::limits::RateLimits;

/// How long a call takes to be known to the whole fleet, at most: until we have told of it, and until others have asked.
pub const TICK: Duration = Duration::from_millis(250);

/// How often counts are exchanged.
const PAUSE: Duration = Duration::from_millis(TICK.as_millis() as u64 / 2);
/// How long an exchange may take.
const DEADLINE: Duration = Duration::from_secs(1);
/// How often keys without calls, and rows that are past, are cleared away.
const UPKEEP: Duration = Duration::from_secs(10);
/// Entries of one exchange; what is more goes with the next.
const MOST: usize = 20_000;
/// Seconds that are read with every exchange, for what was committed after we read them.
const AGAIN: i64 = 2;
/// How often the whole window is read, for what reached the database later than that: a gateway that was cut off tells of
/// seconds that are past when it is back.
const WHOLE: Duration = Duration::from_secs(5);

/// Exchanges counts until it is told to stop.
#[derive(Debug)]
pub struct Sharing {
    limits: RateLimits,
    engine: Engine,
    /// This process among all that ever wrote.
    writer: i64,
    /// The first second that is asked for.
    since: i64,
    /// When all of the window is asked for again.
    whole: Instant,
    lost: bool,
}

impl Sharing {
    /// Makes the limits of a process and reads what the fleet has counted. Where that fails the process starts with its
    /// share. `members` is how many processes live, this one included.
    pub async fn start(engine: Engine, members: watch::Receiver<usize>) -> (RateLimits, Self) {
        let limits = RateLimits::new(members, host_ms());
        let mut sharing = Self {
            limits: limits.clone(),
            engine,
            writer: rand::random(),
            since: i64::MIN,
            whole: Instant::now() + jittered(WHOLE),
            lost: false,
        };
        sharing.exchange().await;
        (limits, sharing)
    }

    /// Runs until `stop` resolves; what was counted by then is exchanged once more.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        pin!(stop);
        let mut upkeep = Instant::now() + jittered(UPKEEP);
        loop {
            tokio::select! {
                () = sleep(jittered(PAUSE)) => {}
                () = &mut stop => {
                    self.exchange().await;
                    return;
                }
            }
            self.exchange().await;
            if Instant::now() >= upkeep {
                upkeep = Instant::now() + jittered(UPKEEP);
                self.upkeep().await;
            }
        }
    }

    /// Exchanges counts once; whether that could be done.
    pub async fn exchange(&mut self) -> bool {
        let inner = &self.limits.0;
        let counted = inner.counts.take_unsent(MOST);
        if Instant::now() >= self.whole {
            self.whole = Instant::now() + jittered(WHOLE);
            self.since = i64::MIN;
        }
        let asked_ms = inner.clock.elapsed_ms();
        let exchange = self
            .engine
            .exchange(self.writer, self.since, &counted, DEADLINE);
        match exchange.await {
            Ok(exchanged) => {
                let clock_ms = exchanged.clock_ms;
                let answered_ms = inner.clock.elapsed_ms();
                inner.clock.learn(clock_ms, asked_ms, answered_ms);
                let now = clock_ms.div_euclid(1_000);
                inner.counts.learn(&exchanged.others, now);
                inner.counts.sent(&counted);
                inner.exchanged(asked_ms, clock_ms);
                self.since = now - AGAIN;
                self.found();
                true
            }
            Err(error) => {
                inner.counts.not_sent(&counted);
                self.lost(&error);
                false
            }
        }
    }

    async fn upkeep(&self) {
        let inner = &self.limits.0;
        let now_ms = inner.clock.at(inner.clock.elapsed_ms());
        inner.counts.sweep(now_ms.div_euclid(1_000));
        if let Err(error) = self.engine.forget(DEADLINE).await {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "old request rates were not deleted");
        }
    }

    fn found(&mut self) {
        if std::mem::take(&mut self.lost) {
            tracing::info!("request rates are shared by the fleet again");
        }
    }

    fn lost(&mut self, error: &StoreError) {
        if !std::mem::replace(&mut self.lost, true) {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                members = self.limits.members(),
                "request rates cannot be exchanged; until they can, this gateway keeps to its share of each limit"
            );
        }
    }
}

/// Up to a tenth shorter, so that replicas that started together do not stay together.
fn jittered(duration: Duration) -> Duration {
    duration.mul_f64(rand::random_range(0.9..1.0))
}

/// The host's clock, which counts until the first exchange alone.
fn host_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
