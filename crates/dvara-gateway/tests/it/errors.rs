//! Vendors' failures, and calls that are wrong.

use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::{Value, json};

use crate::harness::{TestGateway, chats, error_code, hello, streamed};

#[tokio::test(flavor = "multi_thread")]
async fn a_vendors_failure_becomes_the_code_of_the_table() {
    for (turn, expected) in [
        (
            Turn::error(400, "bad temperature", "invalid"),
            (400, "provider_rejected_request"),
        ),
        (
            Turn::error(404, "no such model", "model_not_found"),
            (400, "provider_rejected_request"),
        ),
        (
            Turn::error(413, "too long", "too_long"),
            (400, "provider_rejected_request"),
        ),
        (
            Turn::error(422, "unprocessable", "x"),
            (400, "provider_rejected_request"),
        ),
        (
            Turn::error(401, "key sk-test is wrong", "invalid_api_key"),
            (502, "provider_error"),
        ),
        (Turn::error(403, "forbidden", "x"), (502, "provider_error")),
        (Turn::error(500, "boom", "x"), (502, "provider_error")),
        (Turn::error(529, "overloaded", "x"), (502, "provider_error")),
        (
            Turn::html(502, "<html>bad gateway</html>"),
            (502, "provider_error"),
        ),
        (
            Turn::html(200, "<html>hello</html>"),
            (502, "provider_error"),
        ),
        (
            Turn::status(200, "{\"choices\":[]}"),
            (502, "provider_error"),
        ),
        (Turn::status(200, "{\"choices\":"), (502, "provider_error")),
        (
            Turn::error(429, "slow down", "rate_limit_exceeded").header("retry-after", "7"),
            (429, "provider_rate_limited"),
        ),
    ] {
        let vendor = FakeVendor::start(Script::new(turn)).await;
        let gateway = TestGateway::before(&vendor).await;
        for call in [hello("gpt-4o"), streamed("gpt-4o")] {
            let response = gateway.chat(call).await;
            if expected.0 == 429 {
                assert_eq!(response.headers()["retry-after"], "7");
            }
            let (status, code) = error_code(response).await;
            assert_eq!((status, code.as_str()), expected);
        }
        gateway.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendors_text_is_kept_where_it_helps_and_its_secrets_never_are() {
    let text = "model is wrong for key sk-abcdefghijklmnop";
    for (status, kept) in [(400, true), (401, false), (500, false)] {
        let vendor = FakeVendor::start(Script::new(Turn::error(status, text, "x"))).await;
        let gateway = TestGateway::before(&vendor).await;
        let body: Value = gateway.chat(hello("gpt-4o")).await.json().await.unwrap();
        let message = body["error"]["message"].as_str().unwrap();
        assert_eq!(message.contains("model is wrong"), kept, "{message}");
        assert!(!message.contains("abcdefgh"), "{message}");
        gateway.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_is_not_there_is_its_fault_and_not_the_callers() {
    let vendor = FakeVendor::start(Script::default()).await;
    let gateway = TestGateway::before(&vendor).await;
    drop(vendor);
    assert_eq!(
        error_code(gateway.chat(hello("gpt-4o")).await).await,
        (502, "provider_error".to_owned())
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_call_is_refused_before_the_vendor_hears_of_it() {
    let vendor = FakeVendor::start(Script::default()).await;
    let gateway = TestGateway::before(&vendor).await;
    let deep = format!(
        r#"{{"model":"gpt-4o","messages":[{{"role":"user","content":{}}}]}}"#,
        "[".repeat(100_000)
    );
    let bodies: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "invalid_json"),
        (b"{".to_vec(), "invalid_json"),
        (b"[]".to_vec(), "invalid_json"),
        (br#"{"messages":[{"role":"user","content":"x"}]}"#.to_vec(), "validation_error"),
        (br#"{"model":"  ","messages":[{"role":"user","content":"x"}]}"#.to_vec(), "validation_error"),
        (br#"{"model":"gpt-4o"}"#.to_vec(), "validation_error"),
        (br#"{"model":"gpt-4o","messages":[]}"#.to_vec(), "validation_error"),
        (br#"{"model":"gpt-4o","mod\u0065l":"gpt-3","messages":[{"role":"user","content":"x"}]}"#.to_vec(), "invalid_request"),
        (b"{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}".to_vec(), "invalid_json"),
        (deep.into_bytes(), "invalid_json"),
        (json!({"model":"gpt-4o","messages":[{"role":"user","content":"x"}],"response_format":{"type":"yaml"}}).to_string().into_bytes(), "invalid_request"),
        (json!({"model":"gpt-4o","messages":[{"role":"user","content":"x"}],"metadata":{"prompt_experiment_id":"t"}}).to_string().into_bytes(), "unsupported_capability"),
        (hello("gemini-3").to_string().into_bytes(), "no_provider"),
    ];
    for (body, expected) in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(90)]).into_owned();
        let (status, code) = error_code(gateway.raw_chat(body).send().await.unwrap()).await;
        assert_eq!((status, code.as_str()), (400, expected), "{shown}");
    }
    assert!(chats(&vendor).is_empty());
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_json_is_named_by_line_and_path() {
    let gateway = TestGateway::start().await;
    let body =
        "{\"model\": \"gpt-4o\",\n \"messages\": [{\"role\": \"user\"},\n {\"role\": nope}]}";
    let answer: Value = gateway
        .raw_chat(body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("line 3") && message.contains("messages[1]"),
        "{message}"
    );
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_methods_and_media_types_have_their_codes() {
    let gateway = TestGateway::start().await;
    let chat = format!("{}/v1/chat/completions", gateway.url);
    let auth = |call: reqwest::RequestBuilder| call.bearer_auth(&gateway.key);
    let got = auth(gateway.http.get(&chat)).send().await.unwrap();
    assert_eq!(got.headers()["allow"], "POST");
    assert_eq!(
        error_code(got).await,
        (405, "method_not_allowed".to_owned())
    );
    let cases = [
        (
            auth(gateway.get("/v1/nothing")),
            (404, "resource_not_found"),
        ),
        (gateway.get("/nothing"), (404, "not_found")),
        (
            auth(
                gateway
                    .http
                    .post(&chat)
                    .header("content-type", "text/plain")
                    .body("x"),
            ),
            (415, "unsupported_media_type"),
        ),
        (
            auth(gateway.http.post(&chat).body("x")),
            (415, "unsupported_media_type"),
        ),
        (
            gateway.raw_chat("{}").header("content-encoding", "gzip"),
            (415, "unsupported_media_type"),
        ),
        (
            gateway.raw_chat("{}").header("accept", "image/png"),
            (406, "not_acceptable"),
        ),
    ];
    for (call, expected) in cases {
        let (status, code) = error_code(call.send().await.unwrap()).await;
        assert_eq!((status, code.as_str()), expected);
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_actuator_opens_to_its_two_keys_only() {
    use crate::harness::{ACTUATOR_KEY, METRICS_KEY};
    let gateway = TestGateway::start().await;
    let status = async |path: &str, key: Option<&str>| {
        let call = gateway.get(path);
        let call = match key {
            Some(key) => call.bearer_auth(key),
            None => call,
        };
        call.send().await.unwrap().status().as_u16()
    };
    for path in [
        "/actuator/health",
        "/actuator/health/liveness",
        "/actuator/health/readiness",
        "/actuator/info",
    ] {
        assert_eq!(status(path, None).await, 200, "{path}");
    }
    for (path, api, metrics) in [
        ("/actuator/gateway-status", 200, 401),
        ("/actuator/prometheus", 401, 200),
        ("/actuator", 404, 401),
        ("/actuator/env", 404, 401),
        ("/actuator/health/gatewayReadiness", 200, 401),
    ] {
        assert_eq!(status(path, None).await, 401, "{path}");
        assert_eq!(status(path, Some(ACTUATOR_KEY)).await, api, "{path}");
        assert_eq!(status(path, Some(METRICS_KEY)).await, metrics, "{path}");
    }
    assert_eq!(gateway.chat(hello("mock/x")).await.status(), 200);
    gateway.settled(1).await;
    let metrics = gateway
        .get("/actuator/prometheus")
        .bearer_auth(METRICS_KEY)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let line = "gateway_requests_total{tenant=\"acme\",model=\"mock/x\",provider=\"mock\",status=\"200\",region=\"unknown\"} 1";
    assert!(metrics.contains(line), "{metrics}");
    assert!(
        metrics.contains("gateway_latency_seconds_bucket"),
        "dashboards need a real histogram"
    );
    gateway.finish().await;
}
