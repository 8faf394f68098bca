//! Calls per key and minute: what a caller is told, and one limit over several gateways.

use chrono::{DateTime, Utc};
use dvara_store::Admin;
use dvara_store::admin::{NewKey, NewTenant};
use dvara_types::{Scopes, TenantId};
use serde_json::{Value, json};

use crate::harness::{ACTUATOR_KEY, METRICS_KEY, Setup, TENANT, TestGateway, error_code, hello};

const ENABLED: &str = "DVARA_LLM_GATEWAY_RATE_LIMIT_ENABLED";
const REQUESTS: &str = "DVARA_LLM_GATEWAY_RATE_LIMIT_PER_KEY_REQUESTS_PER_MINUTE";

/// So many calls per key and minute. The harness makes one with the gateway's own key.
fn limited(requests: u32) -> Setup {
    Setup::new()
        .env(ENABLED, "true")
        .env(REQUESTS, &requests.to_string())
}

async fn status(gateway: &TestGateway, key: &str) -> u16 {
    let call = gateway.get("/v1/models").bearer_auth(key).send();
    call.await.unwrap().status().as_u16()
}

/// Calls until one is refused; how many were served.
async fn served(gateway: &TestGateway, key: &str) -> u32 {
    let mut served = 0;
    loop {
        match status(gateway, key).await {
            200 => served += 1,
            429 => return served,
            other => panic!("{other}"),
        }
    }
}

/// A key of a tenant that every one of the gateways knows. Each has made one call with it.
async fn key(gateways: &[&TestGateway], tenant: &str, name: &str, scopes: &[&str]) -> String {
    let store = gateways[0].database.store().await;
    let new = NewKey {
        scopes: Scopes(scopes.iter().map(|scope| (*scope).to_owned()).collect()),
        ..NewKey::new(TenantId::parse(tenant).unwrap(), name)
    };
    let made = Admin::new(&store).create_key(new).await.unwrap();
    let key = made.key.expose().clone();
    for gateway in gateways {
        gateway.knows_key(&key).await;
    }
    key
}

async fn tenant(gateway: &TestGateway, id: &str, rate: Value) {
    let store = gateway.database.store().await;
    let mut new = NewTenant {
        id: Some(TenantId::parse(id).unwrap()),
        name: id.to_owned(),
        ..NewTenant::default()
    };
    new.metadata
        .insert("rate-limit.requests-per-minute".to_owned(), rate);
    Admin::new(&store).create_tenant(new).await.unwrap();
}

