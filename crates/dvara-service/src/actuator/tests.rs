use std::sync::atomic::{AtomicBool, Ordering};

use dvara_crypto::Secret;
use http::{HeaderValue, header};
use http_body_util::BodyExt as _;
use prometheus_client::registry::Registry;
use serde_json::json;
use tokio::runtime::Handle;

use super::*;
use crate::readiness::Readiness;

const API: &str = "api-key";
const METRICS: &str = "metrics-key";

struct Fixture {
    actuator: Actuator,
    readiness: Readiness,
    alive: Arc<AtomicBool>,
}

fn fixture_with(keys: ActuatorKeys, details: ShowDetails) -> Fixture {
    let readiness = Readiness::new();
    let alive = Arc::new(AtomicBool::new(true));
    let beating = Arc::clone(&alive);
    let view = ActuatorView {
        health: HealthView {
            readiness: readiness.clone(),
            alive: Arc::new(move || beating.load(Ordering::Relaxed)),
            components: Arc::new(|| {
                vec![
                    Component::new("gatewayReadiness", Status::Up).detail("providerCount", 0),
                    Component::new("db", Status::Down)
                        .aside()
                        .detail("lag_ms", 7),
                    Component::new("cluster", Status::Unknown),
                ]
            }),
        },
        info: json!({"version": "1.0.0"}),
        status: Some(Arc::new(|| json!({"status": "running"}))),
        metrics: Metrics::new(Registry::default(), Handle::current()),
    };
    Fixture {
        actuator: Actuator::new(keys, details, view),
        readiness,
        alive,
    }
}

fn fixture() -> Fixture {
    let keys = ActuatorKeys {
        api: Some(Secret::new(API.to_owned())),
        metrics: Some(Secret::new(METRICS.to_owned())),
    };
    fixture_with(keys, ShowDetails::WhenAuthorized)
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Fixture {
    async fn ask(&self, method: Method, path: &str, token: Option<&str>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
            headers.insert(header::AUTHORIZATION, value);
        }
        let response = self.actuator.answer(&method, path, &headers).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.ask(Method::GET, path, token).await
    }
}

/// Every kind of path × every credential; S26, S59–S64, S78–S83.
#[tokio::test]
async fn each_path_opens_to_its_own_key_only() {
    let fixture = fixture();
    let open = [200, 200, 200, 200];
    let api = [401, 200, 401, 401];
    let cases = [
        ("/actuator/health/liveness", open),
        ("/actuator/health/readiness", open),
        ("/actuator/info", open),
        ("/actuator/gateway-status", api),
        ("/actuator/health/gatewayReadiness", api),
        ("/actuator/prometheus", [401, 401, 200, 401]),
        ("/actuator", [401, 404, 401, 401]),
        ("/actuator/", [401, 404, 401, 401]),
        ("/actuator/env", [401, 404, 401, 401]),
        ("/actuator/heapdump", [401, 404, 401, 401]),
        ("/actuator/info/", [401, 404, 401, 401]),
        ("/actuator/health/", [401, 404, 401, 401]),
        ("/actuator/health/gone", [401, 404, 401, 401]),
        ("/actuator/health/readiness/x", [401, 404, 401, 401]),
        ("/actuator/Health", [401, 404, 401, 401]),
        ("/actuator//health", [401, 404, 401, 401]),
        ("/actuator/%68ealth", [401, 404, 401, 401]),
        ("/actuator/health/../env", [401, 404, 401, 401]),
        ("/actuator/prometheus/", [401, 404, 401, 401]),
    ];
    let tokens = [None, Some(API), Some(METRICS), Some("wrong")];
    for (path, expected) in cases {
        for (token, expected) in tokens.into_iter().zip(expected) {
            let answer = fixture.get(path, token).await;
            assert_eq!(answer.status, expected, "{path} {token:?}");
            assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        }
    }
}

