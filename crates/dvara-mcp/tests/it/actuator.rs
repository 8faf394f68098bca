//! Probes, both keys, and the gateway as a component.

use dvara_service::drain::DrainTiming;
use reqwest::Method;
use serde_json::Value;

use crate::harness::{ACTUATOR_KEY, METRICS_KEY, TestMcp};

#[tokio::test(flavor = "multi_thread")]
async fn each_actuator_path_opens_with_its_own_key_alone() {
    let mcp = TestMcp::start().await;
    let stranger = "neither";
    // Without a key, with the API key, with the metrics key, with a wrong one.
    for (path, expected) in [
        ("/actuator/health", [200, 200, 200, 200]),
        ("/actuator/health/liveness", [200, 200, 200, 200]),
        ("/actuator/health/readiness", [200, 200, 200, 200]),
        ("/actuator/info", [200, 200, 200, 200]),
        ("/actuator/health/db", [401, 200, 401, 401]),
        ("/actuator/prometheus", [401, 401, 200, 401]),
        // The gateway's alone.
        ("/actuator/gateway-status", [401, 404, 401, 401]),
        ("/actuator", [401, 404, 401, 401]),
        ("/actuator/env", [401, 404, 401, 401]),
    ] {
        let mut found = [0; 4];
        let keys = [None, Some(ACTUATOR_KEY), Some(METRICS_KEY), Some(stranger)];
        for (status, key) in found.iter_mut().zip(keys) {
            let mut request = mcp.request(Method::GET, path);
            if let Some(key) = key {
                request = request.bearer_auth(key);
            }
            *status = request.send().await.unwrap().status().as_u16();
        }
        assert_eq!(found, expected, "{path}");
    }
    mcp.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_is_shown_and_not_needed() {
    // Nothing listens on port 1.
    let away = [("DVARA_MCP_GATEWAY_GATEWAY_URL", "http://127.0.0.1:1")];
    let mcp = TestMcp::start_with(&away, DrainTiming::immediate()).await;
    let health = dvara_testkit::eventually("the gateway was asked for", async || {
        let health = mcp.request(Method::GET, "/actuator/health");
        let health: Value = health
            .bearer_auth(ACTUATOR_KEY)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let reason = health["components"]["llmGateway"]["details"]["reason"].as_str();
        (reason != Some("not asked yet")).then_some(health)
    })
    .await;
    assert_eq!(health["status"], "UP");
    assert_eq!(health["components"]["llmGateway"]["status"], "UNKNOWN");
    assert_eq!(mcp.status("/actuator/health/readiness").await, 200);
    let anonymous = mcp.request(Method::GET, "/actuator/health").send().await;
    let anonymous = anonymous.unwrap().text().await.unwrap();
    assert_eq!(anonymous, r#"{"status":"UP"}"#);
    mcp.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_of_every_service_are_there() {
    let mcp = TestMcp::start().await;
    let metrics = mcp.metrics().await;
    for name in [
        "gateway_config_poller_up 1",
        "gateway_config_staleness_seconds ",
        "server_connections_open ",
        "server_requests_open 1",
    ] {
        assert!(metrics.contains(&format!("\n{name}")), "{name}: {metrics}");
    }
    mcp.finish().await;
}
