//! Web pages of other origins.

use reqwest::{Method, RequestBuilder, Response};

use crate::harness::{Setup, TestGateway, hello, streamed};

const APP: &str = "https://app.example.com";

async fn open_to(origins: &str) -> TestGateway {
    Setup::new()
        .env("DVARA_LLM_GATEWAY_CORS_ALLOWED_ORIGINS", origins)
        .start()
        .await
}

/// What a browser sends before a page's call.
fn preflight(gateway: &TestGateway, path: &str, origin: &str) -> RequestBuilder {
    gateway
        .http
        .request(Method::OPTIONS, format!("{}{path}", gateway.url))
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type,x-stainless-os",
        )
}

fn cors_headers(response: &Response) -> Vec<String> {
    response
        .headers()
        .keys()
        .map(ToString::to_string)
        .filter(|name| name.starts_with("access-control") || name == "vary")
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_pages_may_call_unless_origins_are_set() {
    let gateway = TestGateway::start().await;
    let preflight = preflight(&gateway, "/v1/chat/completions", APP)
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), 401);
    assert_eq!(cors_headers(&preflight), Vec::<String>::new());
    let call = gateway
        .raw_chat(hello("mock/x").to_string())
        .header("origin", APP)
        .send()
        .await
        .unwrap();
    assert_eq!(call.status(), 200);
    assert_eq!(cors_headers(&call), Vec::<String>::new());
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_allowed_origin_may_call_and_reads_answers_and_errors() {
    let gateway = open_to("https://other.example, https://app.example.com").await;
    let allowed = preflight(&gateway, "/v1/chat/completions", APP)
        .send()
        .await
        .unwrap();
    assert_eq!(allowed.status(), 204);
    let headers = allowed.headers();
    assert_eq!(headers["access-control-allow-origin"], APP);
    assert_eq!(headers["access-control-allow-methods"], "GET, HEAD, POST");
    assert_eq!(
        headers["access-control-allow-headers"],
        "authorization, content-type, x-stainless-os"
    );
    assert_eq!(headers["vary"], "Origin");
    assert!(headers.contains_key("access-control-max-age"));
    assert!(!headers.contains_key("access-control-allow-credentials"));

    for (body, status) in [
        (hello("mock/x").to_string(), 200),
        (streamed("mock/x").to_string(), 200),
        ("{".to_owned(), 400),
        (hello("nobody/x").to_string(), 400),
    ] {
        let answer = gateway
            .raw_chat(body)
            .header("origin", APP)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), status);
        let headers = answer.headers();
        assert_eq!(headers["access-control-allow-origin"], APP);
        assert_eq!(headers["vary"], "Origin");
        let exposed = headers["access-control-expose-headers"].to_str().unwrap();
        assert!(exposed.contains("X-Trace-Id"), "{exposed}");
        assert!(exposed.contains("Retry-After"), "{exposed}");
    }
    let stranger = gateway
        .get("/v1/models")
        .header("origin", APP)
        .send()
        .await
        .unwrap();
    assert_eq!(stranger.status(), 401);
    assert_eq!(stranger.headers()["access-control-allow-origin"], APP);
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_origins_and_other_paths_stay_closed() {
    let gateway = open_to(APP).await;
    for (path, origin, status) in [
        ("/v1/chat/completions", "https://evil.example", 401),
        ("/v1/chat/completions", "null", 401),
        ("/v1/nothing-here", APP, 401),
        ("/actuator/health", APP, 405),
        ("/index.html", APP, 404),
    ] {
        let refused = preflight(&gateway, path, origin).send().await.unwrap();
        assert_eq!(refused.status(), status, "{path} {origin}");
        let headers = refused.headers();
        assert!(!headers.contains_key("access-control-allow-methods"));
        let may_read = origin == APP && path.starts_with("/v1/");
        assert_eq!(
            headers.contains_key("access-control-allow-origin"),
            may_read,
            "{path} {origin}"
        );
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_star_is_everybody_and_never_with_credentials() {
    let gateway = open_to("*").await;
    let allowed = preflight(&gateway, "/v1/models", "https://anybody.example")
        .send()
        .await
        .unwrap();
    assert_eq!(allowed.status(), 204);
    assert_eq!(allowed.headers()["access-control-allow-origin"], "*");
    assert!(!allowed.headers().contains_key("vary"));
    assert!(
        !allowed
            .headers()
            .contains_key("access-control-allow-credentials")
    );
    gateway.finish().await;
}
