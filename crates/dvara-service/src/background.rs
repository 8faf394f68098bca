//! The runtime for everything that is not a request: store, feed, ledger flush, membership, telemetry, metrics.

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::task::AbortOnDropHandle;

/// Blocking calls at once (files, name lookups). More than a few would cost memory and serve nobody.
const BLOCKING_THREADS: usize = 4;

/// One multi-thread runtime with a single worker, so that it runs by itself while `main` waits for something else.
pub struct Background {
    runtime: Option<Runtime>,
}

impl Background {
    /// Starts it.
    ///
    /// # Errors
    /// When the system gives no thread or no event queue.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("background")
            .enable_all()
            .build()?;
        Ok(Self {
            runtime: Some(runtime),
        })
    }

    /// For spawning on it from anywhere.
    pub fn handle(&self) -> Handle {
        self.runtime().handle().clone()
    }

    /// Runs a future to its end on the calling thread, with this runtime's timers and sockets.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime().block_on(future)
    }

    /// Ends it: what still runs is dropped at its next wait, blocking calls get until `deadline`.
    pub fn stop(mut self, deadline: Duration) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(deadline);
        }
    }

    fn runtime(&self) -> &Runtime {
        self.runtime
            .as_ref()
            .expect("taken only by stop and drop, which end this value")
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Tests and early returns may drop it inside another runtime, where waiting is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Does work on the background for somebody on a core, who waits for it. Nobody who waits, no work: dropping this ends it.
/// `None` when the work panicked or the runtime is ending.
pub async fn away<T: Send + 'static>(
    background: &Handle,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let work = AbortOnDropHandle::new(background.spawn(work));
    work.await
        .inspect_err(|error| tracing::error!(%error, "work on the background was not done"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_run_while_nobody_blocks_on_it() {
        let background = Background::start().unwrap();
        let (sent, received) = std::sync::mpsc::channel();
        background.handle().spawn(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            sent.send(std::thread::current().name().map(str::to_owned))
        });
        let name = received.recv_timeout(Duration::from_secs(5)).unwrap();
        assert_eq!(name.as_deref(), Some("background"));
        background.stop(Duration::from_secs(1));
    }

    #[tokio::test]
    async fn it_may_be_dropped_inside_a_runtime() {
        drop(Background::start().unwrap());
    }

    #[test]
    fn work_that_nobody_waits_for_any_more_ends() {
        let background = Background::start().unwrap();
        let held = std::sync::Arc::new(());
        let kept = held.clone();
        let handle = background.handle();
        let waiting = away(&handle, async move {
            std::future::pending::<()>().await;
            drop(kept);
        });
        let left = background
            .block_on(async { tokio::time::timeout(Duration::from_millis(10), waiting).await });
        assert!(left.is_err());
        let start = std::time::Instant::now();
        while std::sync::Arc::strong_count(&held) > 1 {
            assert!(start.elapsed() < Duration::from_secs(5), "it goes on");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_panic_is_not_passed_on() {
        let background = Background::start().unwrap();
        let handle = background.handle();
        let work = away(&handle, async { panic!("as the test wants") });
        assert_eq!(background.block_on(work), None::<()>);
    }
}
