//! A core's half of the ledger: counts what is open, collects what is settled, hands it over in batches.

mod counting;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{Notify, mpsc};

use crate::counters::CoreCounters;
use crate::ledger::Counter;
use crate::{Ledger, Settlement};
use counting::Waiting;

/// Settlements that are handed over at once when there are so many.
pub const BATCH: usize = 64;

/// How long a settlement waits on its core for others to be handed over with.
pub const HAND_OVER_AFTER: Duration = Duration::from_millis(50);

/// Calls that may be open or not yet recorded on one core, by default (design §2).
pub const OPEN_LIMIT: u64 = 10_000;

/// Too many calls are open or not yet recorded on this core; answer 503 with `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{outstanding} calls are open or not yet recorded on this core")]
pub struct LedgerFull {
    /// How many there are.
    pub outstanding: u64,
}

impl LedgerFull {
    /// When trying again makes sense: by then the writer has come round several times.
    pub const RETRY_AFTER: Duration = Duration::from_secs(1);
}

/// The ledgers of one core. Cloning gives another handle on the same; everything stays on its core.
#[derive(Debug, Clone)]
pub struct Ledgers {
    core: Rc<Core>,
}

/// What a core sends to the background: settlements, and whose they are, so that they can be counted as recorded.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) settlements: Vec<Settlement>,
    pub(crate) handed_over: Instant,
    pub(crate) core: Arc<CoreCounters>,
}

#[derive(Debug)]
pub(crate) struct Core {
    counters: Arc<CoreCounters>,
    limit: u64,
    /// Random per core; with the count of calls it makes ids that no other core makes in the same millisecond.
    seed: [u8; 6],
    calls: Cell<u32>,
    buffer: RefCell<Vec<Settlement>>,
    /// When the first settlement in the buffer came.
    oldest: Cell<Instant>,
    /// Wakes the task that hands over what is left after [`HAND_OVER_AFTER`].
    first_in: Notify,
    /// Settlements that nobody has begun to count.
    waiting: RefCell<Vec<Waiting>>,
    /// Wakes the task that has them counted.
    to_count: Notify,
    outbox: mpsc::UnboundedSender<Batch>,
}

impl Ledgers {
    pub(crate) fn start(
        counters: Arc<CoreCounters>,
        limit: u64,
        outbox: mpsc::UnboundedSender<Batch>,
    ) -> Self {
        let core = Rc::new(Core {
            counters,
            limit,
            seed: rand::random(),
            calls: Cell::new(0),
            buffer: RefCell::default(),
            oldest: Cell::new(Instant::now()),
            first_in: Notify::new(),
            waiting: RefCell::default(),
            to_count: Notify::new(),
            outbox,
        });
        tokio::task::spawn_local(hand_over_what_waits(Rc::clone(&core)));
        tokio::task::spawn_local(counting::count_what_waits(Rc::clone(&core)));
        Self { core }
    }

    /// Opens the ledger of a call that comes in now. Only counts.
    ///
    /// # Errors
    /// When too many calls are open or not yet recorded on this core.
    pub fn open(&self) -> Result<Ledger, LedgerFull> {
        self.open_at(SystemTime::now(), Instant::now())
    }

    /// Opens the ledger of a call that came in at a given time, on both clocks.
    ///
    /// # Errors
    /// When too many calls are open or not yet recorded on this core.
    pub fn open_at(&self, at: SystemTime, instant: Instant) -> Result<Ledger, LedgerFull> {
        let serial = self.core.admit()?;
        let settlement = Settlement::opened(serial, at);
        Ok(Ledger::open(Rc::clone(&self.core), settlement, instant))
    }

    /// Calls of this core that are open or not yet recorded.
    pub fn outstanding(&self) -> u64 {
        self.core.counters.outstanding()
    }

    /// Hands over what has been settled so far, without waiting for more. What is being counted follows. The end of the core's runtime
    /// does the same for both.
    pub fn flush(&self) {
        self.core.hand_over();
    }
}

impl Core {
    fn admit(&self) -> Result<[u8; 10], LedgerFull> {
        let outstanding = self.counters.outstanding();
        if outstanding >= self.limit {
            self.counters.refused_full.add(1);
            return Err(LedgerFull { outstanding });
        }
        self.counters.opened.add(1);
        let call = self.calls.get().wrapping_add(1);
        self.calls.set(call);
        let mut serial = [0; 10];
        serial[..6].copy_from_slice(&self.seed);
        serial[6..].copy_from_slice(&call.to_be_bytes());
        Ok(serial)
    }

    pub(crate) fn settled(&self, settlement: Settlement) {
        self.counters.settled.add(1);
        let waiting = {
            let mut buffer = self.buffer.borrow_mut();
            buffer.push(settlement);
            buffer.len()
        };
        if waiting >= BATCH {
            self.hand_over();
        } else if waiting == 1 {
            self.oldest.set(Instant::now());
            self.first_in.notify_one();
        }
    }

    /// The call has settled with an estimate, and its tokens can be counted.
    pub(crate) fn count(&self, settlement: Settlement, counter: Counter) {
        let since = Instant::now();
        self.waiting.borrow_mut().push(Waiting {
            settlement,
            counter,
            since,
        });
        self.to_count.notify_one();
    }

    /// Takes settlements back whose tokens have been counted, or were not in time, and hands them over. `since`: when their calls ended.
    fn counted(&self, settlements: Vec<Settlement>, since: Instant) {
        self.counters.settled.add(settlements.len() as u64);
        // The writer reckons from here until when they have to be safe: a count takes no more time than waiting for others would have.
        let handed_over = Instant::now().min(since + HAND_OVER_AFTER);
        self.send(settlements, handed_over);
    }

    fn hand_over(&self) {
        let settlements = {
            let mut buffer = self.buffer.borrow_mut();
            // A core that fills batches will fill the next one too.
            let next = Vec::with_capacity(if buffer.len() >= BATCH { BATCH } else { 0 });
            std::mem::replace(&mut *buffer, next)
        };
        self.send(settlements, Instant::now());
    }

    fn send(&self, settlements: Vec<Settlement>, handed_over: Instant) {
        if settlements.is_empty() {
            return;
        }
        self.counters.handed_over.add(settlements.len() as u64);
        let batch = Batch {
            settlements,
            handed_over,
            core: Arc::clone(&self.counters),
        };
        if let Err(mpsc::error::SendError(batch)) = self.outbox.send(batch) {
            self.counters.too_late.add(batch.settlements.len() as u64);
            tracing::error!(
                settlements = batch.settlements.len(),
                "settlements came after the ledger was closed and are lost"
            );
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        for waiting in self.waiting.take() {
            self.settled(waiting.settlement);
        }
        self.hand_over();
    }
}

/// Sleeps while nothing is settled; wakes with the first settlement of a batch and hands over what there is once it
/// has waited long enough.
async fn hand_over_what_waits(core: Rc<Core>) {
    loop {
        core.first_in.notified().await;
        while !core.buffer.borrow().is_empty() {
            let due = core.oldest.get() + HAND_OVER_AFTER;
            if due <= Instant::now() {
                core.hand_over();
            } else {
                tokio::time::sleep_until(due.into()).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;
