//! What lies in the database, and for how long.

use dvara_store::rates::{self, Counted};
use dvara_testkit::database::TestDatabase;
use sqlx::Row;
use std::time::Duration;

use crate::{fleet, tick};

const LIMIT: Duration = Duration::from_secs(20);

async fn rows(database: &TestDatabase) -> Vec<(String, i64, String)> {
    let all = "SELECT key, requests, ctid::text || xmin::text AS place FROM dvara_main.rate_counts ORDER BY key, second";
    let mut connection = database.connection().await;
    let rows = sqlx::query(all).fetch_all(&mut connection).await.unwrap();
    rows.iter()
        .map(|row| (row.get("key"), row.get("requests"), row.get("place")))
        .collect()
}

fn counted(second: i64, key: &str, requests: u64) -> Counted {
    Counted {
        second,
        key: key.to_owned(),
        requests,
    }
}

#[tokio::test]
async fn a_fleet_without_calls_writes_nothing() {
    let (database, mut processes) = fleet(2).await;
    tick(&mut processes).await;
    assert!(rows(&database).await.is_empty());
    assert_eq!(processes[0].call("key", 10, 3), 3);
    tick(&mut processes).await;
    let written = rows(&database).await;
    assert!(!written.is_empty());
    for _ in 0..5 {
        // Refused calls are no reason to write either.
        assert_eq!(processes[1].call("key", 3, 3), 0);
        tick(&mut processes).await;
    }
    assert_eq!(rows(&database).await, written, "no row was touched");
}

#[tokio::test]
async fn the_cost_does_not_grow_with_the_calls() {
    let (database, mut processes) = fleet(1).await;
    assert_eq!(processes[0].call("key", 1_000_000, 50_000), 50_000);
    tick(&mut processes).await;
    let rows = rows(&database).await;
    assert!(rows.len() <= 60, "a row per second and key: {}", rows.len());
    let total: i64 = rows.iter().map(|(_, requests, _)| requests).sum();
    assert_eq!(total, 50_000);
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
    let left: Vec<String> = rows(&database).await.into_iter().map(|row| row.0).collect();
    assert_eq!(left, ["now", "window"]);
}
