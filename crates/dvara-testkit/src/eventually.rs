//! Waiting for a condition, never for time.

use std::time::{Duration, Instant};

/// How long a condition may take to hold. Generous: machines that run tests are busy.
const LIMIT: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(10);

/// Looks until something is there, and returns it.
///
/// # Panics
/// When it is not there in twenty seconds.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < LIMIT, "waited in vain: {what}");
        tokio::time::sleep(LOOK).await;
    }
}
