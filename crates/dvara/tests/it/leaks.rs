//! Ten thousand calls that go wrong in every way, and nothing that stays behind.

use std::fs;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use dvara_testkit::eventually;
use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::{Value, json};

use crate::run::dvara;
use crate::running::{Up, open_to_the_database, up_on};

const CALLS: usize = 10_000;
/// Calls before the process has grown to its working size.
const WARM_UP: usize = 3_000;
const AT_ONCE: usize = 32;
/// What the calls after the warm-up may leave: less than a kilobyte and a half each.
const GROWTH: u64 = 10 << 20;

/// Ways to fail. The numbers of calls that get each are about the same.
fn turns() -> Vec<Turn> {
    let begun = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";
    let begun_message = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"claude\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n";
    vec![
        Turn::error(429, "x", "x").header("retry-after-ms", "1"),
        Turn::error(500, "x", "x"),
        Turn::error(529, "x", "x"),
        Turn::error(400, "x", "x"),
        Turn::html(502, "<html>down</html>"),
        Turn::status(200, "{\"choices\":[{"),
        Turn::chat("x").cut_after(0),
        Turn::chat("some words of an answer").cut_after(2),
        Turn::pieces([begun, begun]).cut_after(1),
        Turn::pieces([begun_message, begun_message]).cut_after(1),
        Turn::pieces(["data: {\"error\":{\"message\":\"overloaded\"}}\n\n"]),
        Turn::silence(),
        Turn::endless("word"),
        Turn::chat("drop by drop").in_bits(40),
        Turn::chat("fine"),
    ]
}