#[tokio::test]
async fn refusals_say_why() {
    let open = fixture();
    let closed = fixture_with(ActuatorKeys::default(), ShowDetails::WhenAuthorized);
    let cases = [
        (&open, None, "a Bearer token is required"),
        (&open, Some("wrong"), "invalid token"),
        (&closed, None, "actuator authentication is not configured"),
        (
            &closed,
            Some(API),
            "actuator authentication is not configured",
        ),
    ];
    for (fixture, token, reason) in cases {
        for path in [
            "/actuator/gateway-status",
            "/actuator/prometheus",
            "/actuator/env",
        ] {
            let answer = fixture.get(path, token).await;
            assert_eq!(answer.status, 401);
            assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
            assert_eq!(
                answer.body,
                format!(r#"{{"error":{{"message":"{reason}","type":"actuator_auth_error"}}}}"#)
            );
        }
    }
    assert_eq!(
        closed.get("/actuator/health/liveness", None).await.status,
        200
    );
}

#[tokio::test]
async fn anonymous_health_shows_the_status_alone() {
    let fixture = fixture();
    for token in [None, Some(METRICS), Some("wrong")] {
        let answer = fixture.get("/actuator/health/readiness", token).await;
        assert_eq!(answer.body, r#"{"status":"UP"}"#);
    }
    assert_eq!(
        fixture.get("/actuator/health", None).await.body,
        r#"{"status":"DOWN"}"#
    );
}

#[tokio::test]
async fn details_are_shown_to_the_api_key() {
    let fixture = fixture();
    let guard = fixture.readiness.block("first snapshot");
    let answer = fixture.get("/actuator/health/readiness", Some(API)).await;
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.json(),
        json!({"status": "DOWN", "components": {
            "readinessState": {"status": "DOWN", "details": {"first snapshot": "starting"}},
            "gatewayReadiness": {"status": "UP", "details": {"providerCount": 0}},
            "cluster": {"status": "UNKNOWN"},
        }})
    );
    drop(guard);
    let answer = fixture.get("/actuator/health/readiness", Some(API)).await;
    assert_eq!(
        (answer.status, answer.json()["status"].as_str()),
        (200, Some("UP"))
    );
    let answer = fixture.get("/actuator/health", Some(API)).await;
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.json()["components"]["livenessState"],
        json!({"status": "UP"})
    );
    let answer = fixture.get("/actuator/health/db", Some(API)).await;
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.json(),
        json!({"status": "DOWN", "details": {"lag_ms": 7}})
    );
}

#[tokio::test]
async fn never_means_nobody() {
    let keys = fixture().actuator.keys;
    let fixture = fixture_with(keys, ShowDetails::Never);
    let answer = fixture.get("/actuator/health/readiness", Some(API)).await;
    assert_eq!(answer.body, r#"{"status":"UP"}"#);
    let answer = fixture.get("/actuator/health/db", Some(API)).await;
    assert_eq!(answer.body, r#"{"status":"DOWN"}"#);
}

#[tokio::test]
async fn stopped_core_is_not_live() {
    let fixture = fixture();
    fixture.alive.store(false, Ordering::Relaxed);
    let answer = fixture.get("/actuator/health/liveness", None).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (503, r#"{"status":"DOWN"}"#)
    );
    assert_eq!(
        fixture.get("/actuator/health/readiness", None).await.status,
        200
    );
}

#[tokio::test]
async fn only_get_and_head_are_allowed() {
    let fixture = fixture();
    for method in [
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::OPTIONS,
        Method::TRACE,
    ] {
        for (path, token) in [
            ("/actuator/info", None),
            ("/actuator/gateway-status", Some(API)),
            ("/actuator/prometheus", Some(METRICS)),
        ] {
            let answer = fixture.ask(method.clone(), path, token).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.headers[header::ALLOW], "GET, HEAD");
        }
        let answer = fixture
            .ask(method.clone(), "/actuator/gateway-status", None)
            .await;
        assert_eq!(answer.status, 401, "{method}");
        let answer = fixture
            .ask(method.clone(), "/actuator/env", Some(API))
            .await;
        assert_eq!(answer.status, 404, "{method}");
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let fixture = fixture();
    let get = fixture.get("/actuator/info", None).await;
    let head = fixture.ask(Method::HEAD, "/actuator/info", None).await;
    assert_eq!(head.status, 200);
    assert_eq!(head.body, "");
    assert_eq!(
        head.headers[header::CONTENT_LENGTH],
        get.body.len().to_string()
    );
    assert_eq!(head.headers[header::CONTENT_TYPE], "application/json");
}

#[tokio::test]
async fn service_without_a_status_has_none() {
    let mut fixture = fixture();
    fixture.actuator.view.status = None;
    assert_eq!(
        fixture
            .get("/actuator/gateway-status", Some(API))
            .await
            .status,
        404
    );
    assert_eq!(
        fixture.get("/actuator/gateway-status", None).await.status,
        401
    );
}

#[tokio::test]
async fn other_paths_are_not_its_own() {
    let fixture = fixture();
    for path in [
        "/",
        "/v1/models",
        "/actuatorx",
        "/actuator;x=1/health",
        "/Actuator",
        "/x/actuator",
    ] {
        let answer = fixture
            .actuator
            .answer(&Method::GET, path, &HeaderMap::new())
            .await;
        assert!(answer.is_none(), "{path}");
    }
}
