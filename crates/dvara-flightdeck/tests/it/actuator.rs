//! Probes and both keys.

use reqwest::Method;

use crate::harness::{ACTUATOR_KEY, METRICS_KEY, TestDesk};

#[tokio::test(flavor = "multi_thread")]
async fn each_actuator_path_opens_with_its_own_key_alone() {
    let desk = TestDesk::start().await;
    // Without a key, with the API key, with the metrics key, with a wrong one. No gateway is there, so nothing is ready.
    for (path, expected) in [
        ("/actuator/health", [503, 503, 503, 503]),
        ("/actuator/health/liveness", [200, 200, 200, 200]),
        ("/actuator/health/readiness", [503, 503, 503, 503]),
        ("/actuator/info", [200, 200, 200, 200]),
        ("/actuator/health/db", [401, 200, 401, 401]),
        ("/actuator/health/controlPlane", [401, 503, 401, 401]),
        ("/actuator/prometheus", [401, 401, 200, 401]),
        // The gateway's alone.
        ("/actuator/gateway-status", [401, 404, 401, 401]),
        ("/actuator", [401, 404, 401, 401]),
        ("/actuator/env", [401, 404, 401, 401]),
    ] {
        let mut found = [0; 4];
        let keys = [None, Some(ACTUATOR_KEY), Some(METRICS_KEY), Some("neither")];
        for (status, key) in found.iter_mut().zip(keys) {
            let mut request = desk.request(Method::GET, path);
            if let Some(key) = key {
                request = request.bearer_auth(key);
            }
            *status = request.send().await.unwrap().status().as_u16();
        }
        assert_eq!(found, expected, "{path}");
    }
    desk.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_of_every_service_are_there() {
    let desk = TestDesk::start().await;
    let scrape = desk.request(Method::GET, "/actuator/prometheus");
    let scrape = scrape.bearer_auth(METRICS_KEY).send().await.unwrap();
    let metrics = scrape.text().await.unwrap();
    for name in [
        "gateway_config_poller_up 1",
        "gateway_config_staleness_seconds ",
        "server_connections_open ",
        "server_requests_open 1",
    ] {
        assert!(metrics.contains(&format!("\n{name}")), "{name}: {metrics}");
    }
    desk.finish().await;
}
