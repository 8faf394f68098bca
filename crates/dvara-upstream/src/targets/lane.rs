//! How many calls a provider gets at once, and how many may wait for their turn.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The width of a lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LaneSettings {
    /// Calls at once; `None` is no limit at all.
    pub max: Option<NonZeroUsize>,
    /// Calls that may wait; 0 refuses at once what finds no place.
    pub queue: usize,
}

/// There was no place for the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LaneFull {
    /// As many are waiting as may.
    #[error("no place, and {0} calls are waiting for one")]
    QueueFull(usize),
    /// Its turn did not come in time.
    #[error("no place became free in time")]
    Timeout,
}

/// The way of one process to one provider. Cheap to clone; clones are the same lane.
#[derive(Clone)]
pub struct Lane(Option<Arc<Gate>>);

struct Gate {
    max: usize,
    queue: usize,
    /// Hands places out in the order in which calls came, whatever core they run on.
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Lane {
    /// An empty lane.
    pub fn new(settings: LaneSettings) -> Self {
        Self(settings.max.map(|max| {
            let max = max.get().min(Semaphore::MAX_PERMITS);
            Arc::new(Gate {
                max,
                queue: settings.queue,
                places: Arc::new(Semaphore::new(max)),
                waiting: AtomicUsize::new(0),
            })
        }))
    }

    /// Takes a place, or waits for one until a point in time. Who drops the future leaves the queue.
    ///
    /// # Errors
    /// When there is none and no more may wait, or none in time.
    pub async fn acquire(&self, until: Instant) -> Result<Permit, LaneFull> {
        let Some(gate) = &self.0 else {
            return Ok(Permit { _place: None });
        };
        // Finds nothing while somebody waits: a place that becomes free belongs to whoever is first.
        if let Ok(place) = gate.places.clone().try_acquire_owned() {
            return Ok(Permit {
                _place: Some(place),
            });
        }
        let _waiting = gate.wait()?;
        let turn = gate.places.clone().acquire_owned();
        match tokio::time::timeout_at(until, turn).await {
            // Never closed, so a turn that comes is a place.
            Ok(place) => Ok(Permit { _place: place.ok() }),
            Err(_) => Err(LaneFull::Timeout),
        }
    }

    /// How many calls have a place. 0 without a limit: then nobody counts.
    pub fn in_use(&self) -> usize {
        let in_use = |gate: &Arc<Gate>| gate.max - gate.places.available_permits();
        self.0.as_ref().map_or(0, in_use)
    }

    /// How many calls wait for one.
    pub fn waiting(&self) -> usize {
        let waiting = |gate: &Arc<Gate>| gate.waiting.load(Ordering::Relaxed);
        self.0.as_ref().map_or(0, waiting)
    }
}

impl Gate {
    fn wait(&self) -> Result<Waiting<'_>, LaneFull> {
        let more = |waiting| (waiting < self.queue).then_some(waiting + 1);
        self.waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .map(|_| Waiting(self))
            .map_err(LaneFull::QueueFull)
    }
}

/// A place in the queue.
struct Waiting<'a>(&'a Gate);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A place, free again when it is dropped; it is held as long as the answer's body.
#[must_use = "dropped, it makes place for others"]
pub struct Permit {
    _place: Option<OwnedSemaphorePermit>,
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::atomic::AtomicUsize;
    use std::task::Poll;
    use std::time::Duration;

    use super::*;

    fn lane(max: usize, queue: usize) -> Lane {
        Lane::new(LaneSettings {
            max: NonZeroUsize::new(max),
            queue,
        })
    }

    fn late() -> Instant {
        Instant::now() + Duration::from_hours(1)
    }

    /// Lets a future run until it waits.
    async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|context| {
            Poll::Ready(match future.as_mut().poll(context) {
                Poll::Ready(output) => Some(output),
                Poll::Pending => None,
            })
        })
        .await
    }

    #[tokio::test]
    async fn without_a_limit_everybody_has_a_place_and_nobody_counts() {
        let lane = lane(0, 0);
        let mut held = Vec::new();
        for _ in 0..1_000 {
            held.push(lane.acquire(Instant::now()).await.unwrap());
        }
        assert_eq!((lane.in_use(), lane.waiting()), (0, 0));
    }

    #[tokio::test]
    async fn who_finds_neither_place_nor_queue_is_refused_at_once() {
        let lane = lane(1, 0);
        let held = lane.acquire(late()).await.unwrap();
        assert_eq!(
            lane.acquire(late()).await.err(),
            Some(LaneFull::QueueFull(0))
        );
        assert_eq!((lane.in_use(), lane.waiting()), (1, 0));
        drop(held);
        assert!(lane.acquire(late()).await.is_ok());
        assert_eq!(lane.in_use(), 0);
    }

    #[tokio::test]
    async fn who_waits_for_too_long_is_refused_and_leaves_the_queue() {
        let lane = lane(1, 1);
        let _held = lane.acquire(late()).await.unwrap();
        let past = Instant::now();
        assert_eq!(lane.acquire(past).await.err(), Some(LaneFull::Timeout));
        assert_eq!((lane.in_use(), lane.waiting()), (1, 0));
    }

    #[tokio::test]
    async fn places_are_given_in_turn_and_who_leaves_loses_nothing_for_others() {
        let lane = lane(1, 3);
        let held = lane.acquire(late()).await.unwrap();
        let mut first = Box::pin(lane.acquire(late()));
        let mut second = Box::pin(lane.acquire(late()));
        let mut third = Box::pin(lane.acquire(late()));
        for turn in [&mut first, &mut second, &mut third] {
            assert!(poll_once(turn).await.is_none());
        }
        assert_eq!((lane.in_use(), lane.waiting()), (1, 3));
        drop(first);
        assert_eq!(lane.waiting(), 2);
        drop(held);
        // The place is the second's already: nobody passes by.
        assert!(poll_once(&mut third).await.is_none());
        let mut new = Box::pin(lane.acquire(late()));
        assert!(poll_once(&mut new).await.is_none());
        let second = poll_once(&mut second).await.unwrap().unwrap();
        drop(second);
        drop(poll_once(&mut third).await.unwrap().unwrap());
        assert!(poll_once(&mut new).await.unwrap().is_ok());
        drop(new);
        assert_eq!((lane.in_use(), lane.waiting()), (0, 0));
    }

    #[test]
    fn cores_together_never_hold_more_places_than_there_are() {
        let (lane, held) = (lane(3, 100), AtomicUsize::new(0));
        let core = || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_time().build().unwrap();
            runtime.block_on(async {
                for _ in 0..2_000 {
                    let _place = lane.acquire(late()).await.unwrap();
                    assert!(held.fetch_add(1, Ordering::SeqCst) < 3);
                    tokio::task::yield_now().await;
                    held.fetch_sub(1, Ordering::SeqCst);
                }
            });
        };
        std::thread::scope(|scope| {
            (0..4).for_each(|_| drop(scope.spawn(core)));
        });
        assert_eq!((lane.in_use(), lane.waiting()), (0, 0));
    }
}
