//! The feed: what one process writes another one serves, at once where notifications come through and soon where not.

use std::time::Duration;

use dvara_crypto::api_key;
use dvara_store::admin::RouteDraft;
use dvara_store::rows::config_versions::Area;
use dvara_store::snapshot::Overlay;
use dvara_store::{Admin, Feed, FeedSettings, Store};
use dvara_testkit::database::TestDatabase;
use dvara_types::{KeyHash, KeyStatus, TenantStatus};
use tokio::task::JoinHandle;

use crate::{eventually, key, store, tenant};

const SECOND: Duration = Duration::from_secs(1);

/// A feed of another process: a store of its own, running.
async fn other(database: &TestDatabase, settings: FeedSettings) -> (Feed, JoinHandle<()>) {
    let store = database.store().await;
    let feed = Feed::start(store, Overlay::default(), None, settings)
        .await
        .unwrap();
    let running = feed.clone();
    let task = tokio::spawn(async move {
        running.run().await;
    });
    (feed, task)
}

fn polling() -> FeedSettings {
    FeedSettings {
        listen: false,
        ..FeedSettings::default()
    }
}

fn status(feed: &Feed, hash: &KeyHash) -> Option<KeyStatus> {
    feed.current().key(hash).map(|key| key.record.status)
}

/// Waits until the feed has polled twice: a poll under way may have looked before the change, the next one has not.
async fn second_poll(feed: &Feed) {
    let polls = feed.counters().polls;
    eventually(30 * SECOND, "two polls", || {
        feed.counters().polls >= polls + 2
    })
    .await;
}

#[tokio::test]
async fn what_one_process_writes_holds_on_another_after_two_polls_of_half_a_second() {
    assert_eq!(FeedSettings::default().poll_interval * 2, SECOND);
    let (database, store) = store().await;
    let admin = Admin::new(&store);
    let (feed, task) = other(&database, polling()).await;
    tenant(&admin, "acme").await;
    let made = key(&admin, "acme", "ci").await;
    let hash = api_key::hash(made.key.expose());
    second_poll(&feed).await;
    assert_eq!(status(&feed, &hash), Some(KeyStatus::Active));
    admin.revoke_key(&made.record.id).await.unwrap();
    second_poll(&feed).await;
    assert_eq!(status(&feed, &hash), Some(KeyStatus::Revoked));
    admin
        .suspend_tenant(&made.record.tenant, Some("unpaid"))
        .await
        .unwrap();
    second_poll(&feed).await;
    let snapshot = feed.current();
    let tenant = &snapshot.key(&hash).unwrap().tenant;
    assert_eq!(tenant.status, TenantStatus::Suspended);
    assert_eq!(tenant.metadata["suspendedReason"], "unpaid");
    let counters = feed.counters();
    assert!(counters.up && !counters.listening, "{counters:?}");
    task.abort();
}

#[tokio::test]
async fn a_notification_wakes_the_feed_long_before_the_next_poll() {
    let (database, store) = store().await;
    let slow = FeedSettings {
        poll_interval: Duration::from_secs(3600),
        listen: true,
    };
    let (feed, task) = other(&database, slow).await;
    eventually(30 * SECOND, "it listens", || feed.counters().listening).await;
    let draft = RouteDraft {
        model_pattern: "gpt-*".to_owned(),
        ..RouteDraft::default()
    };
    Admin::new(&store).put_route(draft).await.unwrap();
    eventually(30 * SECOND, "the route is known", || {
        feed.current().route_for("gpt-4o", None).is_some()
    })
    .await;
    assert!(feed.counters().notifications >= 1);
    task.abort();
}

#[tokio::test]
async fn only_the_area_that_changed_is_read() {
    let (database, store) = store().await;
    let (feed, task) = other(&database, polling()).await;
    let before = feed.counters();
    assert_eq!(
        (before.refreshes, before.areas_refreshed),
        (1, Area::ALL.len() as u64),
        "the first load"
    );
    tenant(&Admin::new(&store), "acme").await;
    eventually(30 * SECOND, "one reload", || feed.counters().refreshes == 2).await;
    assert_eq!(feed.counters().areas_refreshed, before.areas_refreshed + 1);
    task.abort();
}

#[tokio::test]
async fn the_last_good_snapshot_serves_while_the_database_is_away() {
    let (database, store) = store().await;
    let admin = Admin::new(&store);
    tenant(&admin, "acme").await;
    let made = key(&admin, "acme", "ci").await;
    let hash = api_key::hash(made.key.expose());
    let (feed, task) = other(&database, FeedSettings::default()).await;
    eventually(30 * SECOND, "it listens", || feed.counters().listening).await;
    database.cut().await;
    eventually(30 * SECOND, "the loss is noticed", || !feed.counters().up).await;
    let confirmed = feed.last_confirmed();
    assert_eq!(status(&feed, &hash), Some(KeyStatus::Active));
    tokio::time::sleep(SECOND).await;
    assert!(feed.staleness() >= SECOND);
    assert_eq!(feed.last_confirmed(), confirmed);
    database.restore().await;
    eventually(30 * SECOND, "the return is noticed", || feed.counters().up).await;
    admin.revoke_key(&made.record.id).await.unwrap();
    eventually(30 * SECOND, "changes come again", || {
        status(&feed, &hash) == Some(KeyStatus::Revoked)
    })
    .await;
    assert!(feed.last_confirmed() > confirmed);
    eventually(30 * SECOND, "it listens again", || {
        feed.counters().listening
    })
    .await;
    task.abort();
}

#[tokio::test]
async fn a_schema_that_is_not_migrated_is_an_error_of_the_start() {
    let database = TestDatabase::empty().await;
    let store: Store = database.store().await;
    let error = Feed::start(store, Overlay::default(), None, FeedSettings::default())
        .await
        .unwrap_err();
    assert_eq!(error.failure(), dvara_store::Failure::NotMigrated);
    assert_eq!(error.fix(), Some("run `dvara migrate`"));
}

#[tokio::test]
async fn closing_the_store_ends_neither_the_feed_nor_the_snapshot() {
    let (database, _store) = store().await;
    let store = database.store().await;
    let feed = Feed::start(
        store.clone(),
        Overlay::default(),
        None,
        FeedSettings::default(),
    )
    .await
    .unwrap();
    let running = feed.clone();
    let task = tokio::spawn(async move {
        running.run().await;
    });
    eventually(30 * SECOND, "it listens", || feed.counters().listening).await;
    tokio::time::timeout(30 * SECOND, store.close())
        .await
        .expect("closing does not hang");
    eventually(30 * SECOND, "the loss is noticed", || !feed.counters().up).await;
    assert!(!task.is_finished());
    assert_eq!(feed.current().key_count(), 0);
    task.abort();
}
