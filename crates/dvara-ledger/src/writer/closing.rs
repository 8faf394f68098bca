//! The word that the ledger is to be closed, as each part of the writer waits for it.

use tokio::sync::watch;
use tokio::time::Instant;

/// One part's ear for the closing of the ledger.
#[derive(Debug, Clone)]
pub(crate) struct Closing(watch::Receiver<Option<Instant>>);

impl Closing {
    pub(crate) fn new(closing: &watch::Sender<Option<Instant>>) -> Self {
        Self(closing.subscribe())
    }

    /// Waits for the word, and returns until when everything should be safe.
    pub(crate) async fn word(&mut self) -> Instant {
        let deadline = match self.0.wait_for(Option::is_some).await {
            Ok(deadline) => *deadline,
            Err(_) => None,
        };
        deadline.unwrap_or_else(Instant::now)
    }
}
