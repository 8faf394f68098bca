//! Answers that have to fit a registered schema.

use dvara_store::Admin;
use dvara_store::admin::NewOutputSchema;
use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::{Value, json};

use crate::harness::{TestGateway, hello, streamed};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_fit_is_refused_and_says_where() {
    let script = Script::cycle([Turn::chat(r#"{"age": "old"}"#), Turn::chat(r#"{"age": 5}"#)]);
    let vendor = FakeVendor::start(script).await;
    let gateway = TestGateway::before(&vendor).await;
    let store = gateway.database.store().await;
    let schema = json!({"type": "object", "properties": {"age": {"type": "integer"}}});
    let new = NewOutputSchema {
        model_pattern: Some("gpt-4o".to_owned()),
        schema,
        ..NewOutputSchema::default()
    };
    Admin::new(&store).create_output_schema(new).await.unwrap();
    let mut refused = None;
    for _ in 0..200 {
        let answer = gateway.chat(hello("gpt-4o")).await;
        if answer.status() == 422 {
            refused = Some(answer);
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let body: Value = refused
        .expect("the schema was never in force")
        .json()
        .await
        .unwrap();
    assert_eq!(body["error"]["code"], "schema_validation_failed");
    assert_eq!(body["error"]["type"], "schema_validation_error");
    let message = body["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("/age") && !message.contains("old"),
        "{message}"
    );
    // The vendor's answers take turns: the next one fits.
    assert_eq!(gateway.chat(hello("gpt-4o")).await.status(), 200);
    let invalid =
        r#"gateway_schema_validations_total{tenant="acme",model="gpt-4o",result="invalid"}"#;
    assert_eq!(gateway.metric(invalid).await, 1);
    // Streams are not held against it.
    assert_eq!(gateway.chat(streamed("gpt-4o")).await.status(), 200);
    assert_eq!(gateway.chat(hello("gpt-4o-mini")).await.status(), 200);
}
