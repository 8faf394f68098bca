//! Checks from several threads are all counted; and, for who wants to know, at what cost. As a measurement:
//!
//! ```sh
//! COST_CALLS=5000000 COST_KEYS=1000 cargo test --release -p dvara-limits -- --nocapture --test-threads 1 cost::
//! ```

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use crate::fleet;

fn number(name: &str, otherwise: usize) -> usize {
    let given = std::env::vars().find(|(each, _)| each == name);
    given.map_or(otherwise, |(_, value)| value.parse().unwrap())
}

/// CPU time of the calling thread.
fn ran() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanos = stat.split(' ').next().unwrap().parse().unwrap();
    Duration::from_nanos(nanos)
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_of_many_threads_are_all_counted() {
    let (calls, keys) = (number("COST_CALLS", 20_000), number("COST_KEYS", 100));
    let (_database, mut processes) = fleet(2).await;
    let limit = NonZeroU32::MAX;
    for threads in [1, 2] {
        let limits = &processes[0].limits;
        let before = limits.counters().allowed;
        let names: Vec<String> = (0..keys).map(|key| format!("key_{key:026}")).collect();
        let took: Duration = std::thread::scope(|scope| {
            let work = || {
                let began = ran();
                for call in 0..calls {
                    limits.check(&names[call % keys], limit).unwrap();
                }
                ran() - began
            };
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            running
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(limits.counters().allowed - before, (threads * calls) as u64);
        let each = took.as_nanos() / (threads * calls) as u128;
        println!("{threads} threads, {keys} keys: {each} ns of CPU per check");
    }
    for round in ["of all keys", "of nothing"] {
        for process in &mut processes {
            let began = Instant::now();
            process.exchange().await;
            println!("an exchange {round}: {:?}", began.elapsed());
        }
    }
    assert_eq!(processes[1].limits.keys(), keys, "the other knows them all");
}
