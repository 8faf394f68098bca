//! Notifications: a connection that only listens, and opens again when it is lost.

use std::convert::Infallible;
use std::time::Duration;

use sqlx::postgres::PgListener;

use super::Shared;
use crate::rows::config_versions::CHANNEL;

/// How long to wait before listening again; polling goes on meanwhile.
const RETRY: Duration = Duration::from_secs(5);

pub(super) async fn for_ever(shared: &Shared) -> Infallible {
    loop {
        if let Err(error) = until_lost(shared).await {
            tracing::debug!(%error, "notifications cannot be listened to; polling goes on");
        }
        shared.counters.listening(false);
        tokio::time::sleep(RETRY).await;
    }
}

async fn until_lost(shared: &Shared) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(shared.store.pool()).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    shared.counters.listening(true);
    // Something may have changed between the last poll and now.
    shared.wake.notify_one();
    while listener.try_recv().await?.is_some() {
        shared.counters.notified();
        shared.wake.notify_one();
    }
    Ok(())
}
