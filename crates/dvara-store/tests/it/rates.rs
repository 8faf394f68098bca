//! What gateways tell each other about request rates.

use std::time::Duration;

use dvara_store::rates::{self, Counted};
use dvara_testkit::database::TestDatabase;
use sqlx::Row;

const LIMIT: Duration = Duration::from_secs(20);

fn counted(second: i64, key: &str, requests: u64) -> Counted {
    Counted {
        second,
        key: key.to_owned(),
        requests,
    }
}

#[tokio::test]
async fn the_table_is_unlogged() {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    let row = sqlx::query(
        "SELECT relpersistence::text AS kind FROM pg_class WHERE oid = 'dvara_main.rate_counts'::regclass",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(row.get::<String, _>("kind"), "u");
}

#[tokio::test]
async fn an_exchange_brings_what_all_others_counted_and_only_lately() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let first = rates::exchange(&store, 1, 0, &[], LIMIT).await.unwrap();
    assert!(first.others.is_empty());
    let now = first.clock_ms / 1_000;
    let mine = [
        counted(now, "a", 5),
        counted(now - 1, "a", 2),
        counted(now, "b", 1),
    ];
    rates::exchange(&store, 1, 0, &mine, LIMIT).await.unwrap();
    // Sent again, and sent late: the larger total stands.
    rates::exchange(&store, 1, 0, &[counted(now, "a", 4)], LIMIT)
        .await
        .unwrap();
    let theirs = [counted(now, "a", 10), counted(now - 300, "old", 1)];
    let seen = rates::exchange(&store, 2, 0, &theirs, LIMIT).await.unwrap();
    let mut others = seen.others;
    others.sort_by_key(|counted| (counted.key.clone(), counted.second));
    assert_eq!(
        others,
        [
            counted(now - 1, "a", 2),
            counted(now, "a", 5),
            counted(now, "b", 1)
        ]
    );
    let third = rates::exchange(&store, 3, now, &[], LIMIT).await.unwrap();
    let mut others = third.others;
    others.sort_by_key(|counted| counted.key.clone());
    assert_eq!(others, [counted(now, "a", 15), counted(now, "b", 1)]);
}

#[tokio::test]
async fn seconds_that_no_window_reaches_are_deleted() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let clock_ms = rates::exchange(&store, 1, 0, &[], LIMIT)
        .await
        .unwrap()
        .clock_ms;
    let now = clock_ms / 1_000;
    let all = [
        counted(now - 500, "past", 1),
        counted(now - 30, "window", 1),
        counted(now, "now", 1),
        counted(now + 5_000, "future", 1),
    ];
    rates::exchange(&store, 1, 0, &all, LIMIT).await.unwrap();
    assert_eq!(rates::forget(&store, LIMIT).await.unwrap(), 2);
    assert_eq!(rates::forget(&store, LIMIT).await.unwrap(), 0);
    let left = database.rate_counts().await;
    let left: Vec<_> = left.iter().map(|row| row["key"].as_str()).collect();
    assert_eq!(left, [Some("now"), Some("window")]);
}
