//! What lies in the database.

use crate::{fleet, tick};

#[tokio::test]
async fn a_fleet_without_calls_writes_nothing() {
    let (database, mut processes) = fleet(2).await;
    tick(&mut processes).await;
    assert!(database.rate_counts().await.is_empty());
    assert_eq!(processes[0].call("key", 10, 3), 3);
    tick(&mut processes).await;
    let written = database.rate_counts().await;
    assert!(!written.is_empty());
    for _ in 0..5 {
        // Refused calls are no reason to write either.
        assert_eq!(processes[1].call("key", 3, 3), 0);
        tick(&mut processes).await;
    }
    assert_eq!(database.rate_counts().await, written, "no row was touched");
}

#[tokio::test]
async fn the_cost_does_not_grow_with_the_calls() {
    let (database, mut processes) = fleet(1).await;
    assert_eq!(processes[0].call("key", 1_000_000, 50_000), 50_000);
    tick(&mut processes).await;
    let rows = database.rate_counts().await;
    assert!(rows.len() <= 60, "a row per second and key: {}", rows.len());
    let counts = rows.iter().map(|row| row["requests"].as_i64());
    let total: i64 = counts.flatten().sum();
    assert_eq!(total, 50_000);
}
