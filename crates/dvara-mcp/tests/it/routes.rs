//! Every path, with and without a key.

use dvara_store::Admin;
use dvara_types::TenantId;
use reqwest::Method;
use serde_json::Value;

use crate::harness::{Answered, TestMcp, answered};

/// Every governed path, whether something lives there, and whether its errors are those of JSON-RPC.
const GOVERNED: [(&str, bool, bool); 8] = [
    ("/mcp", true, true),
    ("/mcp/", true, true),
    ("/mcp/files", true, true),
    ("/mcp/files/tools/call", true, false),
    ("/mcp/files/initialize", true, false),
    ("/mcp/files/tools", false, true),
    ("/mcp/files/tools/call/more", false, true),
    ("/mcp//tools/call", false, true),
];

fn code(answer: &Value) -> String {
    let error = &answer["error"];
    let code = error["data"]["dvara_code"].as_str();
    code.or_else(|| error["code"].as_str())
        .unwrap()
        .to_ascii_uppercase()
}

fn is_json_rpc(answer: &Value) -> bool {
    answer["jsonrpc"] == "2.0" && answer["id"].is_null() && answer["error"]["code"].is_i64()
}

async fn ask(mcp: &TestMcp, method: Method, path: &str, key: Option<&str>) -> Answered {
    let mut request = mcp
        .request(method, path)
        .header("content-type", "application/json")
        .body("{}");
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    answered(request.send().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_gets_401_wherever_he_knocks_below_mcp() {
    let mcp = TestMcp::start().await;
    for (path, _, json_rpc) in GOVERNED.iter().filter(|(path, ..)| !path.contains("//")) {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            for (key, expected) in [
                (None, "MCP_AUTH_REQUIRED"),
                (
                    Some("gw_0000000000000000000000000000000000000000"),
                    "MCP_AUTH_INVALID",
                ),
                (Some("test-actuator-key"), "MCP_AUTH_INVALID"),
            ] {
                let answer = ask(&mcp, method.clone(), path, key).await;
                assert_eq!(
                    (answer.status, code(&answer.body)),
                    (401, expected.to_owned()),
                    "{method} {path}"
                );
                assert_eq!(is_json_rpc(&answer.body), *json_rpc, "{path}");
            }
        }
    }
    mcp.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_key_a_path_is_there_or_not_and_takes_post_alone() {
    let mcp = TestMcp::start().await;
    for (path, exists, json_rpc) in GOVERNED {
        for method in [Method::GET, Method::DELETE, Method::PUT] {
            let request = mcp.request(method.clone(), path).bearer_auth(&mcp.key);
            let response = request.send().await.unwrap();
            let allowed = response.headers().get("allow").cloned();
            let answer = answered(response).await;
            let expected = match (exists, path.contains("//")) {
                (_, true) => (400, "MCP_INVALID_PATH"),
                (true, _) => (405, "MCP_METHOD_NOT_ALLOWED"),
                (false, _) => (404, "MCP_NOT_FOUND"),
            };
            assert_eq!(
                (answer.status, code(&answer.body).as_str()),
                expected,
                "{path}"
            );
            assert_eq!(
                allowed.is_some_and(|value| value == "POST"),
                expected.0 == 405
            );
            assert_eq!(is_json_rpc(&answer.body), json_rpc, "{path}");
        }
    }
    mcp.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_paths_are_nowhere_for_everybody() {
    let mcp = TestMcp::start().await;
    for path in ["/", "/mcpx", "/v1/chat/completions", "/internal/x"] {
        for key in [None, Some(mcp.key.as_str())] {
            let answer = ask(&mcp, Method::POST, path, key).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.body["error"]["type"], "not_found_error");
        }
    }
    mcp.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_must_be_json_and_the_answer_wanted() {
    let mcp = TestMcp::start().await;
    for (name, value, status) in [
        ("content-type", "text/plain", 415),
        ("content-encoding", "gzip", 415),
        ("accept", "text/html", 406),
    ] {
        let mut request = mcp
            .request(Method::POST, "/mcp")
            .bearer_auth(&mcp.key)
            .body("{}");
        if name != "content-type" {
            request = request.header("content-type", "application/json");
        }
        let response = request.header(name, value).send().await.unwrap();
        assert_eq!(answered(response).await.status, status, "{name}");
    }
    mcp.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_judged_as_on_the_llm_plane() {
    let mcp = TestMcp::start().await;
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

    let llm = mcp.make_key("acme", "llm", &["completions:write"]).await;
    let refused = mcp.rpc("/mcp", &llm, call).await;
    assert_eq!(
        (refused.status, code(&refused.body).as_str()),
        (403, "MCP_SCOPE_MISSING")
    );
    for (name, scope) in [("lists", "mcp:list"), ("calls", "mcp:call")] {
        let key = mcp.make_key("acme", name, &[scope]).await;
        assert_eq!(mcp.rpc("/mcp", &key, call).await.status, 200, "{scope}");
    }

    mcp.make_tenant("late").await;
    let late = mcp.make_key("late", "late", &[]).await;
    let store = mcp.database.store().await;
    let admin = Admin::new(&store).acting_as("test");
    let tenant = TenantId::parse("late").unwrap();
    admin.suspend_tenant(&tenant, Some("unpaid")).await.unwrap();
    let suspended = dvara_testkit::eventually("the tenant is suspended", async || {
        let answer = mcp.rpc("/mcp", &late, call).await;
        (answer.status == 403).then_some(answer)
    })
    .await;
    assert_eq!(suspended.body["error"]["code"], -32_019);
    let message = suspended.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("unpaid"), "{message}");
    mcp.finish().await;
}
