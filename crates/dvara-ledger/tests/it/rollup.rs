//! The hourly sums, whatever the rows and whoever writes them.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use dvara_store::usage::{self, UsageRow};
use dvara_testkit::database::TestDatabase;
use dvara_types::{
    ApiKeyId, EpochId, NanoUsd, ProviderName, SettlementId, TenantId, TokenCount, Usage,
};

use crate::harness::Look;

const LIMIT: Duration = Duration::from_secs(10);

/// A row that differs from its neighbours in all that the sums tell apart, and in all that they add up.
fn row(writer: u8, number: u32) -> UsageRow {
    let every = |period: u32| number.is_multiple_of(period);
    let mut serial = [writer; 10];
    serial[6..].copy_from_slice(&number.to_be_bytes());
    let opened_at = DateTime::from_timestamp(1_900_000_000, 0).unwrap()
        + TimeDelta::seconds(i64::from(number) * 97);
    let n = u64::from(number);
    UsageRow {
        id: SettlementId::mint(0, serial),
        epoch: EpochId::mint(0, [writer; 10]),
        opened_at,
        tenant: (!every(5)).then(|| TenantId::parse("acme").unwrap()),
        key: (!every(7)).then(|| ApiKeyId::parse("key_1").unwrap()),
        trace_id: "trace".into(),
        session_id: None,
        endpoint: "chat_completions".into(),
        requested_model: Some(Arc::from("m")),
        model: Some(Arc::from(if every(2) { "m" } else { "n" })),
        provider: (!every(11)).then(|| ProviderName::parse("mock").unwrap()),
        route: None,
        status: [200, 400, 429, 502, 499][number as usize % 5],
        outcome: if every(3) {
            "completed".into()
        } else {
            "failed".into()
        },
        error_code: None,
        stream: every(2),
        usage: (!every(4)).then(|| Usage {
            input: TokenCount(n),
            cache_read: TokenCount(n + 1),
            cache_write: TokenCount(n + 2),
            output: TokenCount(n + 3),
            reasoning: TokenCount(n + 4),
        }),
        estimated: every(6),
        output_characters: None,
        cache_status: None,
        credential_fingerprint: None,
        attempts: 1,
        duration_us: n * 10,
        upstream_us: (!every(9)).then_some(n),
        first_byte_us: None,
        cost: every(8).then_some(NanoUsd(7)),
    }
}

#[tokio::test]
async fn the_sums_equal_the_rows_and_rows_that_come_again_do_not_count_again() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let rows: Vec<_> = (0..600).map(|number| row(1, number)).collect();
    assert_eq!(
        usage::insert_batch(&store, &rows[..400], LIMIT)
            .await
            .unwrap(),
        400
    );
    // Some known, some new, some twice in the same batch.
    let mixed: Vec<_> = rows[300..].iter().chain(&rows[300..350]).cloned().collect();
    assert_eq!(
        usage::insert_batch(&store, &mixed, LIMIT).await.unwrap(),
        200
    );
    assert_eq!(usage::insert_batch(&store, &rows, LIMIT).await.unwrap(), 0);
    assert_eq!(usage::insert_batch(&store, &[], LIMIT).await.unwrap(), 0);
    let mut look = Look::at(&database.settings()).await;
    assert_eq!(
        look.number("SELECT count(*) FROM dvara_main.usage").await,
        600
    );
    look.sums_equal_rows().await;
    let named =
        "SELECT DISTINCT model FROM dvara_main.usage_hourly WHERE status_class = 4 AND model <> ''";
    assert_eq!(look.texts(named).await.len(), 2, "429 keeps its model");
    assert_eq!(
        look.number(
            "SELECT count(*) FROM dvara_main.usage_hourly WHERE status_class = 5 AND model = ''"
        )
        .await,
        0
    );
}

#[tokio::test]
async fn many_writers_of_the_same_hours_do_not_get_into_each_others_way() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let writers: Vec<_> = (1..=4_u8)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for batch in 0..10 {
                    let mut rows: Vec<_> = (batch * 50..batch * 50 + 50)
                        .map(|number| row(writer, number))
                        .collect();
                    // Each comes in an order of its own; the same shard for all makes it as bad as it gets.
                    rows.rotate_left(usize::from(writer) * 11);
                    rows.iter_mut()
                        .for_each(|row| row.epoch = EpochId::mint(0, [1; 10]));
                    usage::insert_batch(&store, &rows, LIMIT).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let mut look = Look::at(&database.settings()).await;
    assert_eq!(
        look.number("SELECT count(*) FROM dvara_main.usage").await,
        2_000
    );
    look.sums_equal_rows().await;
}

#[tokio::test]
async fn absurd_numbers_are_cut_and_texts_that_postgresql_refuses_are_a_fault_of_the_row() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let mut absurd = row(1, 1);
    absurd.usage = Some(Usage {
        input: TokenCount(u64::MAX),
        output: TokenCount(u64::MAX),
        ..Usage::default()
    });
    absurd.duration_us = u64::MAX;
    let many: Vec<_> = (0..100)
        .map(|number| UsageRow {
            id: row(1, number).id,
            ..absurd.clone()
        })
        .collect();
    assert_eq!(
        usage::insert_batch(&store, &many, LIMIT).await.unwrap(),
        100
    );
    Look::at(&database.settings()).await.sums_equal_rows().await;

    let mut refused = row(1, 200);
    refused.trace_id = "a\0b".into();
    let error = usage::insert_batch(&store, &[row(1, 201), refused], LIMIT)
        .await
        .unwrap_err();
    assert!(usage::is_fault_of_a_row(&error), "{error}");
    database.cut().await;
    let error = usage::insert_batch(&store, &[row(1, 202)], Duration::from_millis(200))
        .await
        .unwrap_err();
    assert!(!usage::is_fault_of_a_row(&error), "{error}");
}
