//! Every path, whoever asks.

use reqwest::{Method, Response};
use serde_json::Value;

use crate::harness::{ACTUATOR_KEY, TestDesk};

const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
];

async fn ask(desk: &TestDesk, method: &Method, path: &str, credential: Option<&str>) -> Response {
    let mut request = desk.request(method.clone(), path);
    if let Some(credential) = credential {
        request = request.bearer_auth(credential);
    }
    request.send().await.unwrap()
}

/// The headers that keep a page from doing anything.
fn is_harmless(page: &Response) -> bool {
    let header = |name| {
        page.headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    header("content-type") == Some("text/html; charset=utf-8")
        && header("content-security-policy")
            .is_some_and(|policy| policy.starts_with("default-src 'none'"))
        && header("x-content-type-options") == Some("nosniff")
        && header("cache-control") == Some("no-store")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_page_says_what_runs_and_not_for_whom() {
    let desk = TestDesk::start().await;
    let page = desk.get("/").await;
    assert_eq!(page.status(), 200);
    assert!(is_harmless(&page), "{:?}", page.headers());
    let text = page.text().await.unwrap();
    for fact in [env!("CARGO_PKG_VERSION"), "not reachable", "valid"] {
        assert!(text.contains(fact), "{fact}: {text}");
    }
    // The customer and the id of the licence that this Flightdeck has.
    for secret in ["valuation", "lic_", "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    for outside in [
        "src=", "href=", "http://", "https://", "<script", "<style", "<form",
    ] {
        assert!(!text.contains(outside), "{outside}: {text}");
    }
    desk.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_page_is_read_and_nothing_else() {
    let desk = TestDesk::start().await;
    for method in METHODS {
        let answer = ask(&desk, &method, "/", None).await;
        let reads = method == Method::GET || method == Method::HEAD;
        assert_eq!(answer.status(), if reads { 200 } else { 405 }, "{method}");
        assert!(is_harmless(&answer), "{method}");
        if !reads {
            assert_eq!(answer.headers()["allow"], "GET,HEAD", "{method}");
        }
    }
    desk.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_automation_api_is_not_there_for_anybody() {
    let desk = TestDesk::start().await;
    let credentials = [None, Some("dvara_pat_0123456789"), Some(ACTUATOR_KEY)];
    for path in [
        "/v1/admin",
        "/v1/admin/",
        "/v1/admin/tenants",
        "/v1/admin/tenants/acme/keys",
        "/v1/admin/../../actuator/prometheus",
    ] {
        for method in METHODS {
            for credential in credentials {
                let answer = ask(&desk, &method, path, credential).await;
                // A client takes dots out of a path before it sends it.
                if path.contains("..") {
                    assert_ne!(answer.status(), 200, "{method} {path}");
                    continue;
                }
                assert_eq!(answer.status(), 501, "{method} {path}");
                assert_eq!(answer.headers()["content-type"], "application/json");
                let trace = answer.headers()["x-trace-id"].to_str().unwrap().to_owned();
                if method == Method::HEAD {
                    continue;
                }
                let body: Value = answer.json().await.unwrap();
                assert_eq!(body["error"]["type"], "not_implemented_error");
                assert_eq!(body["error"]["code"], "not_implemented");
                assert_eq!(body["error"]["trace_id"], trace.as_str());
            }
        }
    }
    desk.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_a_page_for_people_and_an_object_for_programs() {
    let desk = TestDesk::start().await;
    for path in [
        "/portal",
        "/setup",
        "/index.html",
        "/internal/x",
        "/v1x",
        "/%2e%2e/etc/passwd",
        "//",
    ] {
        let answer = ask(&desk, &Method::GET, path, None).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert!(is_harmless(&answer), "{path}");
        let text = answer.text().await.unwrap();
        assert!(
            text.contains("Not Found") && !text.contains("passwd"),
            "{text}"
        );
    }
    for path in ["/v1", "/v1/models", "/v1/chat/completions"] {
        let answer = ask(&desk, &Method::POST, path, None).await;
        assert_eq!(answer.status(), 404, "{path}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"]["code"], "not_found", "{path}");
    }
    desk.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_trace_id_comes_back() {
    let desk = TestDesk::start().await;
    let request = desk
        .request(Method::GET, "/v1/admin/keys")
        .header("x-trace-id", "trace-of-mine");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["x-trace-id"], "trace-of-mine");
    desk.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_is_refused_with_an_answer() {
    let desk = TestDesk::start().await;
    let body = vec![b' '; 900_000];
    let request = desk.request(Method::POST, "/v1/admin/config/import");
    let answer = request.body(body).send().await.unwrap();
    assert_eq!(answer.status(), 501);
    desk.finish().await;
}
