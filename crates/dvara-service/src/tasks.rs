//! Background work under one roof: named, cancelled together, and never lost without a word.
//!
//! A task that ends before it was asked to is a failure of the process: a gateway whose change feed has died must not go on
//! as if nothing had happened.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The tasks of one process. Clones are handles on the same set.
#[derive(Clone)]
pub struct Tasks(Arc<Inner>);

struct Inner {
    handle: Handle,
    tracker: TaskTracker,
    cancel: CancellationToken,
    running: Mutex<BTreeMap<u64, &'static str>>,
    failed: watch::Sender<Option<TaskFailure>>,
}

/// A task that ended although nobody asked it to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskFailure {
    /// The task's name.
    pub task: &'static str,
    /// Whether it panicked.
    pub panicked: bool,
}

impl fmt::Display for TaskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.panicked { "panicked" } else { "ended" };
        write!(f, "background task `{}` {how} early", self.task)
    }
}

impl std::error::Error for TaskFailure {}

impl Tasks {
    /// Spawns on this runtime, which is the background's.
    pub fn new(handle: Handle) -> Self {
        Self(Arc::new(Inner {
            handle,
            tracker: TaskTracker::new(),
            cancel: CancellationToken::new(),
            running: Mutex::default(),
            failed: watch::Sender::new(None),
        }))
    }

    /// Starts work that runs until [`Tasks::cancel_token`] is cancelled. If it ends before, or panics, the process fails.
    pub fn spawn<F>(&self, name: &'static str, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.supervise(name, work, true);
    }

    /// Starts work that ends by itself. Only a panic fails the process.
    pub fn spawn_once<F>(&self, name: &'static str, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.supervise(name, work, false);
    }

    /// Starts work that never ends by itself; it is dropped when the tasks are cancelled.
    pub fn until_cancelled<F>(&self, name: &'static str, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let cancel = self.cancel_token();
        self.spawn(name, async move {
            tokio::select! {
                () = work => {}
                () = cancel.cancelled() => {}
            }
        });
    }

    /// Tells the tasks to end; each watches a clone.
    pub fn cancel_token(&self) -> CancellationToken {
        self.0.cancel.clone()
    }

    /// Resolves when a task has failed, with the first that did.
    pub async fn failed(&self) -> TaskFailure {
        let mut failed = self.0.failed.subscribe();
        let failure = failed.wait_for(Option::is_some).await;
        match failure.ok().and_then(|failure| failure.clone()) {
            Some(failure) => failure,
            // The sender lives in `self`, so the channel cannot close while somebody waits here.
            None => std::future::pending().await,
        }
    }

    /// Cancels all and waits for them. Returns the names of those that still run at the deadline.
    pub async fn stop(&self, deadline: Duration) -> Vec<&'static str> {
        self.0.cancel.cancel();
        self.0.tracker.close();
        let _ = tokio::time::timeout(deadline, self.0.tracker.wait()).await;
        self.running().values().copied().collect()
    }

    fn supervise<F>(&self, name: &'static str, work: F, endless: bool)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let id = {
            let mut running = self.running();
            let id = running.last_key_value().map_or(0, |(last, _)| last + 1);
            running.insert(id, name);
            id
        };
        let inner = self.0.handle.spawn(work);
        let tasks = self.clone();
        let supervised = async move {
            // An aborted task can only be a runtime that shuts down; it is neither a panic nor an early end.
            let (panicked, aborted) = match inner.await {
                Ok(()) => (false, false),
                Err(error) => (error.is_panic(), error.is_cancelled()),
            };
            tasks.running().remove(&id);
            let early = endless && !aborted && !tasks.0.cancel.is_cancelled();
            if panicked || early {
                tasks.report(TaskFailure {
                    task: name,
                    panicked,
                });
            }
        };
        self.0.tracker.spawn_on(supervised, &self.0.handle);
    }

    fn report(&self, failure: TaskFailure) {
        tracing::error!(task = failure.task, "{failure}");
        self.0.failed.send_if_modified(|first| {
            let is_first = first.is_none();
            if is_first {
                *first = Some(failure);
            }
            is_first
        });
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<u64, &'static str>> {
        self.0
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn early_end_is_a_failure() {
        let tasks = Tasks::new(Handle::current());
        tasks.spawn("feed", async {});
        let failure = tokio::time::timeout(LONG, tasks.failed()).await.unwrap();
        assert_eq!(failure.to_string(), "background task `feed` ended early");
    }

    #[tokio::test]
    async fn panic_is_a_failure_also_of_work_that_may_end() {
        let tasks = Tasks::new(Handle::current());
        tasks.spawn_once("seed", async { panic!("as the test wants") });
        let failure = tokio::time::timeout(LONG, tasks.failed()).await.unwrap();
        assert_eq!(failure.to_string(), "background task `seed` panicked early");
    }

    #[tokio::test]
    async fn cancelled_tasks_end_without_a_failure() {
        let tasks = Tasks::new(Handle::current());
        let cancelled = tasks.cancel_token();
        tasks.spawn("feed", async move { cancelled.cancelled().await });
        tasks.spawn_once("seed", async {});
        assert_eq!(tasks.stop(LONG).await, Vec::<&str>::new());
        let failed = tokio::time::timeout(Duration::from_millis(20), tasks.failed()).await;
        assert!(failed.is_err());
    }

    #[tokio::test]
    async fn deadline_names_what_still_runs() {
        let tasks = Tasks::new(Handle::current());
        tasks.spawn("stubborn", std::future::pending());
        let left = tasks.stop(Duration::from_millis(20)).await;
        assert_eq!(left, ["stubborn"]);
    }
}
