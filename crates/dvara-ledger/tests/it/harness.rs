//! A ledger with one core and a background runtime, as a process has them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use dvara_ledger::{Endpoint, LedgerSettings, Ledgers, Method, Observer, Writer};
use dvara_store::{Store, StoreSettings};
use dvara_types::{ApiKeyId, ProviderName, RouteId, TenantId, TokenCount, Usage};
use sqlx::{ConnectOptions, PgConnection, Row};

/// A ledger, the core that settles calls, and the server it writes to.
pub(crate) struct Process {
    pub(crate) writer: Writer,
    pub(crate) task: tokio::task::JoinHandle<()>,
    core: Option<Core>,
    spool: PathBuf,
}

struct Core {
    jobs: mpsc::Sender<Job>,
    thread: JoinHandle<()>,
}

type Job = Box<dyn FnOnce(&Ledgers) + Send>;

impl Process {
    /// Starts one on the given store and spool.
    pub(crate) async fn start(store: &Store, spool: &Path) -> Self {
        Self::with(store, settings(spool), vec![]).await
    }

    /// Starts one with other settings or with observers.
    pub(crate) async fn with(
        store: &Store,
        settings: LedgerSettings,
        observers: Vec<Observer>,
    ) -> Self {
        let spool = settings.spool_directory.clone();
        let (writer, task) = Writer::start(settings, store.clone(), observers)
            .await
            .unwrap();
        let task = tokio::spawn(task.run());
        let core = Some(Core::start(writer.clone()));
        Self {
            writer,
            task,
            core,
            spool,
        }
    }

    /// Does something on the core and returns what it gave.
    pub(crate) async fn on_core<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Ledgers) -> T + Send + 'static,
    ) -> T {
        let (answer, answered) = tokio::sync::oneshot::channel();
        let job: Job = Box::new(move |ledgers| {
            let _nobody_may_wait = answer.send(job(ledgers));
        });
        self.core.as_ref().unwrap().jobs.send(job).unwrap();
        answered.await.unwrap()
    }

    /// Settles calls whose traces are `prefix` and a number, each with a usage of its own.
    pub(crate) async fn settle(&self, prefix: &'static str, numbers: std::ops::Range<u32>) {
        self.on_core(move |ledgers| numbers.for_each(|number| settle(ledgers, prefix, number)))
            .await;
    }

    /// Ends the core, which hands over what it has, and then the ledger.
    pub(crate) async fn stop(mut self) {
        self.end_core();
        self.writer.close(Duration::from_secs(10)).await.unwrap();
        self.task.await.unwrap();
    }

    /// Dies as by `kill -9`: neither the background nor the core gets to do anything more.
    pub(crate) async fn die(self) {
        self.task.abort();
        let _aborted = self.task.await;
        // The core's thread and what it holds are left where they are.
        std::mem::forget(self.core);
        // A write that was under way on another thread still ends, as it would not in a process that is dead.
        let lock = self.spool.join(self.writer.epoch().as_str()).join("lock");
        eventually("nobody holds the spool", async || {
            std::fs::File::open(&lock).unwrap().try_lock().is_ok()
        })
        .await;
    }

    fn end_core(&mut self) {
        if let Some(Core { jobs, thread }) = self.core.take() {
            drop(jobs);
            thread.join().unwrap();
        }
    }
}

impl Core {
    fn start(writer: Writer) -> Self {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let core = std::thread::Builder::new().name("core".to_owned());
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build_local(tokio::runtime::LocalOptions::default())
                .unwrap();
            runtime.block_on(async {
                let ledgers = writer.ledgers();
                loop {
                    match inbox.try_recv() {
                        Ok(job) => job(&ledgers),
                        Err(mpsc::TryRecvError::Empty) => {
                            tokio::time::sleep(Duration::from_millis(1)).await;
                        }
                        Err(mpsc::TryRecvError::Disconnected) => break,
                    }
                }
            });
        };
        let thread = core.spawn(work).unwrap();
        Self { jobs, thread }
    }
}

/// The settings of a test's process.
pub(crate) fn settings(spool: &Path) -> LedgerSettings {
    LedgerSettings::new(spool, "gateway", "test-host", "1.0.0")
}

/// One call from opening to settling.
pub(crate) fn settle(ledgers: &Ledgers, prefix: &str, number: u32) {
    settle_at(ledgers, prefix, number, SystemTime::now());
}

/// One call that came in at a given time.
pub(crate) fn settle_at(ledgers: &Ledgers, prefix: &str, number: u32, at: SystemTime) {
    let mut ledger = ledgers.open_at(at, Instant::now()).unwrap();
    ledger.called(Method::Post, Endpoint::ChatCompletions);
    ledger.trace(&format!("{prefix}-{number:06}"), Some("session-1"));
    let tenant = TenantId::parse(if number.is_multiple_of(2) {
        "acme"
    } else {
        "globex"
    })
    .unwrap();
    ledger.caller(&tenant, &ApiKeyId::parse("key_1").unwrap());
    ledger.requested("mock/echo", false);
    ledger.route(&RouteId::parse("rte_1").unwrap());
    let fingerprint = "f00dcafe".into();
    ledger.attempt(
        &ProviderName::parse("mock").unwrap(),
        "echo",
        Some(&fingerprint),
    );
    ledger.answered();
    ledger.responded(200);
    ledger.first_byte();
    ledger.usage(Usage {
        input: TokenCount(u64::from(number)),
        output: TokenCount(2),
        ..Usage::default()
    });
    ledger.completed();
}