fn fds(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

/// Resident bytes of the process itself.
fn rss(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        * 1024
}

struct Caller {
    http: reqwest::Client,
    url: String,
    key: String,
}

impl Caller {
    fn call(&self, model: &str, stream: bool) -> reqwest::RequestBuilder {
        let body = json!({"model": model, "stream": stream, "messages": [{"role": "user", "content": "Hello!"}]});
        self.http
            .post(format!("{}/v1/chat/completions", self.url))
            .bearer_auth(&self.key)
            .header("content-type", "application/json")
            .body(body.to_string())
    }

    /// One call, of one of the ways to call; some callers do not wait for the end.
    async fn one(&self, number: usize) {
        let model = ["gpt-4o", "claude-sonnet-4-5"][number % 2];
        let limit = [2_000, 30][usize::from(number.is_multiple_of(7))];
        let call = self.call(model, (number / 2).is_multiple_of(2));
        let Ok(response) = call.timeout(Duration::from_millis(limit)).send().await else {
            return; // this caller has left
        };
        let status = response.status().as_u16();
        // 503: a breaker is open, or no place at the vendor came free.
        assert!([200, 400, 429, 502, 503].contains(&status), "{status}");
        let _left_or_read = response.bytes().await;
    }

    async fn metric(&self, name: &str) -> Option<u64> {
        let page = self
            .http
            .get(format!("{}/actuator/prometheus", self.url))
            .bearer_auth("metrics-key");
        let text = page.send().await.unwrap().text().await.unwrap();
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")))?;
        line.rsplit(' ').next()?.parse().ok()
    }
}

async fn calls(caller: &Arc<Caller>, vendor: &FakeVendor, count: usize) {
    let next = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (caller, next) = (caller.clone(), next.clone());
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    if number >= count {
                        return;
                    }
                    caller.one(number).await;
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    vendor.forget();
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_calls_that_fail_leave_nothing_behind() {
    let vendor = FakeVendor::start(Script::cycle(turns())).await;
    let folder = tempfile::tempdir().unwrap();
    open_to_the_database(folder.path());
    let data = folder.path().join("data");
    let mut command = dvara(
        &up_on(&data),
        &[
            ("HOME", "/nonexistent"),
            ("OPENAI_API_KEY", "sk-test"),
            ("DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_BASE_URL", vendor.url()),
            ("ANTHROPIC_API_KEY", "sk-ant-test"),
            ("ANTHROPIC_BASE_URL", vendor.url()),
            ("DVARA_ACTUATOR_METRICS_API_KEY", "metrics-key"),
            ("DVARA_LLM_GATEWAY_RESILIENCE_RETRY_MAX_ATTEMPTS", "2"),
            ("DVARA_LLM_GATEWAY_RESILIENCE_RETRY_INITIAL_BACKOFF_MS", "1"),
            ("DVARA_LLM_GATEWAY_RESILIENCE_TIMEOUT_CHAT_TIMEOUT_MS", "50"),
            // Breakers open now and then, and calls wait for places; most are sent nevertheless.
            (
                "DVARA_LLM_GATEWAY_RESILIENCE_CIRCUIT_BREAKER_FAILURE_RATE_THRESHOLD",
                "90",
            ),
            (
                "DVARA_LLM_GATEWAY_RESILIENCE_CIRCUIT_BREAKER_WAIT_DURATION_IN_OPEN_STATE_MS",
                "5",
            ),
            ("DVARA_LLM_GATEWAY_RESILIENCE_CONCURRENCY_MAX_CALLS", "12"),
            (
                "DVARA_LLM_GATEWAY_RESILIENCE_TIMEOUT_FIRST_BYTE_TIMEOUT_MS",
                "50",
            ),
            (
                "DVARA_LLM_GATEWAY_RESILIENCE_TIMEOUT_STREAMING_TIMEOUT_MS",
                "100",
            ),
        ],
    );
    // What it says would fill a pipe that nobody reads.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let up = Up::start_by(&data, command);
    let caller = Arc::new(Caller {
        http: reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .build()
            .unwrap(),
        url: up.url().to_owned(),
        key: up.key().to_owned(),
    });

    calls(&caller, &vendor, WARM_UP).await;
    let quiet = |what: &'static str, most: u64| {
        let caller = caller.clone();
        async move {
            eventually(what, async || {
                let now = caller.metric(what).await.unwrap();
                (now <= most).then_some(())
            })
            .await;
        }
    };
    quiet("server_requests_open", 1).await;
    let (fds_before, rss_before) = (fds(up.pid()), rss(up.pid()));
    let tasks_before = caller.metric("server_core_tasks").await.unwrap();

    calls(&caller, &vendor, CALLS - WARM_UP).await;
    // The scrape itself is one of each.
    quiet("server_requests_open", 1).await;
    quiet("server_connections_open", 1).await;
    quiet("server_core_tasks", tasks_before + 8).await;
    for vendor in ["openai", "anthropic"] {
        for what in ["under_way", "waiting"] {
            let line = format!("gateway_provider_{what}{{provider=\"{vendor}\"}}");
            eventually("places are given back", async || {
                (caller.metric(&line).await == Some(0)).then_some(())
            })
            .await;
        }
    }
    eventually("descriptors are given back", async || {
        (fds(up.pid()) <= fds_before + 8).then_some(())
    })
    .await;
    let grown = rss(up.pid()).saturating_sub(rss_before);
    assert!(grown < GROWTH, "{grown} bytes");

    let (opened, settled) = (
        caller.metric("gateway_ledger_opened_total").await.unwrap(),
        caller.metric("gateway_ledger_settled_total").await.unwrap(),
    );
    assert_eq!(opened, settled);
    // Some callers leave before their call has come in.
    assert!(opened > u64::try_from(CALLS * 3 / 4).unwrap(), "{opened}");
    let answer: Value = loop {
        let response = caller.call("gpt-4o", false).send().await.unwrap();
        if response.status() == 200 {
            break serde_json::from_str(&response.text().await.unwrap()).unwrap();
        }
    };
    assert!(answer["choices"][0]["message"]["content"].is_string());
    let stopped = up.stop();
    assert_eq!(stopped.code, 0, "{}{}", stopped.out, stopped.err);
}
