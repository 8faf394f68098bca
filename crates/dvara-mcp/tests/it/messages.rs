//! What messages come to while no server is registered.

use serde_json::{Value, json};

use crate::harness::{Answered, TestMcp};

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

/// `id`, `code` and `dvara_code` of an answer.
fn told(answer: &Value) -> (Value, i64, &str) {
    assert_eq!(answer["jsonrpc"], "2.0", "{answer}");
    let error = &answer["error"];
    (
        answer["id"].clone(),
        error["code"].as_i64().unwrap(),
        error["data"]["dvara_code"].as_str().unwrap(),
    )
}

fn absent(id: impl Into<Value>) -> (Value, i64, &'static str) {
    (id.into(), -32_014, "MCP_SERVER_NOT_FOUND")
}

fn invalid(id: impl Into<Value>) -> (Value, i64, &'static str) {
    (id.into(), -32_600, "MCP_INVALID_REQUEST")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_told_under_its_own_id_that_no_server_is_registered() {
    let mcp = TestMcp::start().await;
    for method in [
        "initialize",
        "ping",
        "tools/list",
        "tools/call",
        "what/ever",
    ] {
        for id in [
            json!(1),
            json!("a\"b"),
            json!(-2.5),
            json!(9_007_199_254_740_993_u64),
        ] {
            for path in ["/mcp", "/mcp/code-search"] {
                let body =
                    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": {"x": 1}});
                let Answered { status, body } = mcp.rpc(path, &mcp.key, body.to_string()).await;
                assert_eq!((status, told(&body)), (200, absent(id.clone())), "{path}");
                let named = body["error"]["message"]
                    .as_str()
                    .unwrap()
                    .contains("`code-search`");
                assert_eq!(named, path != "/mcp", "{body}");
            }
        }
    }
    mcp.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_is_refused_with_the_codes_of_json_rpc() {
    let mcp = TestMcp::start().await;
    let parse = (Value::Null, -32_700, "MCP_PARSE_ERROR");
    for (body, expected) in [
        ("", parse.clone()),
        ("{\"jsonrpc\"", parse.clone()),
        ("not json", parse),
        ("{}", invalid(Value::Null)),
        ("[]", invalid(Value::Null)),
        ("7", invalid(Value::Null)),
        (
            r#"{"jsonrpc":"1.0","id":"x","method":"ping"}"#,
            invalid("x"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
            invalid(Value::Null),
        ),
        (r#"{"jsonrpc":"2.0","id":3,"method":{}}"#, invalid(3)),
    ] {
        let answer = mcp.rpc("/mcp", &mcp.key, body).await;
        assert_eq!(
            (answer.status, told(&answer.body)),
            (400, expected),
            "{body}"
        );
    }
    mcp.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_wants_no_answer_is_not_taken() {
    let mcp = TestMcp::start().await;
    for body in [
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        r#"[{"jsonrpc":"2.0","method":"notifications/initialized"}]"#,
    ] {
        let answer = mcp.rpc("/mcp", &mcp.key, body).await;
        assert_eq!(
            (answer.status, told(&answer.body)),
            (404, absent(Value::Null))
        );
    }
    mcp.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_of_a_batch_is_answered_and_a_batch_has_an_end() {
    let mcp = TestMcp::start().await;
    let notified = r#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#;
    let batch = format!("[{LIST},{notified},7]");
    let answer = mcp.rpc("/mcp", &mcp.key, batch).await;
    let answers: Vec<_> = answer.body.as_array().unwrap().iter().map(told).collect();
    assert_eq!(answer.status, 200);
    assert_eq!(answers, [absent(1), invalid(Value::Null)]);

    let long = |count: usize| format!("[{}]", vec![LIST; count].join(","));
    let most = mcp.rpc("/mcp", &mcp.key, long(100)).await;
    assert_eq!(most.body.as_array().unwrap().len(), 100);
    let more = mcp.rpc("/mcp", &mcp.key, long(101)).await;
    assert_eq!((more.status, told(&more.body)), (400, invalid(Value::Null)));
    mcp.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_form_has_the_errors_of_the_llm_plane() {
    let mcp = TestMcp::start().await;
    let call = r#"{"name":"read_file","arguments":{"path":"/data/file.txt"}}"#;
    for (body, status, code) in [
        (call, 404, "mcp_server_not_found"),
        ("", 400, "mcp_parse_error"),
        ("{", 400, "mcp_parse_error"),
    ] {
        let answer = mcp.rpc("/mcp/files/tools/call", &mcp.key, body).await;
        let error = &answer.body["error"];
        assert_eq!(
            (answer.status, error["code"].as_str()),
            (status, Some(code))
        );
        assert!(error["type"].is_string(), "{}", answer.body);
    }
    mcp.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_has_bounds() {
    let bounds = [("DVARA_MCP_GATEWAY_REQUEST_MAX_BODY_BYTES", "2000")];
    let mcp = TestMcp::start_with(&bounds, dvara_service::drain::DrainTiming::immediate()).await;
    let padded = |size: usize| format!("{LIST}{}", " ".repeat(size - LIST.len()));
    assert_eq!(mcp.rpc("/mcp", &mcp.key, padded(2_000)).await.status, 200);
    let larger = mcp.rpc("/mcp", &mcp.key, padded(2_001)).await;
    let expected = (Value::Null, -32_600, "MCP_TOO_LARGE");
    assert_eq!((larger.status, told(&larger.body)), (413, expected));
    mcp.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_what_they_came_to() {
    let mcp = TestMcp::start().await;
    for body in [LIST, LIST, "["] {
        mcp.rpc("/mcp", &mcp.key, body).await;
    }
    mcp.rpc("/mcp", "gw_nobody", LIST).await;
    let metrics = mcp.metrics().await;
    for line in [
        r#"mcp_requests_total{status="200",code="MCP_SERVER_NOT_FOUND"} 2"#,
        r#"mcp_requests_total{status="400",code="MCP_PARSE_ERROR"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    // The harness, too, has waited for its key with 401.
    assert!(metrics.contains(r#"status="401",code="MCP_AUTH_INVALID""#));
    mcp.finish().await;
}
