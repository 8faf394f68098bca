//! Batches of every size and steady load are written whole; and, for who wants to know, at what cost: the CPU time per
//! row of PostgreSQL and of our background half. As a measurement:
//!
//! ```sh
//! COST_ROWS=20000 COST_ROWS_PER_SECOND=12000 COST_SECONDS=10 COST_RIVALS=2 \
//!     cargo test --release -p dvara-ledger -- --nocapture --test-threads 1 cost::
//! ```
//!
//! Rivals are programs that compete with PostgreSQL for the last CPU, as load generator and vendor do in the benchmark
//! of one hop.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant, SystemTime};

use dvara_ledger::OPEN_LIMIT;
use dvara_store::usage::{self, UsageRow};
use dvara_types::{
    ApiKeyId, EpochId, ProviderName, RouteId, SettlementId, TenantId, TokenCount, Usage,
};

use crate::harness::{Look, Process, eventually, settings, settle_at};
use crate::server::Server;

fn number(name: &str, otherwise: u32) -> u32 {
    let given = std::env::vars().find(|(each, _)| each == name);
    given.map_or(otherwise, |(_, value)| value.parse().unwrap())
}

/// Nanoseconds that the threads of a process have run, but those of the name given.
fn threads_ran(process: &str, but: &str) -> u64 {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else {
        return 0;
    };
    let of = |task: &Path| -> Option<u64> {
        let name = std::fs::read_to_string(task.join("comm")).ok()?;
        let ran = std::fs::read_to_string(task.join("schedstat")).ok()?;
        (name.trim_end() != but).then(|| ran.split(' ').next()?.parse().ok())?
    };
    tasks.filter_map(|task| of(&task.unwrap().path())).sum()
}

/// CPU time of a server: of its living processes, and of those that it has waited for.
fn server_ran(postmaster: &str) -> Duration {
    let stat = |process: &str| -> Option<Vec<String>> {
        let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        Some(
            text.rsplit_once(')')?
                .1
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        )
    };
    let ticks: u64 = stat(postmaster).map_or(0, |fields| {
        fields[13].parse::<u64>().unwrap() + fields[14].parse::<u64>().unwrap()
    });
    let mut living = threads_ran(postmaster, "");
    for entry in std::fs::read_dir("/proc").unwrap() {
        let process = entry.unwrap().file_name().into_string().unwrap();
        if stat(&process).is_some_and(|fields| fields[1] == postmaster) {
            living += threads_ran(&process, "");
        }
    }
    Duration::from_nanos(living) + Duration::from_millis(10 * ticks)
}

/// What both sides have used since.
struct Clock<'a> {
    postmaster: &'a str,
    ours: u64,
    server: Duration,
}

impl<'a> Clock<'a> {
    fn start(postmaster: &'a str) -> Self {
        Self {
            postmaster,
            ours: threads_ran("self", "core"),
            server: server_ran(postmaster),
        }
    }

    fn per_row(&self, rows: u32) -> String {
        let ours = Duration::from_nanos(threads_ran("self", "core") - self.ours) / rows;
        let server = (server_ran(self.postmaster) - self.server) / rows;
        let micros = |time: Duration| time.as_nanos() as f64 / 1_000.0;
        format!(
            "PostgreSQL {:6.2} µs, we {:6.2} µs per row",
            micros(server),
            micros(ours)
        )
    }
}