/// Waits until something is true, for ten seconds at most.
pub(crate) async fn eventually(what: &str, mut is_true: impl AsyncFnMut() -> bool) {
    let give_up = Instant::now() + Duration::from_secs(10);
    while !is_true().await {
        assert!(Instant::now() < give_up, "never came true: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A test's own look at a database, past the ledger's pool.
pub(crate) struct Look(PgConnection);

impl Look {
    /// At the database with these settings.
    pub(crate) async fn at(settings: &StoreSettings) -> Self {
        Self(settings.connect_options().connect().await.unwrap())
    }

    /// Runs a statement.
    pub(crate) async fn run(&mut self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&mut self.0).await.unwrap();
    }

    /// The one number that a query gives.
    pub(crate) async fn number(&mut self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&mut self.0)
            .await
            .unwrap()
    }

    /// The first column of a query's rows.
    pub(crate) async fn texts(&mut self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql)
            .fetch_all(&mut self.0)
            .await
            .unwrap()
    }

    /// One row as JSON.
    pub(crate) async fn json(&mut self, sql: &'static str) -> serde_json::Value {
        let text: String = sqlx::query_scalar(sql)
            .fetch_one(&mut self.0)
            .await
            .unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// How often each trace is in the usage table.
    pub(crate) async fn traces(&mut self) -> BTreeMap<String, i64> {
        let sql = "SELECT trace_id, count(*) AS times FROM dvara_main.usage GROUP BY trace_id";
        let rows = sqlx::query(sql).fetch_all(&mut self.0).await.unwrap();
        rows.iter()
            .map(|row| (row.get("trace_id"), row.get("times")))
            .collect()
    }

    /// Asserts that exactly these calls are in the database, each once, and that the sums say the same.
    pub(crate) async fn has_exactly(&mut self, expected: &[(&str, std::ops::Range<u32>)]) {
        let wanted: BTreeMap<String, i64> = expected
            .iter()
            .flat_map(|(prefix, numbers)| {
                numbers
                    .clone()
                    .map(move |number| (format!("{prefix}-{number:06}"), 1))
            })
            .collect();
        let found = self.traces().await;
        let missing: Vec<_> = wanted
            .keys()
            .filter(|trace| !found.contains_key(*trace))
            .collect();
        let wrong: Vec<_> = found
            .iter()
            .filter(|(trace, times)| wanted.get(*trace) != Some(times))
            .collect();
        assert!(
            missing.is_empty() && wrong.is_empty(),
            "missing {missing:?}, wrong {wrong:?}"
        );
        self.sums_equal_rows().await;
    }

    /// Asserts that the hourly sums are those of the rows.
    pub(crate) async fn sums_equal_rows(&mut self) {
        let of_rows = self.json(SUMS_OF_ROWS).await;
        let of_hours = self.json(SUMS_OF_HOURS).await;
        assert_eq!(of_rows, of_hours);
    }
}

const SUMS_OF_ROWS: &str = "
SELECT coalesce(json_agg(sums ORDER BY hour, tenant, key, model, provider, status_class, outcome)::text, '[]') FROM (
    SELECT date_trunc('hour', opened_at, 'UTC') AS hour, coalesce(tenant, '') AS tenant, coalesce(key, '') AS key,
           CASE WHEN status / 100 = 4 AND status <> 429 THEN '' ELSE coalesce(model, '') END AS model,
           coalesce(provider, '') AS provider, status / 100 AS status_class, outcome,
           count(*)::text AS calls, coalesce(sum(input_tokens), 0)::text AS input,
           coalesce(sum(cache_read_tokens), 0)::text AS cache_read,
           coalesce(sum(cache_write_tokens), 0)::text AS cache_write,
           coalesce(sum(output_tokens), 0)::text AS output, coalesce(sum(reasoning_tokens), 0)::text AS reasoning,
           count(*) FILTER (WHERE estimated)::text AS estimated,
           count(*) FILTER (WHERE input_tokens IS NOT NULL AND cost_nanousd IS NULL)::text AS unpriced,
           coalesce(sum(cost_nanousd), 0)::text AS cost, sum(duration_us)::text AS duration,
           coalesce(sum(upstream_us), 0)::text AS upstream
    FROM dvara_main.usage GROUP BY 1, 2, 3, 4, 5, 6, 7) AS sums";

const SUMS_OF_HOURS: &str = "
SELECT coalesce(json_agg(sums ORDER BY hour, tenant, key, model, provider, status_class, outcome)::text, '[]') FROM (
    SELECT hour, tenant, key, model, provider, status_class, outcome,
           sum(calls)::text AS calls, sum(input_tokens)::text AS input, sum(cache_read_tokens)::text AS cache_read,
           sum(cache_write_tokens)::text AS cache_write, sum(output_tokens)::text AS output,
           sum(reasoning_tokens)::text AS reasoning, sum(estimated_calls)::text AS estimated,
           sum(unpriced_calls)::text AS unpriced, sum(cost_nanousd)::text AS cost,
           sum(duration_us)::text AS duration, sum(upstream_us)::text AS upstream
    FROM dvara_main.usage_hourly GROUP BY 1, 2, 3, 4, 5, 6, 7) AS sums";
