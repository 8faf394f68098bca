//! What runs beside the requests for as long as the process does.

use std::sync::Arc;
use std::time::Duration;

use dvara_ledger::Writer;
use dvara_service::readiness::Readiness;
use dvara_service::tasks::Tasks;
use dvara_store::Feed;

use crate::mock::MockProvider;

/// How often staleness and spool are looked at.
const WATCH: Duration = Duration::from_millis(500);

/// Starts the change feed, and the mock's watch over its files where it has any.
pub(super) fn start_feeds(tasks: &Tasks, feed: &Feed, mock: &Arc<MockProvider>) {
    let feed = feed.clone();
    until_cancelled(
        tasks,
        "change feed",
        async move { match feed.run().await {} },
    );
    if let Some(watching) = mock.watch() {
        until_cancelled(tasks, "mock scenarios", watching);
    }
}

/// Runs work that never ends by itself until the process does.
pub(super) fn until_cancelled(
    tasks: &Tasks,
    name: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
) {
    let cancel = tasks.cancel_token();
    tasks.spawn(name, async move {
        tokio::select! {
            () = work => {}
            () = cancel.cancelled() => {}
        }
    });
}

/// Turns standing conditions into readiness until the process ends.
pub(super) async fn watch(
    readiness: Readiness,
    feed: Feed,
    writer: Writer,
    max_staleness: Duration,
) {
    loop {
        tokio::time::sleep(WATCH).await;
        let staleness = feed.staleness();
        if staleness > max_staleness {
            readiness.fail(
                "configuration",
                format!("not confirmed for {} s", staleness.as_secs()),
            );
        } else {
            readiness.clear("configuration");
        }
        if writer.spool_is_full() {
            readiness.fail(
                "spool",
                "it is full: settlements are dropped until the database is back",
            );
        } else {
            readiness.clear("spool");
        }
    }
}