fn row(number: u32) -> UsageRow {
    let mut serial = [9; 10];
    serial[6..].copy_from_slice(&number.to_be_bytes());
    UsageRow {
        id: SettlementId::mint(1_900_000_000_000, serial),
        epoch: EpochId::mint(1_900_000_000_000, [9; 10]),
        opened_at: chrono::DateTime::from_timestamp_micros(
            1_900_000_000_000_000 + i64::from(number),
        )
        .unwrap(),
        tenant: Some(TenantId::parse("default").unwrap()),
        key: Some(ApiKeyId::parse("key_0000000000000000000000000").unwrap()),
        trace_id: format!("{number:032x}").into(),
        session_id: None,
        endpoint: "chat_completions".into(),
        requested_model: Some("gpt-4o".into()),
        model: Some("gpt-4o".into()),
        provider: Some(ProviderName::parse("openai").unwrap()),
        route: Some(RouteId::parse("rte_0000000000000000000000000").unwrap()),
        status: 200,
        outcome: "completed".into(),
        error_code: None,
        stream: false,
        usage: Some(Usage {
            input: TokenCount(12),
            output: TokenCount(34),
            ..Usage::default()
        }),
        estimated: false,
        output_characters: None,
        cache_status: None,
        credential_fingerprint: Some("f00dcafe".into()),
        attempts: 1,
        duration_us: 1_234,
        upstream_us: Some(1_000),
        first_byte_us: Some(1_100),
        cost: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn batches_of_every_size_are_written_whole() {
    let server = Server::start().await;
    let store = server.store().await;
    let postmaster = server.postmaster();
    let count = number("COST_ROWS", 1_000);
    let mut first = 0;
    for size in [8_u32, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096] {
        let rows: Vec<_> = (first..first + count).map(row).collect();
        let warm_up = rows.len() / 10;
        let limit = Duration::from_secs(30);
        usage::insert_batch(&store, &rows[..warm_up], limit)
            .await
            .unwrap();
        let clock = Clock::start(&postmaster);
        for batch in rows[warm_up..].chunks(size as usize) {
            let new = usage::insert_batch(&store, batch, limit).await.unwrap();
            assert_eq!(new, batch.len() as u64);
        }
        println!(
            "batches of {size:5}: {}",
            clock.per_row(count - warm_up as u32)
        );
        first += count;
    }
    Look::at(&server.settings()).await.sums_equal_rows().await;
    server.end().await;
}

/// Programs that do nothing, without end, on the CPU given.
struct Rivals(Vec<Child>);

impl Rivals {
    /// Starts so many on the last CPU, and moves the server there.
    fn start(count: u32, postmaster: &str) -> Self {
        let cpu = (std::thread::available_parallelism().unwrap().get() - 1).to_string();
        if count > 0 {
            let mut taskset = Command::new("taskset");
            let pinned = taskset.args(["-cp", &cpu, postmaster]).output().unwrap();
            assert!(pinned.status.success(), "{pinned:?}");
        }
        let start = |_| {
            let mut rival = Command::new("taskset");
            rival.args(["-c", &cpu, "sh", "-c", "while :; do :; done"]);
            rival.spawn().unwrap()
        };
        Self((0..count).map(start).collect())
    }
}

impl Drop for Rivals {
    fn drop(&mut self) {
        for rival in &mut self.0 {
            rival.kill().unwrap();
            rival.wait().unwrap();
        }
    }
}

/// What came of a load.
#[derive(Debug, Default)]
struct Offered {
    settled: u32,
    /// Calls that a gateway would have answered 503.
    refused: u32,
    /// The most calls that were open or not yet recorded at once.
    most_outstanding: u64,
}

/// Settles `total` calls at a rate per second.
async fn offer(process: &Process, rate: u32, total: u32) -> Offered {
    let mut offered = Offered::default();
    let started = Instant::now();
    let mut done = 0;
    while done < total {
        let due = ((started.elapsed().as_secs_f64() * f64::from(rate)) as u32).min(total);
        let numbers = done..due;
        let (settled, outstanding) = process
            .on_core(move |ledgers| {
                let mut settled = 0;
                for number in numbers {
                    if ledgers.outstanding() < OPEN_LIMIT {
                        let now = SystemTime::now();
                        settle_at(ledgers, "a-trace-of-usual-length", number, now);
                        settled += 1;
                    }
                }
                (settled, ledgers.outstanding())
            })
            .await;
        offered.settled += settled;
        offered.refused += due - done - settled;
        offered.most_outstanding = offered.most_outstanding.max(outstanding);
        done = due;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    offered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn steady_load_is_written_whole_whoever_else_wants_the_cpu() {
    let server = Server::start().await;
    let store = server.store().await;
    let spool = tempfile::tempdir().unwrap();
    let postmaster = server.postmaster();
    let (rate, seconds) = (
        number("COST_ROWS_PER_SECOND", 2_000),
        number("COST_SECONDS", 2),
    );
    let process = Process::with(&store, settings(spool.path()), vec![]).await;
    let rivals = Rivals::start(number("COST_RIVALS", 0), &postmaster);
    let clock = Clock::start(&postmaster);
    let offered = offer(&process, rate, rate * seconds).await;
    let at_the_end = process.writer.counters();
    eventually("everything is in the database", async || {
        let now = process.writer.counters();
        now.written + now.replayed == u64::from(offered.settled)
    })
    .await;
    println!(
        "{rate} rows/s for {seconds} s: {}; {offered:?}, {} written at once, {} spooled",
        clock.per_row(offered.settled),
        at_the_end.written,
        at_the_end.spooled,
    );
    drop(rivals);
    let counters = process.writer.counters();
    process.stop().await;
    assert_eq!(counters.dropped, 0);
    let mut look = Look::at(&server.settings()).await;
    let rows = look.number("SELECT count(*) FROM dvara_main.usage").await;
    assert_eq!(rows, i64::from(offered.settled));
    look.sums_equal_rows().await;
    server.end().await;
}
