//! Calls that name a prompt template.

use dvara_governance::template::TemplateStatus;
use dvara_store::Admin;
use dvara_store::admin::NewPromptTemplate;
use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::{Value, json};

use crate::harness::{TestGateway, chats, error_code, hello};

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_filled_in_before_the_messages_or_the_call_refused() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("hi"))).await;
    let gateway = TestGateway::before(&vendor).await;
    let store = gateway.database.store().await;
    let admin = Admin::new(&store);
    let new = |name: &str| NewPromptTemplate {
        name: name.to_owned(),
        system_prompt: Some("Speak like {{ who }}.".to_owned()),
        user_prompt: "I am {{name}}.".to_owned(),
        ..NewPromptTemplate::default()
    };
    let template = admin.create_prompt_template(new("greeting")).await.unwrap();
    let draft = admin.create_prompt_template(new("draft")).await.unwrap();
    admin
        .set_prompt_template_status(&template.id, TemplateStatus::Active)
        .await
        .unwrap();
    let naming = |id: &str, variables: Value| {
        let mut call = hello("gpt-4o");
        call["metadata"] =
            json!({"team": "a", "prompt_template_id": id, "prompt_variables": variables});
        call
    };
    let filled = naming(
        template.id.as_str(),
        json!({"who": "a \"pirate\"", "name": "Ada {{who}}"}),
    );
    for _ in 0..200 {
        if gateway.chat(filled.clone()).await.status() == 200 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let told = chats(&vendor).last().unwrap().json();
    assert_eq!(
        told["messages"],
        json!([
            {"role": "system", "content": "Speak like a \"pirate\"."},
            {"role": "user", "content": "I am Ada {{who}}."},
            {"role": "user", "content": "Hello!"},
        ])
    );
    let metadata = json!({"team": "a", "resolved_template_id": template.id.as_str(), "resolved_template_version": "1"});
    assert_eq!(told["metadata"], metadata);
    for (call, status, code) in [
        (
            naming(template.id.as_str(), json!({"who": "x"})),
            400,
            "prompt_variable_missing",
        ),
        (
            naming(draft.id.as_str(), json!({})),
            400,
            "prompt_template_not_active",
        ),
        (
            naming("prm_nobody", json!({})),
            404,
            "prompt_template_not_found",
        ),
        (
            naming(template.id.as_str(), json!([])),
            400,
            "invalid_request",
        ),
    ] {
        assert_eq!(
            error_code(gateway.chat(call).await).await,
            (status, code.to_owned())
        );
    }
}
