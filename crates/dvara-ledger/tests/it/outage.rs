//! The database goes away and comes back.

use std::time::{Duration, Instant};

use dvara_ledger::BATCH;
use dvara_testkit::database::TestDatabase;

use crate::harness::{Look, Process, eventually, settings};
use crate::server::Server;

/// How soon after its call's end a settlement is safe (design §2).
const SAFE_WITHIN: Duration = Duration::from_millis(250);

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn no_row_is_missing_or_doubled_when_the_database_stops_for_a_while_under_load() {
    let mut server = Server::start().await;
    let store = server.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    let (mut number, started) = (0, Instant::now());
    let mut load = async |until: Duration| {
        while started.elapsed() < until {
            process.settle("call", number..number + 20).await;
            number += 20;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        number
    };
    load(Duration::from_millis(500)).await;
    server.crash().await;
    load(Duration::from_millis(1_500)).await;
    let before = process.writer.counters();
    assert!(
        !before.database_up && before.spooled > 0 && before.spool_bytes > 0,
        "{before:?}"
    );
    server.resume().await;
    let last = load(started.elapsed() + Duration::from_millis(1_000)).await;
    eventually("the spool is empty", async || {
        let now = process.writer.counters();
        now.database_up && now.spool_bytes == 0
    })
    .await;
    let writer = process.writer.clone();
    process.stop().await;
    let counters = writer.counters();
    Look::at(&server.settings())
        .await
        .has_exactly(&[("call", 0..last)])
        .await;
    assert_eq!(counters.dropped, 0);
    assert_eq!(
        counters.written + counters.spooled,
        u64::from(last),
        "{counters:?}"
    );
    assert_eq!(counters.replayed, counters.spooled, "{counters:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_database_that_hangs_counts_as_lost_and_its_rows_are_safe_within_250_ms() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    let mut look = Look::at(&database.settings()).await;
    let mut tries = vec![];
    // A busy machine may be late by itself, but not every time.
    for attempt in 0..5 {
        let first = attempt * 100;
        tries.push(hang(&process, &mut look, first).await);
        let written = process.writer.counters();
        assert_eq!(written.dropped, 0);
        look.has_exactly(&[("call", 0..first + 100)]).await;
        if tries[tries.len() - 1]
            .iter()
            .all(|time| *time < SAFE_WITHIN)
        {
            return process.stop().await;
        }
    }
    panic!("too slow every time: {tries:?}");
}

/// Settles a hundred calls while the database hangs; returns how long it took until they were safe: those that were
/// sent to it, those that came while it could be slow still, and those that came when it was lost.
async fn hang(process: &Process, look: &mut Look, first: u32) -> [Duration; 3] {
    eventually("the database is there", async || {
        process.writer.counters().database_up
    })
    .await;
    look.run("BEGIN; LOCK TABLE dvara_main.usage, dvara_main.epochs IN ACCESS EXCLUSIVE MODE")
        .await;
    let before = process.writer.counters();
    let spooled = async |calls: std::ops::Range<u32>| {
        let expected = process.writer.counters().spooled + u64::from(calls.end - calls.start);
        let settled = Instant::now();
        process.settle("call", calls).await;
        eventually("they are in the spool", async || {
            process.writer.counters().spooled == expected
        })
        .await;
        settled.elapsed()
    };
    let sent = spooled(first..first + 10).await;
    let meanwhile = spooled(first + 10..first + 40).await;
    eventually("it is lost", async || {
        !process.writer.counters().database_up
    })
    .await;
    let lost = spooled(first + 40..first + 100).await;
    look.run("ROLLBACK").await;
    eventually("everything is replayed", async || {
        process.writer.counters().replayed == before.replayed + 100
    })
    .await;
    [sent, meanwhile, lost]
}

/// From now on the database counts how often a row is sent to it, whatever becomes of the row.
const COUNT_ROWS_SENT: &str = "
CREATE SEQUENCE sent;
CREATE FUNCTION count_sent() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM nextval('public.sent'); RETURN NEW; END $$;
CREATE TRIGGER count_sent BEFORE INSERT ON dvara_main.usage FOR EACH ROW EXECUTE FUNCTION public.count_sent();
GRANT ALL ON SEQUENCE sent TO PUBLIC";

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_write_that_is_late_goes_on_and_its_rows_are_safe_meanwhile_and_sent_once() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    let mut look = Look::at(&database.settings()).await;
    look.run(COUNT_ROWS_SENT).await;
    look.run("BEGIN; LOCK TABLE dvara_main.usage_hourly IN ACCESS EXCLUSIVE MODE")
        .await;
    process.settle("late", 0..50).await;
    eventually("they are safe", async || {
        process.writer.counters().spooled == 50
    })
    .await;
    assert!(process.writer.counters().database_up);
    look.run("ROLLBACK").await;
    eventually("the spool is empty", async || {
        process.writer.counters().spool_bytes == 0
    })
    .await;
    process.settle("next", 0..50).await;
    let writer = process.writer.clone();
    process.stop().await;
    let counters = writer.counters();
    assert!(counters.database_up, "{counters:?}");
    assert_eq!(
        counters.written + counters.replayed,
        100,
        "each is counted once: {counters:?}"
    );
    look.has_exactly(&[("late", 0..50), ("next", 0..50)]).await;
    assert_eq!(look.number("SELECT last_value FROM sent").await, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn rows_that_a_full_spool_does_not_take_are_not_lost_while_the_database_works_on_them() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let mut small = settings(spool.path());
    small.spool_limit = 20_000;
    let process = Process::with(&store, small, vec![]).await;
    let mut look = Look::at(&database.settings()).await;
    look.run("BEGIN; LOCK TABLE dvara_main.usage_hourly IN ACCESS EXCLUSIVE MODE")
        .await;
    // Whole batches, so that none comes after the others.
    process.settle("late", 0..3 * BATCH as u32).await;
    eventually("the spool is full", async || process.writer.spool_is_full()).await;
    let full = process.writer.counters();
    assert!(
        full.spooled > 0 && full.spooled < 3 * BATCH as u64,
        "{full:?}"
    );
    assert_eq!(full.dropped, 0, "nothing is lost yet");
    look.run("ROLLBACK").await;
    eventually("the condition has ended", async || {
        !process.writer.spool_is_full() && process.writer.counters().spool_bytes == 0
    })
    .await;
    let counters = process.writer.counters();
    assert_eq!(
        (counters.dropped, counters.written + counters.replayed),
        (0, 3 * BATCH as u64),
        "{counters:?}"
    );
    process.stop().await;
    look.has_exactly(&[("late", 0..3 * BATCH as u32)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn at_the_bound_of_the_spool_settlements_are_dropped_and_counted_and_calls_go_on() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let mut small = settings(spool.path());
    small.spool_limit = 20_000;
    let process = Process::with(&store, small, vec![]).await;
    database.cut().await;
    process.settle("call", 0..200).await;
    eventually("the spool is full", async || process.writer.spool_is_full()).await;
    eventually("all are accounted for", async || {
        let now = process.writer.counters();
        now.spooled + now.dropped == 200
    })
    .await;
    let full = process.writer.counters();
    assert!(
        full.spooled > 0 && full.dropped > 0 && full.spool_bytes <= 20_000,
        "{full:?}"
    );
    assert!(process.on_core(|ledgers| ledgers.open().is_ok()).await);
    database.restore().await;
    eventually("the condition has ended", async || {
        let now = process.writer.counters();
        now.spool_bytes == 0 && !process.writer.spool_is_full()
    })
    .await;
    process.stop().await;
    let mut look = Look::at(&database.settings()).await;
    let kept = u32::try_from(full.spooled).unwrap();
    let traces = look.traces().await;
    // The first ones were kept; the call that was opened meanwhile was settled by hand-over and has no trace.
    let found = traces.keys().filter(|trace| !trace.is_empty()).count();
    assert_eq!(u32::try_from(found).unwrap(), kept, "{traces:?}");
    let dropped = look
        .number("SELECT dropped FROM dvara_main.epochs WHERE closed_at IS NOT NULL")
        .await;
    assert!(dropped as u64 >= full.dropped);
    // And whoever starts next is told.
    let next = Process::start(&store, spool.path()).await;
    let [incomplete] = next.writer.incomplete_epochs() else {
        panic!("{:?}", next.writer.incomplete_epochs())
    };
    assert!(incomplete.closed && incomplete.dropped >= full.dropped);
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_stop_while_the_database_is_away_keeps_everything_for_the_next_start() {
    let mut server = Server::start().await;
    let store = server.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    let epoch = process.writer.epoch().clone();
    server.stop().await;
    process.settle("call", 0..100).await;
    process.stop().await;
    server.resume().await;
    let mut look = Look::at(&server.settings()).await;
    assert_eq!(
        look.number("SELECT count(*) FROM dvara_main.usage").await,
        0
    );
    let next = Process::start(&store, spool.path()).await;
    eventually("the spool is replayed", async || {
        next.writer.counters().replayed == 100
    })
    .await;
    next.stop().await;
    look.has_exactly(&[("call", 0..100)]).await;
    // The clean stop was noted with them.
    let closed = look
        .texts("SELECT id FROM dvara_main.epochs WHERE closed_at IS NOT NULL ORDER BY id")
        .await;
    assert_eq!(closed.len(), 2);
    assert_eq!(closed[0], epoch.as_str());
    assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_stop_just_after_the_database_came_back_leaves_nothing_in_the_spool() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    database.cut().await;
    process.settle("call", 0..100).await;
    eventually("the spool has them", async || {
        process.writer.counters().spooled == 100
    })
    .await;
    // Time for the replay to pause for longer and longer.
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    database.restore().await;
    process.stop().await;
    let mut look = Look::at(&database.settings()).await;
    look.has_exactly(&[("call", 0..100)]).await;
    assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_stop_while_a_write_is_late_keeps_its_rows_for_the_next_start() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    let mut look = Look::at(&database.settings()).await;
    look.run("BEGIN; LOCK TABLE dvara_main.usage_hourly IN ACCESS EXCLUSIVE MODE")
        .await;
    process.settle("late", 0..50).await;
    eventually("they are safe", async || {
        process.writer.counters().spooled == 50
    })
    .await;
    process.writer.close(Duration::from_secs(2)).await.unwrap();
    look.run("ROLLBACK").await;
    let next = Process::start(&store, spool.path()).await;
    eventually("the spool is replayed", async || {
        next.writer.counters().replayed == 50
    })
    .await;
    next.stop().await;
    look.has_exactly(&[("late", 0..50)]).await;
}
