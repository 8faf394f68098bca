//! The engine lost, and back.

use std::time::Duration;

use dvara_limits::{Engine, Sharing};
use dvara_store::rates::{self, Counted};
use dvara_testkit::database::TestDatabase;
use dvara_testkit::eventually;
use tokio::sync::watch;

use crate::{Process, fleet, tick};

const LIMIT: Duration = Duration::from_secs(20);

async fn lose(database: &TestDatabase, processes: &mut [Process]) {
    database.cut().await;
    eventually("every process knows that it is alone", async || {
        for process in &mut *processes {
            assert!(!process.sharing.exchange().await, "there is no database");
        }
        let shared = processes.iter().any(|process| process.limits.shared());
        (!shared).then_some(())
    })
    .await;
}

#[tokio::test]
async fn without_the_engine_each_keeps_to_its_share_and_afterwards_all_is_counted() {
    let (database, mut processes) = fleet(3).await;
    lose(&database, &mut processes).await;
    for process in &processes {
        assert_eq!(process.call("key", 100, 60), 34, "a third, rounded up");
        let counted = process.limits.counters();
        assert_eq!(
            (counted.allowed, counted.denied, counted.errors),
            (34, 26, 60)
        );
    }
    database.restore().await;
    eventually("every process is in touch again", async || {
        for process in &mut processes {
            process.sharing.exchange().await;
        }
        let shared = processes.iter().all(|process| process.limits.shared());
        shared.then_some(())
    })
    .await;
    // What was admitted alone counts for all, also where others were back first.
    eventually("every process knows of all calls", async || {
        for process in &mut processes {
            process.exchange().await;
        }
        let knows = |process: &Process| process.limits.counted("key") == 102;
        processes.iter().all(knows).then_some(())
    })
    .await;
    for process in &processes {
        assert_eq!(process.call("key", 102, 5), 0);
        assert_eq!(process.limits.counters().errors, 60);
    }
    assert_eq!(processes[0].call("key", 103, 5), 1);
}

#[tokio::test]
async fn what_a_gateway_tells_late_is_learnt_by_those_that_were_never_cut_off() {
    let (database, mut processes) = fleet(2).await;
    let store = database.store().await;
    let clock_ms = rates::exchange(&store, 7, 0, &[], LIMIT)
        .await
        .unwrap()
        .clock_ms;
    let late = Counted {
        second: clock_ms / 1_000 - 20,
        key: "key".to_owned(),
        requests: 9,
    };
    rates::exchange(&store, 7, 0, &[late], LIMIT).await.unwrap();
    eventually("every process knows of them", async || {
        for process in &mut processes {
            process.exchange().await;
        }
        let knows = |process: &Process| process.limits.counted("key") == 9;
        processes.iter().all(knows).then_some(())
    })
    .await;
    assert_eq!(processes[0].call("key", 10, 5), 1);
}

#[tokio::test]
async fn the_share_is_one_of_what_was_left() {
    let (database, mut processes) = fleet(3).await;
    assert_eq!(processes[0].call("key", 100, 70), 70);
    assert_eq!(processes[0].call("full", 10, 10), 10);
    tick(&mut processes).await;
    lose(&database, &mut processes).await;
    for process in &processes {
        // Also for the one that had more than a third already: there is room, and it is not the caller's fault.
        assert_eq!(process.call("key", 100, 50), 10);
        assert_eq!(
            process.call("full", 10, 50),
            0,
            "the limit is really reached"
        );
    }
}

#[tokio::test]
async fn a_process_that_cannot_read_at_its_start_begins_with_its_share() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    database.cut().await;
    let (change, members) = watch::channel(4);
    let (limits, sharing) = Sharing::start(Engine::PostgreSql(store), members).await;
    let mut alone = Process { limits, sharing };
    assert!(!alone.limits.shared());
    assert_eq!(alone.call("key", 100, 100), 25);
    change.send(2).unwrap();
    assert_eq!(
        alone.call("key", 100, 100),
        25,
        "as many again, with fewer members"
    );
    database.restore().await;
    eventually("the database is read", async || {
        alone.sharing.exchange().await.then_some(())
    })
    .await;
    assert_eq!(alone.call("key", 100, 100), 50);
}

#[tokio::test]
async fn an_engine_that_does_not_answer_is_lost_too() {
    let (database, mut processes) = fleet(1).await;
    let process = &mut processes[0];
    assert_eq!(process.call("key", 10, 1), 1);
    // Somebody holds the table, and an exchange waits for it in vain.
    let held = database.hold_rate_counts().await;
    eventually("the silence is noticed", async || {
        assert!(!process.sharing.exchange().await);
        (!process.limits.shared()).then_some(())
    })
    .await;
    assert_eq!(
        process.call("key", 10, 20),
        9,
        "alone, its share is all of it"
    );
    held.release().await;
    eventually("the engine answers", async || {
        process.sharing.exchange().await.then_some(())
    })
    .await;
    let next = Process::start(&database, 1).await;
    assert_eq!(next.call("key", 10, 20), 0, "sent twice, counted once");
}

#[tokio::test]
async fn after_a_crash_of_the_database_counts_begin_anew_and_nothing_fails() {
    let (database, mut processes) = fleet(1).await;
    assert_eq!(processes[0].call("key", 10, 4), 4);
    tick(&mut processes).await;
    // What a crash does to an unlogged table.
    database.execute("TRUNCATE dvara_main.rate_counts").await;
    tick(&mut processes).await;
    assert_eq!(
        processes[0].call("key", 10, 20),
        6,
        "who was there still knows"
    );
    let next = Process::start(&database, 1).await;
    assert!(next.call("key", 10, 20) >= 4, "who comes then does not");
}
