//! The database goes away: calls go on, and nothing is missing afterwards.

use dvara_testkit::eventually;

use crate::harness::{Setup, TestGateway, hello};

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_on_without_the_database_and_their_rows_come_later() {
    let gateway = TestGateway::start().await;
    assert_eq!(gateway.chat(hello("mock/x")).await.status(), 200);
    gateway.settled(1).await;
    gateway.database.cut().await;
    for _ in 0..50 {
        assert_eq!(gateway.chat(hello("mock/x")).await.status(), 200);
    }
    assert_eq!(
        gateway.readiness().await,
        200,
        "the last good configuration serves"
    );
    eventually("settlements are in the spool", async || {
        let files = walk(gateway.spool());
        (files > 0).then_some(())
    })
    .await;
    gateway.database.restore().await;
    assert_eq!(gateway.settled(51).await.len(), 51);
    let database = gateway.finish().await;
    let chats = database
        .usage()
        .await
        .into_iter()
        .filter(|row| row["endpoint"] == "chat_completions")
        .count();
    assert_eq!(chats, 51, "none is missing, none is doubled");
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_turns_red_once_the_configuration_is_too_old_and_back_with_the_database() {
    let gateway = Setup::new()
        .env("DVARA_CONFIG_MAX_STALENESS", "1s")
        .start()
        .await;
    gateway.database.cut().await;
    eventually("readiness is red", async || {
        (gateway.readiness().await == 503).then_some(())
    })
    .await;
    assert_eq!(
        gateway.chat(hello("mock/x")).await.status(),
        200,
        "calls go on"
    );
    gateway.database.restore().await;
    eventually("readiness is back", async || {
        (gateway.readiness().await == 200).then_some(())
    })
    .await;
    gateway.finish().await;
}

/// Bytes in the files below a folder.
fn walk(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            let facts = entry.metadata().unwrap();
            if facts.is_dir() {
                walk(&entry.path())
            } else {
                facts.len()
            }
        })
        .sum()
}
