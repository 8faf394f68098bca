//! Who serves a call of a route with several targets (data-plane sheet §13), and what a caller sees when some of them fail.

use std::time::{Duration, Instant};

use dvara_testkit::eventually;
use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::{Value, json};

use crate::harness::{METRICS_KEY, Setup, TestGateway, chats, error_code, hello, streamed};

/// Three vendors in one dialect, called `a`, `b` and `c`, and what `gateway.yaml` says of routes to them.
pub(crate) struct Trio {
    pub(crate) vendors: [FakeVendor; 3],
    pub(crate) gateway: TestGateway,
    _folder: tempfile::TempDir,
}

impl Trio {
    pub(crate) async fn start(turns: [Turn; 3], routes: &str) -> Self {
        Self::with(Setup::new(), turns.map(Script::new), routes).await
    }

    pub(crate) async fn with(setup: Setup, scripts: [Script; 3], routes: &str) -> Self {
        let [a, b, c] = scripts;
        let vendors = [
            FakeVendor::start(a).await,
            FakeVendor::start(b).await,
            FakeVendor::start(c).await,
        ];
        let providers: String = ["a", "b", "c"]
            .iter()
            .zip(&vendors)
            .map(|(name, vendor)| {
                let url = vendor.url();
                format!(
                    "  - {{name: {name}, type: openai, base_url: \"{url}\", api_key: sk-{name}}}\n"
                )
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gateway.yaml");
        std::fs::write(&file, format!("providers:\n{providers}routes:\n{routes}")).unwrap();
        let setup = setup.env("DVARA_CONFIG_FILE", file.to_str().unwrap());
        Self {
            vendors,
            gateway: setup.start().await,
            _folder: folder,
        }
    }

    /// How many calls each vendor got.
    pub(crate) fn asked(&self) -> [usize; 3] {
        [0, 1, 2].map(|at| chats(&self.vendors[at]).len())
    }

    /// Makes so many calls, all of which are answered.
    pub(crate) async fn call(&self, count: usize, body: &Value) {
        for _ in 0..count {
            let answer = self.gateway.chat(body.clone()).await;
            assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
            drop(answer.bytes().await.unwrap());
        }
    }

    /// The same in a session.
    async fn call_in(&self, session: &str, body: &Value) {
        let call = self.gateway.raw_chat(body.to_string());
        let answer = call.header("x-session-id", session).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    async fn finish(self) {
        self.gateway.finish().await;
    }
}

/// Three vendors that say their names.
fn names() -> [Turn; 3] {
    ["a", "b", "c"].map(Turn::chat)
}

fn boom() -> Turn {
    Turn::error(500, "boom", "x")
}

const ALL: &str = "providers: [{provider: a}, {provider: b}, {provider: c}]";

fn route(rest: &str) -> String {
    format!("  - {{id: r, model: \"m*\", {rest}}}\n")
}

/// The value of a metric's line that holds all of these.
pub(crate) async fn metric(gateway: &TestGateway, name: &str, labels: &[&str]) -> f64 {
    let scrape = gateway.get("/actuator/prometheus").bearer_auth(METRICS_KEY);
    let text = scrape.send().await.unwrap().text().await.unwrap();
    let found = text
        .lines()
        .find(|line| line.starts_with(name) && labels.iter().all(|label| line.contains(label)));
    found.map_or(0.0, |line| {
        line.rsplit(' ').next().unwrap().parse().unwrap()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn round_robin_goes_round() {
    let trio = Trio::start(names(), &route(&format!("strategy: round-robin, {ALL}"))).await;
    trio.call(6, &hello("m")).await;
    assert_eq!(trio.asked(), [2, 2, 2]);
    trio.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_without_a_route_alternate_where_the_default_says_so() {
    let setup = Setup::new().env("DVARA_LLM_GATEWAY_ROUTING_DEFAULT_STRATEGY", "round-robin");
    let trio = Trio::with(setup, names().map(Script::new), "  []\n").await;
    trio.call(6, &hello("gpt-4o")).await;
    assert_eq!(trio.asked(), [2, 2, 2]);
    trio.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_are_shares_and_weight_zero_only_stands_in() {
    let routes = route(
        "strategy: weighted, providers: [{provider: a, weight: 1}, {provider: b, weight: 3}, {provider: c, weight: 0}]",
    );
    let trio = Trio::start(names(), &routes).await;
    trio.call(200, &hello("m")).await;
    let [a, b, c] = trio.asked();
    assert_eq!((a + b, c), (200, 0));
    assert!((20..=90).contains(&a), "{a} of 200 for a quarter");
    trio.finish().await;
    let [a, b, c] = [boom(), boom(), Turn::chat("c")];
    let trio = Trio::start([a, b, c], &routes).await;
    trio.call(1, &hello("m")).await;
    assert_eq!(trio.asked()[2], 1);
    trio.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cheapest_serves_and_the_target_s_own_model_is_sent() {
    let routes = route(
        "strategy: cost-aware, providers: [{provider: a, price: {input: 3, output: 15}}, \
         {provider: b, model: small, price: {input: 0.15, output: 0.6}}, {provider: c, price: {input: 2.5, output: 10}}]",
    );
    let trio = Trio::start(names(), &routes).await;
    trio.call(2, &hello("m")).await;
    assert_eq!(trio.asked(), [0, 2, 0]);
    assert_eq!(chats(&trio.vendors[1])[0].json()["model"], "small");
    trio.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_region_serves() {
    let routes = route(
        "strategy: geo-aware, providers: [{provider: a, region: us-east-1}, {provider: b, region: eu-west-1}, \
         {provider: c, region: eu-central-1}]",
    );
    let setup = Setup::new().env("DVARA_REGION_ID", "eu-central-1");
    let trio = Trio::with(setup, names().map(Script::new), &routes).await;
    trio.call(2, &hello("m")).await;
    assert_eq!(trio.asked(), [0, 0, 2]);
    trio.finish().await;
    let setup = Setup::new().env("DVARA_REGION_ID", "eu-central-1");
    let [a, b, c] = [Turn::chat("a"), Turn::chat("b"), boom()].map(Script::new);
    let trio = Trio::with(setup, [a, b, c], &routes).await;
    trio.call(1, &hello("m")).await;
    assert_eq!(trio.asked()[..2], [0, 1], "the next nearest stands in");
    trio.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_stays_on_its_side_of_an_experiment() {
    let canary = |split: u8, scope: &str| {
        route(&format!(
            "strategy: canary, canary_config: {{baseline_provider: a, candidate_provider: b, split_pct: {split}, test_name: t{scope}}}"
        ))
    };
    let trio = Trio::start(names(), &canary(50, "")).await;
    for session in 0..20 {
        let before = trio.asked();
        for _ in 0..3 {
            trio.call_in(&format!("session-{session}"), &hello("m"))
                .await;
        }
        let now = trio.asked();
        let of_session = [now[0] - before[0], now[1] - before[1]];
        assert!(of_session.contains(&3), "{of_session:?}");
    }
    let [a, b, c] = trio.asked();
    assert!(a > 0 && b > 0 && c == 0, "both sides are in use");
    eventually("both sides are counted", async || {
        let count = async |variant| {
            let labels = ["route_id=\"r\"", variant];
            metric(&trio.gateway, "gateway_canary_requests_total", &labels).await
        };
        let (baseline, candidate) = (
            count("variant=\"baseline\"").await,
            count("variant=\"candidate\"").await,
        );
        (baseline as usize == a && candidate as usize == b).then_some(())
    })
    .await;
    trio.finish().await;
    for (split, scope, expected) in [
        (0, "", [4, 0, 0]),
        (100, "", [0, 4, 0]),
        (100, ", tenant_scope: [somebody-else]", [4, 0, 0]),
        (100, ", tenant_scope: [acme]", [0, 4, 0]),
    ] {
        let trio = Trio::start(names(), &canary(split, scope)).await;
        trio.call(4, &hello("m")).await;
        assert_eq!(trio.asked(), expected, "{split} {scope}");
        trio.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_part_of_an_experiment_never_sees_its_candidate() {
    let routes = route(
        "strategy: canary, canary_config: {baseline_provider: a, candidate_provider: b, split_pct: 50, tenant_scope: [x]}",
    );
    let [_, b, c] = names();
    let trio = Trio::start([boom(), b, c], &routes).await;
    let answer = trio.gateway.chat(hello("m")).await;
    assert_eq!(error_code(answer).await, (502, "provider_error".to_owned()));
    assert_eq!(trio.asked()[1], 0);
    trio.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_stays_where_its_prompt_is_cached_while_that_is_healthy() {
    let trio = Trio::start(names(), &route(&format!("strategy: prompt-cache, {ALL}"))).await;
    let turn = |opening: usize, turns: usize| {
        let mut messages = vec![json!({"role": "user", "content": format!("opening {opening}")})];
        for turn in 0..turns {
            messages.push(json!({"role": "assistant", "content": "…"}));
            messages.push(json!({"role": "user", "content": format!("turn {turn}")}));
        }
        json!({"model": "m", "messages": messages})
    };
    for opening in 0..12 {
        let before = trio.asked();
        for turns in 0..3 {
            trio.call(1, &turn(opening, turns)).await;
        }
        let now = trio.asked();
        let here = (0..3).filter(|at| now[*at] - before[*at] == 3).count();
        assert_eq!(here, 1, "{before:?} {now:?}");
    }
    assert!(
        trio.asked().iter().all(|asked| *asked > 0),
        "{:?}",
        trio.asked()
    );
    trio.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_slows_down_is_left_within_two_seconds() {
    let slow = Turn::chat("a").head_after(Duration::from_secs(5));
    let scripts = [
        (0..5).fold(Script::new(slow), |script, _| script.first(Turn::chat("a"))),
        Script::new(Turn::chat("b").head_after(Duration::from_millis(40))),
        Script::new(Turn::chat("c").head_after(Duration::from_millis(60))),
    ];
    let routes = route(&format!("strategy: latency-aware, {ALL}"));
    let trio = Trio::with(Setup::new(), scripts, &routes).await;
    // Each is tried once, then the quickest serves, until it gets slow.
    let begun = Instant::now();
    let calls = async {
        let mut waits = Vec::new();
        while begun.elapsed() < Duration::from_secs(3) {
            let gateway = &trio.gateway;
            let (http, url, key) = (
                gateway.http.clone(),
                gateway.url.clone(),
                gateway.key.clone(),
            );
            waits.push(tokio::spawn(async move {
                let sent = Instant::now();
                let call = http
                    .post(format!("{url}/v1/chat/completions"))
                    .bearer_auth(key);
                let answer = call.json(&hello("m")).send().await.unwrap();
                assert_eq!(answer.status(), 200);
                (sent.duration_since(begun), sent.elapsed())
            }));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        waits
    };
    let mut late = 0;
    for wait in calls.await {
        let (sent, took) = wait.await.unwrap();
        late += usize::from(sent > Duration::from_secs(2) && took > Duration::from_secs(1));
    }
    // One call at a time may look whether it has recovered.
    assert!(late <= 1, "{late} calls still waited after two seconds");
    trio.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_healthy_target_of_three_no_caller_sees_an_error() {
    for strategy in ["round-robin", "weighted", "latency-aware", "prompt-cache"] {
        let dead = Turn::chat("x").cut_after(0);
        let trio = Trio::start(
            [boom(), dead, Turn::chat("fine")],
            &route(&format!("strategy: {strategy}, {ALL}")),
        )
        .await;
        let begun: Vec<_> = (0..100)
            .map(|number| {
                let body = if number % 2 == 0 {
                    hello("m")
                } else {
                    streamed("m")
                };
                let call = trio.gateway.raw_chat(body.to_string());
                tokio::spawn(async move { call.send().await.unwrap().text().await.unwrap() })
            })
            .collect();
        for call in begun {
            let text = call.await.unwrap();
            assert!(text.contains("fine"), "{strategy}: {text}");
        }
        // Once the two are known to be dead, they are left alone.
        let before = trio.asked();
        trio.call(20, &hello("m")).await;
        let after = trio.asked();
        assert_eq!(after[..2], before[..2], "{strategy}");
        trio.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_s_own_route_comes_before_everybody_s() {
    let routes = "  - {id: all, model: \"m*\", providers: [{provider: a}]}\n  \
                  - {id: others, model: \"m*\", tenant: other, providers: [{provider: c}]}\n  \
                  - {id: own, model: \"m*\", tenant: acme, providers: [{provider: b}]}\n";
    let trio = Trio::start(names(), routes).await;
    trio.call(2, &hello("m")).await;
    assert_eq!(trio.asked(), [0, 2, 0]);
    assert_eq!(trio.gateway.settled(2).await[0]["route"], "own");
    trio.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_that_hangs_costs_the_caller_nothing() {
    let routes = route(
        "provider: a, shadow_config: {shadow_provider: b, shadow_model: next, sample_pct: 100}",
    );
    let [a, _, c] = names();
    let trio = Trio::start([a, Turn::silence(), c], &routes).await;
    let begun = Instant::now();
    trio.call(10, &hello("m")).await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    eventually("the shadow got the copies", async || {
        (trio.asked() == [10, 10, 0]).then_some(())
    })
    .await;
    let copy = chats(&trio.vendors[1])[0].json();
    assert_eq!(
        (&copy["model"], &copy["messages"]),
        (&json!("next"), &hello("m")["messages"])
    );
    let database = trio.gateway.database.clone();
    trio.finish().await;
    // Cut off at the end, the copies are in the books too, as nobody's.
    let rows: Vec<Value> = database.usage().await;
    let of = |endpoint: &str| {
        rows.iter()
            .filter(|row| row["endpoint"] == endpoint)
            .count()
    };
    assert_eq!((of("chat_completions"), of("shadow")), (10, 10));
    assert!(
        rows.iter()
            .filter(|row| row["endpoint"] == "shadow")
            .all(|row| row["tenant_id"].is_null())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_s_tokens_are_recorded_as_nobody_s_and_its_failure_is_nobody_s_business() {
    let routes = route("provider: a, shadow_config: {shadow_provider: b, sample_pct: 100}");
    for (shadow, status) in [(Turn::chat("b"), 200), (boom(), 502)] {
        for call in [hello("m"), streamed("m")] {
            let [a, _, c] = names();
            let trio = Trio::start([a, shadow.clone(), c], &routes).await;
            trio.call(1, &call).await;
            let row = eventually("the shadow is settled", async || {
                let rows = trio.gateway.settled(2).await;
                rows.into_iter().find(|row| row["endpoint"] == "shadow")
            })
            .await;
            assert_eq!(
                (&row["tenant_id"], &row["provider"]),
                (&Value::Null, &json!("b"))
            );
            assert_eq!(row["status"], status);
            let labels = [
                "route_id=\"r\"",
                "primary_provider=\"a\"",
                "shadow_provider=\"b\"",
            ];
            eventually("it is counted as a shadow alone", async || {
                let shadows = metric(&trio.gateway, "gateway_shadow_requests_total", &labels).await;
                let calls =
                    metric(&trio.gateway, "gateway_requests_total", &["provider=\"b\""]).await;
                (shadows == 1.0 && calls == 0.0).then_some(())
            })
            .await;
            trio.finish().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_takes_no_place_and_opens_no_breaker() {
    let routes = "  - {id: r, model: \"m*\", provider: a, shadow_config: {shadow_provider: b, shadow_model: n, sample_pct: 100}}\n  \
                  - {id: s, model: n, provider: b}\n";
    let setup = Setup::new().env("DVARA_LLM_GATEWAY_PROVIDERS_B_CONCURRENCY_MAX_CALLS", "1");
    let shadows = (0..8).fold(Script::new(Turn::chat("b")), |script, _| {
        script.first(boom())
    });
    let shadows = shadows.first(Turn::silence());
    let scripts = [Script::new(Turn::chat("a")), shadows, Script::default()];
    let trio = Trio::with(setup, scripts, routes).await;
    trio.call(9, &hello("m")).await;
    eventually("the shadow got all copies", async || {
        (trio.asked()[1] == 9).then_some(())
    })
    .await;
    trio.call(1, &hello("n")).await;
    trio.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_target_is_hedged_by_the_next_one() {
    let routes = route(
        "strategy: weighted, providers: [{provider: a}, {provider: b, weight: 0}], hedge_after_ms: 50",
    );
    let [a, b, c] = names();
    let trio = Trio::start([a.head_after(Duration::from_secs(10)), b, c], &routes).await;
    let begun = Instant::now();
    trio.call(1, &hello("m")).await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(trio.asked(), [1, 1, 0]);
    let row = &trio.gateway.settled(1).await[0];
    assert_eq!(
        (&row["provider"], &row["attempts"]),
        (&json!("b"), &json!(2))
    );
    eventually("it is counted", async || {
        (trio.gateway.metric("gateway_hedges_total").await == 1).then_some(())
    })
    .await;
    trio.finish().await;
    // The first to answer serves, also when it was asked first.
    let [a, b, c] = names();
    let slower = b.head_after(Duration::from_secs(10));
    let trio = Trio::start(
        [a.head_after(Duration::from_millis(300)), slower, c],
        &routes,
    )
    .await;
    trio.call(1, &hello("m")).await;
    let row = &trio.gateway.settled(1).await[0];
    assert_eq!(
        (&row["provider"], &row["attempts"]),
        (&json!("a"), &json!(2))
    );
    trio.finish().await;
}
