//! Personal data and secrets in calls and answers, whole and streamed.

use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::{Value, json};

use crate::harness::{Setup, TestGateway, chats, error_code, hello, streamed};
use crate::streams::{call_of, heard, heard_call, stream_of};

const ACTION: &str = "DVARA_LLM_GATEWAY_PII_DEFAULT_ACTION";
const RESTORE: &str = "DVARA_LLM_GATEWAY_PII_AUTO_DETOKENIZE_RESPONSE";
const MAIL: &str = "jane.doe@example.com";

async fn gateway(vendor: &FakeVendor, settings: &[(&str, &str)]) -> TestGateway {
    let mut setup = Setup::new().vendor(vendor);
    for (name, value) in settings {
        setup = setup.env(name, value);
    }
    setup.start().await
}

fn saying(mut call: Value, text: &str) -> Value {
    call["messages"] = json!([{"role": "user", "content": text}]);
    call
}

/// What the vendor was told, as text.
fn told(vendor: &FakeVendor) -> String {
    let chats = chats(vendor);
    String::from_utf8(chats.last().unwrap().body.to_vec()).unwrap()
}

async fn content(answer: reqwest::Response) -> String {
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    body["choices"][0]["message"]["content"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_logged_goes_on_and_is_counted() {
    let vendor = FakeVendor::start(Script::new(Turn::chat(MAIL))).await;
    let gateway = gateway(&vendor, &[]).await;
    let answer = gateway.chat(saying(hello("gpt-4o"), MAIL)).await;
    assert_eq!(content(answer).await, MAIL);
    assert!(told(&vendor).contains(MAIL));
    let request = r#"gateway_pii_findings_total{type="EMAIL",action="LOG",source="request"}"#;
    let response = r#"gateway_pii_findings_total{type="EMAIL",action="LOG",source="response"}"#;
    assert_eq!(gateway.metric(request).await, 1);
    assert_eq!(gateway.metric(response).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_call_is_refused_and_goes_nowhere() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = gateway(&vendor, &[(ACTION, "BLOCK")]).await;
    for call in [hello("gpt-4o"), streamed("gpt-4o")] {
        let refused = gateway
            .chat(saying(
                call,
                &format!("I am {MAIL}, card 4111 1111 1111 1111"),
            ))
            .await;
        assert_eq!(refused.status(), 400);
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["error"]["code"], "pii_detected");
        assert_eq!(body["error"]["type"], "pii_violation");
        let message = body["error"]["message"].as_str().unwrap();
        assert!(
            message.contains("CREDIT_CARD, EMAIL") && !message.contains("jane"),
            "{message}"
        );
    }
    assert!(chats(&vendor).is_empty());
    let fine = gateway.chat(saying(hello("gpt-4o"), "nothing here")).await;
    assert_eq!(content(fine).await, "hi");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_redacted_never_reaches_the_vendor() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = gateway(&vendor, &[(ACTION, "REDACT")]).await;
    let mut call = hello("gpt-4o");
    call["messages"] = json!([
        {"role": "system", "content": "mail ops@example.com"},
        {"role": "user", "content": [{"type": "text", "text": format!("I am \"{MAIL}\"\n")}]},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function",
            "function": {"name": "look_up", "arguments": "{\"mail\":\"jane.doe@example.com\",\"card\":4111111111111111}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "SSN 078-05-1120"},
    ]);
    call["temperature"] = json!(0.7);
    let answer = gateway.chat(call).await;
    assert_eq!(content(answer).await, "hi");
    let told = told(&vendor);
    for leaked in ["example.com", "4111", "078-05"] {
        assert!(!told.contains(leaked), "{leaked} in {told}");
    }
    let body: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        body["messages"][1]["content"][0]["text"],
        "I am \"[REDACTED_EMAIL]\"\n"
    );
    let arguments = body["messages"][2]["tool_calls"][0]["function"]["arguments"]
        .as_str()
        .unwrap();
    let arguments: Value = serde_json::from_str(arguments).unwrap();
    assert_eq!(
        arguments,
        json!({"mail": "[REDACTED_EMAIL]", "card": "[REDACTED_CREDIT_CARD]"})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_goes_to_the_vendor_and_its_value_comes_back() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = gateway(&vendor, &[(ACTION, "TOKENIZE"), (RESTORE, "true")]).await;
    let answer = gateway
        .chat(saying(hello("gpt-4o"), &format!("mail {MAIL}")))
        .await;
    assert_eq!(content(answer).await, "hi");
    let told = told(&vendor);
    assert!(!told.contains(MAIL));
    let start = told.find("{{PII_EMAIL_").unwrap();
    let token = &told[start..start + told[start..].find("}}").unwrap() + 2];

    let split = [
        "I wrote to {",
        &token[1..9],
        &token[9..30],
        &token[30..],
        ".",
    ];
    let whole = Turn::chat(&format!("I wrote to {token}."));
    let repeating = FakeVendor::start(Script::new(whole).first(stream_of(&split))).await;
    // Another gateway of the same fleet reads what this one made.
    let other = Setup::new()
        .vendor(&repeating)
        .env(ACTION, "TOKENIZE")
        .env(RESTORE, "true")
        .beside(&gateway)
        .start()
        .await;
    let wanted = format!("I wrote to {MAIL}.");
    let first = other.chat(saying(streamed("gpt-4o"), "again")).await;
    assert_eq!(heard(first).await, (wanted.clone(), "stop".to_owned()));
    let second = other.chat(saying(hello("gpt-4o"), "again")).await;
    assert_eq!(content(second).await, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_stand_for_nothing_are_counted_in_the_head_of_the_answer() {
    let strange = format!(
        "ask {{{{PII_EMAIL_{}}}}} and {{{{PII_SSN_00}}}}",
        "0a".repeat(40)
    );
    let vendor = FakeVendor::start(Script::new(Turn::chat(&strange))).await;
    let restoring = gateway(&vendor, &[(RESTORE, "true")]).await;
    let answer = restoring.chat(hello("gpt-4o")).await;
    assert_eq!(answer.headers()["x-gateway-pii-unresolved"], "2");
    assert_eq!(content(answer).await, strange);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leak_in_a_whole_answer_is_refused_or_redacted() {
    let vendor = FakeVendor::start(Script::new(Turn::chat(&format!("ask {MAIL}")))).await;
    let blocking = gateway(&vendor, &[(ACTION, "BLOCK")]).await;
    assert_eq!(
        error_code(blocking.chat(hello("gpt-4o")).await).await,
        (400, "pii_detected".to_owned())
    );
    let redacting = gateway(&vendor, &[(ACTION, "REDACT")]).await;
    assert_eq!(
        content(redacting.chat(hello("gpt-4o")).await).await,
        "ask [REDACTED_EMAIL]"
    );
    let off = gateway(
        &vendor,
        &[
            (ACTION, "BLOCK"),
            ("DVARA_LLM_GATEWAY_PII_SCAN_RESPONSES", "false"),
        ],
    )
    .await;
    assert_eq!(
        content(off.chat(hello("gpt-4o")).await).await,
        format!("ask {MAIL}")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leak_in_a_stream_ends_it_or_is_redacted_across_any_pieces() {
    let pieces = [
        "Ask ja",
        "ne.doe@exam",
        "ple.com or call",
        " (212) 55",
        "5-0143 now, please.",
    ];
    let vendor = FakeVendor::start(Script::new(stream_of(&pieces))).await;
    let blocking = gateway(&vendor, &[(ACTION, "BLOCK")]).await;
    let (text, end) = heard(blocking.chat(streamed("gpt-4o")).await).await;
    assert_eq!((text.as_str(), end.as_str()), ("Ask ", "content_filter"));
    let row = &blocking.settled(1).await[0];
    let settled = ["outcome", "error_code", "status"].map(|column| row[column].clone());
    assert_eq!(
        settled,
        [json!("refused"), json!("pii_detected"), json!(200)]
    );
    let redacting = gateway(&vendor, &[(ACTION, "REDACT")]).await;
    let (text, end) = heard(redacting.chat(streamed("gpt-4o")).await).await;
    assert_eq!(
        text,
        "Ask [REDACTED_EMAIL] or call [REDACTED_PHONE_NUMBER] now, please."
    );
    assert_eq!(end, "stop");
    let counted =
        r#"gateway_pii_findings_total{type="PHONE_NUMBER",action="REDACT",source="response"}"#;
    assert_eq!(redacting.metric(counted).await, 1);
    let logging = gateway(&vendor, &[]).await;
    let (text, _) = heard(logging.chat(streamed("gpt-4o")).await).await;
    assert_eq!(text, pieces.concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_of_tools_are_searched_as_they_read() {
    let arguments = r#"{"to":"jane.doe\u0040example.com","line":"a\nb"}"#;
    let (first, rest) = arguments.split_at(14);
    let vendor = FakeVendor::start(Script::new(call_of(&[first, rest]))).await;
    let redacting = gateway(&vendor, &[(ACTION, "REDACT")]).await;
    let expected = r#"{"to":"[REDACTED_EMAIL]","line":"a\nb"}"#;
    assert_eq!(
        heard_call(redacting.chat(streamed("gpt-4o")).await).await,
        (expected.to_owned(), "tool_calls".to_owned())
    );
    let blocking = gateway(&vendor, &[(ACTION, "BLOCK")]).await;
    let (heard, end) = heard_call(blocking.chat(streamed("gpt-4o")).await).await;
    assert_eq!((heard.as_str(), end.as_str()), ("", "content_filter"));
    let logging = gateway(&vendor, &[]).await;
    let (heard, _) = heard_call(logging.chat(streamed("gpt-4o")).await).await;
    assert_eq!(heard, arguments);
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_nobody_can_read_end_a_stream_that_is_enforced() {
    let broken = call_of(&[r#"{"to":"x"#, r#"", "#]);
    let vendor = FakeVendor::start(Script::new(broken)).await;
    let enforcing = gateway(&vendor, &[(ACTION, "REDACT")]).await;
    let (heard, end) = heard_call(enforcing.chat(streamed("gpt-4o")).await).await;
    assert_eq!((heard.as_str(), end.as_str()), ("", "content_filter"));
    let row = &enforcing.settled(1).await[0];
    let settled = ["outcome", "error_code"].map(|column| row[column].clone());
    assert_eq!(
        settled,
        [json!("refused"), json!("tool_arguments_unenforceable")]
    );
    let logging = gateway(&vendor, &[]).await;
    let (heard, end) = heard_call(logging.chat(streamed("gpt-4o")).await).await;
    assert_eq!(
        (heard.as_str(), end.as_str()),
        (r#"{"to":"x", "#, "tool_calls")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_only_logged_is_relayed_byte_for_byte() {
    let vendor = FakeVendor::start(Script::new(stream_of(&["jane.doe@exam", "ple.com"]))).await;
    let watching = gateway(&vendor, &[]).await;
    let off = gateway(&vendor, &[("DVARA_LLM_GATEWAY_PII_ENABLED", "false")]).await;
    let seen = watching
        .chat(streamed("gpt-4o"))
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(
        seen,
        off.chat(streamed("gpt-4o")).await.text().await.unwrap()
    );
    let counted = r#"gateway_pii_findings_total{type="EMAIL",action="LOG",source="response"}"#;
    assert_eq!(watching.metric(counted).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_own_rules_are_in_force_for_it_alone() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = gateway(&vendor, &[]).await;
    let own = json!({"pii.action": "REDACT", "pii.custom-patterns": {"staff id": "\\bEMP-[0-9]{6}\\b", "endless": "a+"}});
    let key = gateway.tenant_key("careful", own).await;
    let call = saying(hello("gpt-4o"), &format!("EMP-123456 is {MAIL}"));
    let answer = gateway.chat_as(&key, call.clone()).await;
    assert_eq!(content(answer).await, "hi");
    assert!(
        told(&vendor).contains("[REDACTED_STAFF_ID] is [REDACTED_EMAIL]"),
        "{}",
        told(&vendor)
    );
    gateway.chat(call).await;
    assert!(told(&vendor).contains(&format!("EMP-123456 is {MAIL}")));
    let status = gateway.status_page().await.to_string();
    assert!(
        status.contains("pii.custom-patterns.endless"),
        "a pattern that is not in force is named: {status}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn inputs_of_embeddings_are_searched_too() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = gateway(&vendor, &[(ACTION, "REDACT")]).await;
    let call = json!({"model": "text-embedding-3-small", "input": [MAIL, "plain"]});
    let answer = gateway
        .http
        .post(format!("{}/v1/embeddings", gateway.url))
        .bearer_auth(&gateway.key)
        .json(&call)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let sent = vendor.requests().last().unwrap().json();
    assert_eq!(sent["input"], json!(["[REDACTED_EMAIL]", "plain"]));
}