async fn scrape(gateway: &TestGateway) -> String {
    let scrape = gateway.get("/actuator/prometheus").bearer_auth(METRICS_KEY);
    scrape.send().await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_too_many_is_told_the_limit_and_when_to_come_back() {
    let gateway = limited(4).start().await;
    for _ in 0..3 {
        let answer = gateway.chat(hello("mock/x")).await;
        assert_eq!(answer.status(), 200);
        let told = answer.headers().keys();
        let told: Vec<_> = told
            .filter(|name| name.as_str().contains("ratelimit"))
            .collect();
        assert!(told.is_empty(), "{told:?}");
    }
    let before = Utc::now();
    let answer = gateway.chat(hello("mock/x")).await;
    assert_eq!(answer.status(), 429);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let wait: i64 = header("retry-after").parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!(header("x-ratelimit-retry-after-seconds"), wait.to_string());
    assert!(answer.headers().get("x-ratelimit-tokens-limit").is_none());
    let reset: DateTime<Utc> = header("x-ratelimit-reset").parse().unwrap();
    let until = (reset - before).num_milliseconds();
    assert!(
        until > (wait - 1) * 1_000 && until < (wait + 20) * 1_000,
        "{until}"
    );
    let trace = header("x-trace-id");
    let mut body: Value = answer.json().await.unwrap();
    let reset_at = body["error"]["rate_limit"]["reset_at"].take();
    let reset_at: DateTime<Utc> = reset_at.as_str().unwrap().parse().unwrap();
    assert!((reset_at - reset).num_milliseconds().abs() < 1_000);
    assert_eq!(
        body,
        json!({"error": {
            "message": "Rate limit exceeded",
            "type": "rate_limit_error",
            "code": "rate_limit_exceeded",
            "trace_id": trace,
            "rate_limit": {
                "limited_resource": "requests",
                "limit_type": "requests_per_minute",
                "limit": 4,
                "remaining": 0,
                "retry_after_seconds": wait,
                "reset_at": null,
            },
        }})
    );
    let rows = gateway.settled(4).await;
    let refused: Vec<&Value> = rows.iter().filter(|row| row["status"] == 429).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["outcome"], "refused");
    assert_eq!(refused[0]["error_code"], "rate_limit_exceeded");
    assert_eq!(refused[0]["key"], gateway.key_id.as_str());
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hundred_and_first_call_of_a_minute_is_refused() {
    let gateway = Setup::new().env(ENABLED, "true").start().await;
    assert_eq!(
        served(&gateway, &gateway.key).await,
        99,
        "the harness made one"
    );
    let text = scrape(&gateway).await;
    for line in [
        "gateway_rate_limit_allowed_total 100",
        "gateway_rate_limit_denied_total{reason=\"request\"} 1",
        "gateway_rate_limit_errors_total 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_refused_later_count_and_those_refused_before_do_not() {
    let gateway = limited(6).start().await;
    let models_only = key(&[&gateway], TENANT, "models-only", &["models:read"]).await;
    for _ in 0..10 {
        let stranger = gateway.get("/v1/models").bearer_auth("gw_nobody").send();
        assert_eq!(stranger.await.unwrap().status(), 401);
        let scope = gateway
            .http
            .post(format!("{}/v1/chat/completions", gateway.url))
            .bearer_auth(&models_only)
            .json(&hello("mock/x"))
            .send();
        assert_eq!(scope.await.unwrap().status(), 403);
    }
    assert_eq!(served(&gateway, &models_only).await, 5);
    // A path that does not exist, a method, a body that is wrong, a model that nobody serves.
    let call = |path: &str| gateway.get(path).bearer_auth(&gateway.key).send();
    assert_eq!(call("/v1/nothing").await.unwrap().status(), 404);
    assert_eq!(call("/v1/chat/completions").await.unwrap().status(), 405);
    assert_eq!(gateway.chat(json!({"model": 5})).await.status(), 400);
    assert_eq!(
        gateway.chat(hello("nobody-serves-this")).await.status(),
        400
    );
    assert_eq!(served(&gateway, &gateway.key).await, 1);
    let refused = call("/v1/nothing").await.unwrap();
    assert_eq!(
        error_code(refused).await,
        (429, "rate_limit_exceeded".to_owned())
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_gateways_hold_one_limit_whichever_is_asked() {
    const LIMIT: u32 = 60;
    let first = limited(LIMIT).start().await;
    let second = limited(LIMIT).beside(&first).start().await;
    let third = limited(LIMIT).beside(&first).start().await;
    let gateways = [&first, &second, &third];
    let shared = key(&gateways, TENANT, "shared", &[]).await;
    let mut admitted = 3;
    let mut refused_by_all = 0;
    while refused_by_all < 3 {
        let mut refusals = 0;
        for gateway in gateways {
            match status(gateway, &shared).await {
                200 => admitted += 1,
                429 => refusals += 1,
                other => panic!("{other}"),
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        refused_by_all = if refusals == 3 { refused_by_all + 1 } else { 0 };
    }
    assert!(admitted >= LIMIT, "{admitted}");
    // A tick brings 25 calls at most; a busy machine is given two.
    assert!(admitted <= LIMIT + 50, "{admitted}");
    // Another key has a limit of its own, which one gateway alone may use up.
    assert_eq!(served(&second, &second.key).await, LIMIT - 1);
    for gateway in gateways {
        let errors = gateway.metric("gateway_rate_limit_errors_total").await;
        assert_eq!(errors, 0);
    }
    first.finish().await;
    second.finish().await;
    third.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_starts_anew_goes_on_counting_where_the_fleet_was() {
    let first = limited(10).start().await;
    let used = key(&[&first], TENANT, "used", &[]).await;
    assert_eq!(served(&first, &used).await, 9);
    let ended = TestGateway::finish(limited(10).beside(&first).start().await).await;
    drop(ended);
    dvara_testkit::eventually("the counts are in the database", async || {
        let rows = first.database.rate_counts().await;
        let counted: i64 = rows.iter().filter_map(|row| row["requests"].as_i64()).sum();
        (counted >= 12).then_some(())
    })
    .await;
    let next = limited(10).beside(&first).start().await;
    assert_eq!(served(&next, &used).await, 0);
    next.finish().await;
    first.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_own_limit_goes_before_the_gateways_and_a_wrong_one_is_reported() {
    let gateway = limited(9).start().await;
    tenant(&gateway, "small", json!(2)).await;
    tenant(&gateway, "large", json!("12")).await;
    tenant(&gateway, "wrong", json!("plenty")).await;
    for (id, calls) in [("small", 2), ("large", 12), ("wrong", 9)] {
        let of_tenant = key(&[&gateway], id, "its", &[]).await;
        assert_eq!(served(&gateway, &of_tenant).await, calls - 1, "{id}");
    }
    let page = gateway.status_page().await;
    let limits = &page["rateLimits"];
    assert_eq!(limits["enabled"], true);
    assert_eq!(limits["perKeyRequestsPerMinute"], 9);
    assert_eq!(limits["perKeyTokensPerMinute"], Value::Null);
    assert_eq!(
        limits["tenantRequestsPerMinute"],
        json!({"small": 2, "large": 12})
    );
    assert_eq!(limits["shared"], true);
    assert_eq!(limits["liveMembers"], 1);
    let broken = &page["brokenRows"][0];
    assert_eq!(broken["table"], "tenants");
    assert_eq!(broken["id"], "wrong: rate-limit.requests-per-minute");
    let warnings = page["warnings"].to_string();
    assert!(
        warnings.contains("wrong: rate-limit.requests-per-minute"),
        "{warnings}"
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_limit_for_all_leaves_tenants_theirs() {
    let gateway = limited(0).start().await;
    tenant(&gateway, "small", json!(3)).await;
    let of_small = key(&[&gateway], "small", "its", &[]).await;
    assert_eq!(served(&gateway, &of_small).await, 2);
    for _ in 0..120 {
        assert_eq!(status(&gateway, &gateway.key).await, 200);
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_unknown_and_not_slow_and_a_new_one_begins_anew() {
    let gateway = limited(5).start().await;
    assert_eq!(served(&gateway, &gateway.key).await, 4);
    let store = gateway.database.store().await;
    Admin::new(&store)
        .revoke_key(&gateway.key_id)
        .await
        .unwrap();
    dvara_testkit::eventually("the key is revoked", async || {
        (status(&gateway, &gateway.key).await == 401).then_some(())
    })
    .await;
    let new = key(&[&gateway], TENANT, "new", &[]).await;
    assert_eq!(served(&gateway, &new).await, 4);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_without_a_key_share_one_limit() {
    let gateway = limited(5)
        .env("DVARA_LLM_GATEWAY_REQUIRE_API_KEY", "false")
        .start()
        .await;
    for _ in 0..5 {
        let open = gateway.get("/v1/models").send().await.unwrap();
        assert_eq!(open.status(), 200);
    }
    let refused = gateway.get("/v1/models").send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(
        status(&gateway, &gateway.key).await,
        200,
        "a key has its own"
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_set_the_limit_in_both_forms_and_the_environment_goes_before_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.yaml");
    let path = file.to_str().unwrap();
    let root = "rate-limit:\n  enabled: true\n  per-key:\n    requests-per-minute: 7\n";
    for (text, env, enabled, requests) in [
        (root, None, true, 7),
        ("rate_limits: {requests_per_minute: 8}\n", None, true, 8),
        ("rate_limits: {tokens_per_minute: 8}\n", None, false, 100),
        (
            "rate_limits: {requests_per_minute: 8}\n",
            Some((ENABLED, "false")),
            false,
            8,
        ),
        (root, Some((REQUESTS, "3")), true, 3),
        (
            "rate-limit: {per-key: {requests-per-minute: 5}}\n",
            None,
            false,
            5,
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        let mut setup = Setup::new().env("DVARA_CONFIG_FILE", path);
        if let Some((name, value)) = env {
            setup = setup.env(name, value);
        }
        let gateway = setup.start().await;
        let page = gateway.status_page().await;
        assert_eq!(page["rateLimits"]["enabled"], enabled, "{text}");
        assert_eq!(
            page["rateLimits"]["perKeyRequestsPerMinute"], requests,
            "{text}"
        );
        let listed = page["notBuilt"]
            .to_string()
            .contains("rate_limits.tokens_per_minute");
        assert_eq!(listed, text.contains("tokens"), "{page}");
        gateway.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_counted_unless_it_is_asked_for() {
    let gateway = TestGateway::start().await;
    for _ in 0..120 {
        assert_eq!(status(&gateway, &gateway.key).await, 200);
    }
    let text = scrape(&gateway).await;
    for line in [
        "gateway_rate_limit_allowed_total 0",
        "gateway_rate_limit_denied_total{reason=\"request\"} 0",
        "gateway_rate_limit_errors_total 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    let page = gateway.status_page().await;
    assert_eq!(page["rateLimits"]["enabled"], false);
    assert_eq!(page["rateLimits"]["shared"], Value::Null);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_refuses_nobody_who_has_calls_left() {
    let gateway = limited(40).start().await;
    let other = key(&[&gateway], TENANT, "other", &[]).await;
    gateway.database.cut().await;
    dvara_testkit::eventually("the gateway knows that it is alone", async || {
        let page = gateway
            .get("/actuator/gateway-status")
            .bearer_auth(ACTUATOR_KEY)
            .send();
        let page: Value = page.await.unwrap().json().await.unwrap();
        (page["rateLimits"]["shared"] == false).then_some(())
    })
    .await;
    // Alone in its fleet, its share is all of it.
    assert_eq!(served(&gateway, &other).await, 39);
    assert_eq!(gateway.metric("gateway_rate_limit_errors_total").await, 40);
    gateway.database.restore().await;
    dvara_testkit::eventually("counts are shared again", async || {
        let page = gateway.status_page().await;
        (page["rateLimits"]["shared"] == true).then_some(())
    })
    .await;
    assert_eq!(status(&gateway, &other).await, 429);
    assert_eq!(gateway.metric("gateway_rate_limit_errors_total").await, 40);
    gateway.finish().await;
}
