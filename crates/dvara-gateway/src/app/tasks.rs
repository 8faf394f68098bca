//! What runs beside the requests for as long as the process does.

use std::sync::Arc;
use std::time::Duration;

use dvara_ledger::Writer;
use dvara_service::readiness::Readiness;
use dvara_service::tasks::Tasks;

use crate::mock::MockProvider;

/// How often the spool is looked at.
const WATCH: Duration = Duration::from_millis(500);

/// Starts the watch over the spool, and the mock's over its files where it has any.
pub(super) fn start(
    tasks: &Tasks,
    readiness: &Readiness,
    writer: &Writer,
    mock: &Arc<MockProvider>,
) {
    if let Some(watching) = mock.watch() {
        tasks.until_cancelled("mock scenarios", watching);
    }
    tasks.until_cancelled("spool", watch(readiness.clone(), writer.clone()));
}

/// Keeps the gateway unready for as long as settlements are being lost.
async fn watch(readiness: Readiness, writer: Writer) {
    loop {
        tokio::time::sleep(WATCH).await;
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
