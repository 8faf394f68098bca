//! Settlements whose tokens are counted before they are handed over, because their vendor never told them.
//!
//! Counting is slow work and may not hold its core, so it is done beside it; the settlement stays here and keeps the estimate that it
//! has. However the count ends, by its time, by a panic or by the end of the core, the settlement goes on: with the count if there
//! is one, else as it is. What the count takes is taken from the time until the row is safe, not added to it.

use std::rc::Rc;
use std::time::{Duration, Instant};

use dvara_types::Usage;
use tokio::sync::mpsc;

use super::Core;
use crate::Settlement;
use crate::ledger::{Counter, Uncounted};

/// How long a settlement may wait for its count, from its call's end. With what follows it is safe within 250 ms (design §2).
pub(super) const COUNT_WITHIN: Duration = Duration::from_millis(150);

/// A settlement that waits for its count.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) settlement: Settlement,
    pub(super) counter: Counter,
    /// When its call ended.
    pub(super) since: Instant,
}

/// Settlements that are being counted together. Dropping them hands them over.
struct Counting {
    core: Rc<Core>,
    settlements: Vec<Settlement>,
    /// When the call of the first ended.
    since: Instant,
}

impl Drop for Counting {
    fn drop(&mut self) {
        let settlements = std::mem::take(&mut self.settlements);
        self.core.counted(settlements, self.since);
    }
}

/// Sleeps while nothing waits to be counted.
pub(super) async fn count_what_waits(core: Rc<Core>) {
    loop {
        core.to_count.notified().await;
        let waiting = core.waiting.take();
        if let Some(since) = waiting.first().map(|first| first.since) {
            count(&core, waiting, since).await;
        }
    }
}

async fn count(core: &Rc<Core>, waiting: Vec<Waiting>, since: Instant) {
    let until = since + COUNT_WITHIN;
    let mut counting = Counting {
        core: Rc::clone(core),
        settlements: Vec::with_capacity(waiting.len()),
        since,
    };
    let mut counters = Vec::with_capacity(waiting.len());
    for one in waiting {
        counters.push((one.counter, Uncounted::of(&one.settlement)));
        counting.settlements.push(one.settlement);
    }
    let (sender, mut counts) = mpsc::unbounded_channel();
    let _ends_by_itself = tokio::task::spawn_blocking(move || {
        for (place, (counter, uncounted)) in counters.into_iter().enumerate() {
            // A crowd that leaves at once is not counted to the end: those behind keep their estimates.
            if Instant::now() >= until {
                return;
            }
            if let Some(usage) = counter.count(&uncounted)
                && sender.send((place, usage)).is_err()
            {
                return;
            }
        }
    });
    let all = async {
        while let Some((place, usage)) = counts.recv().await {
            let usage: Usage = usage;
            counting.settlements[place].usage = Some(usage);
        }
    };
    // Those that are not counted by then go as they are.
    let _in_time = tokio::time::timeout_at(until.into(), all).await;
}
