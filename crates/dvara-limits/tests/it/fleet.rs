//! One limit, several processes.

use std::num::NonZeroU32;
use std::time::Duration;

use dvara_limits::TICK;
use dvara_testkit::eventually;

use crate::{Process, fleet, tick};

#[tokio::test]
async fn what_one_process_admits_every_process_counts() {
    let (_database, mut processes) = fleet(3).await;
    for number in 0..3 {
        let key = format!("key-{number}");
        assert_eq!(processes[number].call(&key, 100, 150), 100);
        tick(&mut processes).await;
        for process in &processes {
            assert_eq!(process.call(&key, 100, 5), 0);
        }
        // Nothing is refused while there is room, whichever is asked.
        assert_eq!(processes[(number + 1) % 3].call(&key, 101, 5), 1);
        tick(&mut processes).await;
        assert_eq!(processes[(number + 2) % 3].call(&key, 101, 5), 0);
    }
    assert!(processes.iter().all(|process| process.limits.shared()));
    let errors: u64 = processes
        .iter()
        .map(|process| process.limits.counters().errors)
        .sum();
    assert_eq!(errors, 0);
}

#[tokio::test]
async fn three_processes_admit_the_limit_and_at_most_one_tick_more() {
    const LIMIT: u32 = 100;
    for calls_per_tick in [1, 7, 30] {
        let (_database, mut processes) = fleet(3).await;
        let mut admitted = 0;
        for _ in 0..LIMIT.div_ceil(calls_per_tick) {
            for process in &processes {
                admitted += process.call("key", LIMIT, calls_per_tick);
            }
            tick(&mut processes).await;
        }
        assert!(admitted >= LIMIT, "{admitted}: refused with room left");
        let one_tick = 3 * calls_per_tick;
        assert!(
            admitted < LIMIT + one_tick,
            "{admitted} at {calls_per_tick} calls per tick"
        );
        let again: u32 = processes
            .iter()
            .map(|process| process.call("key", LIMIT, 50))
            .sum();
        assert_eq!(again, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_run_by_themselves_hold_one_limit() {
    const LIMIT: u32 = 200;
    let (_database, processes) = fleet(3).await;
    let limit = NonZeroU32::new(LIMIT).unwrap();
    let mut limits = Vec::new();
    let mut running = Vec::new();
    for Process {
        limits: of,
        sharing,
    } in processes
    {
        limits.push(of);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let until = async move { drop(stopped.await) };
        running.push((stop, tokio::spawn(sharing.run(until))));
    }
    let mut admitted = 0;
    let mut refused_by_all = 0;
    // Calls come one by one, each at the next process, until all of them refuse.
    while refused_by_all < 3 {
        let mut refusals = 0;
        for of in &limits {
            match of.check("key", limit) {
                Ok(()) => admitted += 1,
                Err(_) => refusals += 1,
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        refused_by_all = if refusals == 3 { refused_by_all + 1 } else { 0 };
    }
    assert!(admitted >= LIMIT, "{admitted}");
    // In one tick come 125 calls at most; a busy machine is given three.
    let tick = u32::try_from(TICK.as_millis() / 2).unwrap();
    assert!(admitted <= LIMIT + 3 * tick, "{admitted}");
    for (stop, task) in running {
        drop(stop);
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_process_that_starts_anew_knows_what_the_fleet_counted() {
    let (database, mut processes) = fleet(2).await;
    assert_eq!(processes[0].call("key", 50, 40), 40);
    processes[0].exchange().await;
    let ended = processes.remove(0);
    drop(ended);
    let anew = Process::start(&database, 2).await;
    assert_eq!(anew.call("key", 50, 40), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_when_a_process_ends_is_exchanged() {
    let (database, mut processes) = fleet(1).await;
    let ending = processes.remove(0);
    assert_eq!(ending.call("key", 50, 40), 40);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(ending.sharing.run(async move { drop(stopped.await) }));
    drop(stop);
    task.await.unwrap();
    let next = Process::start(&database, 1).await;
    assert_eq!(next.call("key", 50, 40), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_never_wait_for_each_other_in_a_circle() {
    let (_database, processes) = fleet(6).await;
    let mut running = Vec::new();
    for (number, mut process) in processes.into_iter().enumerate() {
        running.push(tokio::spawn(async move {
            for round in 0..20 {
                for key in 0..50 {
                    // Each in an order of its own.
                    let key = (key * (number + 1) + round) % 50;
                    assert_eq!(process.call(&format!("key-{key}"), 100_000, 3), 3);
                }
                process.exchange().await;
            }
            process
        }));
    }
    let mut processes = Vec::new();
    for task in running {
        processes.push(task.await.unwrap());
    }
    tick(&mut processes).await;
    // 6 processes, 20 rounds, 3 calls: nothing was lost or counted twice.
    for process in &processes {
        assert_eq!(process.call("key-7", 361, 10), 1);
        assert_eq!(process.call("key-7", 361, 10), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_keys_are_shared_each_with_its_own_count() {
    let (_database, mut processes) = fleet(3).await;
    for key in 0..3_000 {
        let own = processes[key % 3].call(&format!("key-{key}"), 10, 20);
        assert_eq!(own, 10);
    }
    tick(&mut processes).await;
    for process in &processes {
        assert_eq!(process.limits.keys(), 3_000);
        let admitted: u32 = (0..3_000)
            .map(|key| process.call(&format!("key-{key}"), 10, 1))
            .sum();
        assert_eq!(admitted, 0);
    }
}

#[tokio::test]
async fn a_refusal_says_when_a_call_is_served_again() {
    let (_database, mut processes) = fleet(2).await;
    assert_eq!(processes[0].call("key", 3, 3), 3);
    tick(&mut processes).await;
    let limit = NonZeroU32::new(3).unwrap();
    let exceeded = processes[1].limits.check("key", limit).unwrap_err();
    assert_eq!(exceeded.limit, limit);
    let wait = exceeded.retry_after;
    assert!(
        wait > Duration::from_secs(30) && wait <= Duration::from_secs(61),
        "{wait:?}"
    );
    eventually("the wait grows shorter", async || {
        let later = processes[1].limits.check("key", limit).unwrap_err();
        (later.retry_after < wait).then_some(())
    })
    .await;
    let counted = processes[1].limits.counters();
    assert_eq!(counted.allowed, 0);
    assert!(counted.denied >= 2);
}
