//! The usual case: the database is there.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dvara_testkit::database::TestDatabase;

use crate::harness::{Look, Process, eventually, settings, settle};

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_settled_call_is_one_row_with_all_that_was_noted() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    process.settle("call", 7..8).await;
    let mut look = Look::at(&database.settings()).await;
    eventually("the row is there", async || look.traces().await.len() == 1).await;
    let row = look
        .json("SELECT to_json(usage)::text FROM dvara_main.usage")
        .await;
    for (column, expected) in [
        ("tenant", serde_json::json!("globex")),
        ("key", "key_1".into()),
        ("trace_id", "call-000007".into()),
        ("session_id", "session-1".into()),
        ("endpoint", "chat_completions".into()),
        ("requested_model", "mock/echo".into()),
        ("model", "echo".into()),
        ("provider", "mock".into()),
        ("route", "rte_1".into()),
        ("status", 200.into()),
        ("outcome", "completed".into()),
        ("error_code", serde_json::Value::Null),
        ("stream", false.into()),
        ("input_tokens", 7.into()),
        ("cache_read_tokens", 0.into()),
        ("output_tokens", 2.into()),
        ("estimated", false.into()),
        ("output_characters", serde_json::Value::Null),
        ("credential_fingerprint", "f00dcafe".into()),
        ("attempts", 1.into()),
        ("cost_nanousd", serde_json::Value::Null),
        ("epoch", process.writer.epoch().as_str().into()),
    ] {
        assert_eq!(row[column], expected, "{column}");
    }
    assert!(row["id"].as_str().unwrap().starts_with("set_"));
    assert!(row["duration_us"].as_i64() >= row["first_byte_us"].as_i64());
    look.sums_equal_rows().await;
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn every_settlement_is_shown_to_the_observers_once_and_counted() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let seen = Arc::new(Mutex::new(vec![]));
    let observer = {
        let seen = Arc::clone(&seen);
        Box::new(move |settlements: &[dvara_ledger::Settlement]| {
            seen.lock()
                .unwrap()
                .extend(settlements.iter().map(|each| each.trace_id.clone()));
        })
    };
    let process = Process::with(&store, settings(spool.path()), vec![observer]).await;
    process.settle("call", 0..1_000).await;
    let writer = process.writer.clone();
    process.stop().await;
    let counters = writer.counters();
    assert_eq!(
        (counters.opened, counters.settled, counters.handed_over),
        (1_000, 1_000, 1_000)
    );
    // On a busy machine the database may be late for some of them.
    assert_eq!(counters.written + counters.replayed, 1_000);
    assert_eq!(counters.dropped, 0);
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 1_000);
    Look::at(&database.settings())
        .await
        .has_exactly(&[("call", 0..1_000)])
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_clean_stop_closes_the_epoch_and_leaves_nothing_behind() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    // Settled, and not handed over yet.
    process.settle("call", 0..3).await;
    let mut look = Look::at(&database.settings()).await;
    let open =
        "SELECT count(*) FROM dvara_main.epochs WHERE closed_at IS NULL AND host = 'test-host'";
    assert_eq!(look.number(open).await, 1);
    process.stop().await;
    look.has_exactly(&[("call", 0..3)]).await;
    assert_eq!(look.number(open).await, 0);
    let left: Vec<_> = std::fs::read_dir(spool.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["lock"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn closing_waits_for_calls_that_still_run() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    process
        .on_core(|ledgers| {
            let ledger = ledgers.open().unwrap();
            tokio::task::spawn_local(async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                drop(ledger);
            });
        })
        .await;
    process.writer.close(Duration::from_secs(10)).await.unwrap();
    let mut look = Look::at(&database.settings()).await;
    let outcome = look.texts("SELECT outcome FROM dvara_main.usage").await;
    assert_eq!(outcome, ["abandoned"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_full_ledger_takes_calls_again_once_the_earlier_ones_are_recorded() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let mut few = settings(spool.path());
    few.open_limit = 100;
    let process = Process::with(&store, few, vec![]).await;
    let refused = process
        .on_core(|ledgers| {
            (0..100).for_each(|number| settle(ledgers, "call", number));
            ledgers.open().is_err()
        })
        .await;
    assert!(refused);
    eventually("there is room again", async || {
        process
            .on_core(|ledgers| ledgers.outstanding() == 0 && ledgers.open().is_ok())
            .await
    })
    .await;
    assert_eq!(process.writer.counters().refused_full, 1);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_call_that_does_not_end_in_time_is_reported_and_noted_in_the_epoch() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    process.settle("call", 0..3).await;
    process
        .on_core(|ledgers| {
            let ledger = ledgers.open().unwrap();
            tokio::task::spawn_local(async move {
                std::future::pending::<()>().await;
                drop(ledger);
            });
        })
        .await;
    let closed = process.writer.close(Duration::from_secs(2)).await;
    assert_eq!(closed.unwrap_err().calls, 1);
    let mut look = Look::at(&database.settings()).await;
    look.has_exactly(&[("call", 0..3)]).await;
    let noted = "SELECT dropped FROM dvara_main.epochs WHERE closed_at IS NOT NULL";
    assert_eq!(look.number(noted).await, 1);
}
