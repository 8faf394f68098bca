//! A process dies without a word, and what it leaves behind is found.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dvara_testkit::database::TestDatabase;

use crate::harness::{Look, Process, eventually};

/// What the design allows to be lost, and a second for a test machine that is busy with other things.
const MAY_BE_LOST: Duration = Duration::from_millis(250 + 1_000);

/// Settles calls for a while, kills the process in the middle of it, and returns how old each settlement was then.
async fn die_under_load(process: Process, load: Duration) -> Vec<(u32, Duration)> {
    let mut settled = vec![];
    let started = Instant::now();
    let mut number = 0;
    while started.elapsed() < load {
        process.settle("call", number..number + 5).await;
        let now = Instant::now();
        settled.extend((number..number + 5).map(|each| (each, now)));
        number += 5;
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let died = Instant::now();
    process.die().await;
    let aged = |(number, at)| (number, died - at);
    settled.into_iter().map(aged).collect()
}

async fn assert_none_lost_but_the_latest(look: &mut Look, settled: &[(u32, Duration)]) {
    let traces = look.traces().await;
    let is_missing = |number: u32| traces.get(&format!("call-{number:06}")) != Some(&1);
    let missing: Vec<_> = settled
        .iter()
        .filter(|(number, _)| is_missing(*number))
        .collect();
    assert!(settled.len() > missing.len() + 100, "{missing:?}");
    let too_old: Vec<_> = missing
        .iter()
        .filter(|(_, age)| *age > MAY_BE_LOST)
        .collect();
    assert!(too_old.is_empty(), "{too_old:?}");
    look.sums_equal_rows().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_killed_process_loses_nothing_older_than_the_design_allows_and_that_it_died_shows() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    let epoch = process.writer.epoch().clone();
    let settled = die_under_load(process, Duration::from_millis(2_500)).await;
    let mut look = Look::at(&database.settings()).await;
    assert_none_lost_but_the_latest(&mut look, &settled).await;

    // At once it could still be alive somewhere; after a minute without a sign of life it is not.
    let next = Process::start(&store, spool.path()).await;
    assert!(next.writer.incomplete_epochs().is_empty());
    next.stop().await;
    look.run("UPDATE dvara_main.epochs SET last_seen = now() - interval '61 seconds'")
        .await;
    let next = Process::start(&store, spool.path()).await;
    let [incomplete] = next.writer.incomplete_epochs() else {
        panic!("{:?}", next.writer.incomplete_epochs())
    };
    assert_eq!((&incomplete.id, incomplete.closed), (&epoch, false));
    assert_eq!(
        (&*incomplete.service, &*incomplete.host),
        ("gateway", "test-host")
    );
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_spool_of_a_process_killed_while_the_database_was_away_is_replayed_by_the_next() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    database.cut().await;
    let settled = die_under_load(process, Duration::from_millis(2_500)).await;
    // Its last write was cut short.
    let segments = segments(spool.path());
    let mut torn = std::fs::OpenOptions::new()
        .append(true)
        .open(segments.last().unwrap())
        .unwrap();
    std::io::Write::write_all(&mut torn, &[0x40, 1, 0, 0, 1, 2, 3, 4, b'{']).unwrap();
    database.restore().await;
    let next = Process::start(&store, spool.path()).await;
    let mut look = Look::at(&database.settings()).await;
    eventually("the folder is gone", async || {
        segments.iter().all(|segment| !segment.exists())
    })
    .await;
    assert_eq!(next.writer.counters().damaged, 0);
    assert_none_lost_but_the_latest(&mut look, &settled).await;
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn replaying_the_same_spool_twice_changes_nothing() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    let epoch = process.writer.epoch().clone();
    database.cut().await;
    process.settle("call", 0..300).await;
    eventually("they are spooled", async || {
        process.writer.counters().spooled == 300
    })
    .await;
    process.die().await;
    let segment = segments(spool.path()).remove(0);
    let bytes = std::fs::read(&segment).unwrap();
    database.restore().await;
    let mut look = Look::at(&database.settings()).await;
    for _ in 0..2 {
        // As if the process had died between writing and deleting.
        std::fs::create_dir_all(spool.path().join(epoch.as_str())).unwrap();
        std::fs::write(&segment, &bytes).unwrap();
        let next = Process::start(&store, spool.path()).await;
        eventually("the segment is gone", async || !segment.exists()).await;
        assert_eq!(next.writer.counters().replayed, 300);
        next.stop().await;
        look.has_exactly(&[("call", 0..300)]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_process_that_starts_leaves_the_spool_of_a_live_one_alone() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let first = Process::start(&store, spool.path()).await;
    let mut look = Look::at(&database.settings()).await;
    // The first can't write, so its rows stay in its spool; the second finds nothing to do.
    look.run("BEGIN; LOCK TABLE dvara_main.usage_hourly IN ACCESS EXCLUSIVE MODE")
        .await;
    first.settle("first", 0..50).await;
    eventually("they are spooled", async || {
        first.writer.counters().spooled == 50
    })
    .await;
    let second = Process::start(&store, spool.path()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(
        segments(spool.path())
            .iter()
            .any(|segment| segment.exists())
    );
    look.run("ROLLBACK").await;
    eventually("the first replays its own", async || {
        first.writer.counters().replayed == 50
    })
    .await;
    assert_eq!(second.writer.counters().replayed, 0);
    look.has_exactly(&[("first", 0..50)]).await;
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_row_that_the_database_refuses_does_not_hold_up_the_others() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let spool = tempfile::tempdir().unwrap();
    let process = Process::start(&store, spool.path()).await;
    database.cut().await;
    process.settle("call", 0..100).await;
    eventually("they are spooled", async || {
        process.writer.counters().spooled == 100
    })
    .await;
    process.die().await;
    let segment = segments(spool.path()).remove(0);
    let bytes = std::fs::read(&segment).unwrap();
    // A text that PostgreSQL does not take, in the middle.
    let poisoned = rewrite(&bytes, "call-000042", "call\\u0000042");
    std::fs::write(&segment, poisoned).unwrap();
    database.restore().await;
    let next = Process::start(&store, spool.path()).await;
    eventually("the segment is gone", async || !segment.exists()).await;
    let counters = next.writer.counters();
    assert_eq!((counters.replayed, counters.dropped), (99, 1));
    assert!(counters.database_up);
    next.stop().await;
    Look::at(&database.settings())
        .await
        .has_exactly(&[("call", 0..42), ("call", 43..100)])
        .await;
}

fn segments(spool: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(spool)
        .unwrap()
        .filter_map(|entry| std::fs::read_dir(entry.unwrap().path()).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .collect();
    found.sort();
    found
}

/// Replaces a text in the one record of a segment that has it, and corrects the record's length and checksum.
fn rewrite(segment: &[u8], from: &str, to: &str) -> Vec<u8> {
    let (magic, mut rest) = segment.split_at(8);
    let mut rewritten = magic.to_vec();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let body = std::str::from_utf8(&after[4..4 + length])
            .unwrap()
            .replace(from, to);
        rewritten.extend_from_slice(&(body.len() as u32).to_le_bytes());
        rewritten.extend_from_slice(&crc32(body.as_bytes()).to_le_bytes());
        rewritten.extend_from_slice(body.as_bytes());
        rest = &after[4 + length..];
    }
    rewritten
}

/// CRC-32 bit by bit, written apart from the one under test.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |value, byte| {
        (0..8).fold(value ^ u32::from(*byte), |value, _| {
            (value >> 1) ^ if value & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}
