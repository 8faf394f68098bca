//! A classifier, a guardrail plugin and Presidio beside the rules: what they are asked, what their answers do, and what happens
//! without one.

use dvara_crypto::mac::hmac_sha256;
use dvara_testkit::vendor::{FakeVendor, Received, Script, Turn};
use serde_json::{Value, json};

use crate::harness::{Setup, TestGateway, chats, error_code, hello};

const PII_ACTION: &str = "DVARA_LLM_GATEWAY_PII_DEFAULT_ACTION";
const CLASSIFIER: &str = "DVARA_LLM_GATEWAY_GUARDRAIL_ML_CLASSIFIER_";
const PLUGIN: &str = "DVARA_LLM_GATEWAY_GUARDRAIL_PLUGIN_";
const SECRET: &str = "the plugin's secret";

/// A vendor that says hi, and a service that answers everything with this.
struct Outside {
    vendor: FakeVendor,
    service: FakeVendor,
}

impl Outside {
    async fn answering(turn: Turn) -> Self {
        Self {
            vendor: FakeVendor::start(Script::new(Turn::chat("hi"))).await,
            service: FakeVendor::start(Script::new(turn)).await,
        }
    }

    async fn saying(answer: Value) -> Self {
        Self::answering(Turn::status(200, &answer.to_string())).await
    }

    async fn gateway(&self, settings: &[(String, &str)]) -> TestGateway {
        let mut setup = Setup::new().vendor(&self.vendor);
        for (name, value) in settings {
            setup = setup.env(name, value);
        }
        setup.start().await
    }

    async fn classified(&self, settings: &[(&str, &str)]) -> TestGateway {
        let url = format!("{}/classify", self.url());
        let own = [("ENABLED", "true"), ("ENDPOINT", &url), ("API_KEY", "key")];
        self.gateway(&named(CLASSIFIER, own.iter().chain(settings)))
            .await
    }

    async fn plugged(&self, settings: &[(&str, &str)]) -> TestGateway {
        let url = format!("{}/judge", self.url());
        let own = [("ENDPOINT", &*url), ("SECRET", SECRET)];
        self.gateway(&named(PLUGIN, own.iter().chain(settings)))
            .await
    }

    async fn with_presidio(&self, action: &str) -> TestGateway {
        let presidio = "DVARA_LLM_GATEWAY_PII_";
        let url = self.url();
        let own = [("PROVIDER", "presidio"), ("PRESIDIO_ENDPOINT", url)];
        let mut settings = named(presidio, own.iter());
        settings.push((PII_ACTION.to_owned(), action));
        self.gateway(&settings).await
    }

    fn url(&self) -> &str {
        self.service.url().trim_end_matches("/v1")
    }

    fn asked(&self) -> Vec<Received> {
        self.service.requests()
    }

    /// The user's text as the vendor was told it last.
    fn told(&self) -> String {
        let call = chats(&self.vendor).last().unwrap().json();
        call["messages"][0]["content"].as_str().unwrap().to_owned()
    }
}

fn named<'v>(
    prefix: &str,
    settings: impl Iterator<Item = &'v (&'v str, &'v str)>,
) -> Vec<(String, &'v str)> {
    let name = |(name, value): &(&str, &'v str)| (format!("{prefix}{name}"), *value);
    settings.map(name).collect()
}

fn asking(text: &str) -> Value {
    let mut call = hello("gpt-4o");
    call["messages"][0]["content"] = text.into();
    call
}

async fn said(answer: reqwest::Response) -> String {
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    let said = &body["choices"][0]["message"]["content"];
    said.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_classifier_is_sure_of_is_flagged_and_it_is_asked_once_for_a_text() {
    let detections = json!({"detections": [{"category": "injection", "label": "sneaky", "score": 0.93}, {"category": "sexual", "score": 0.4}]});
    let outside = Outside::saying(detections).await;
    let gateway = outside.classified(&[]).await;
    for _ in 0..2 {
        let answer = gateway.chat(asking("Harmless to rules.")).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["x-gateway-guardrail-flagged"], "INJECTION");
    }
    let asked = outside.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].path, "/classify");
    assert_eq!(asked[0].header("authorization"), Some("Bearer key"));
    assert_eq!(asked[0].json(), json!({"texts": ["Harmless to rules."]}));
    let scans = r#"gateway_ml_classifier_scans_total{provider="generic",flagged="true"}"#;
    assert_eq!(gateway.metric(scans).await, 2);
    let found =
        r#"gateway_ml_guardrail_total{provider="generic",category="injection",action="FLAG"}"#;
    assert_eq!(gateway.metric(found).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_classifier_calls_go_on_or_not_as_set_and_it_is_left_alone() {
    let outside = Outside::answering(Turn::status(500, "{}")).await;
    let open = outside.classified(&[]).await;
    for number in 0..8 {
        assert_eq!(open.chat(asking(&number.to_string())).await.status(), 200);
    }
    assert_eq!(outside.asked().len(), 5, "its breaker opens");
    let failures = |reason| {
        format!(r#"gateway_outside_failures_total{{service="classifier",reason="{reason}"}}"#)
    };
    assert_eq!(open.metric(&failures("failed")).await, 5);
    assert_eq!(open.metric(&failures("paused")).await, 3);
    let warnings = open.status_page().await["warnings"].to_string();
    assert!(warnings.contains("The classifier fails"), "{warnings}");

    let closed = outside.classified(&[("ON_FAILURE", "closed")]).await;
    let refused = closed.chat(asking("Hello")).await;
    let expected = (500, "guardrail_classifier_error".to_owned());
    assert_eq!(error_code(refused).await, expected);
    assert_eq!(chats(&outside.vendor).len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_blocks_is_not_fooled_by_a_classifiers_silence() {
    let outside = Outside::saying(json!("no verdict")).await;
    let gateway = outside.classified(&[]).await;
    let settings = json!({"guardrail.classifier-action": "BLOCK"});
    let key = gateway.tenant_key("wary", settings).await;
    let refused = gateway.chat_as(&key, asking("Hello")).await;
    assert_eq!(error_code(refused).await.0, 500);
    assert_eq!(gateway.chat(asking("Hello")).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plugin_sees_a_signed_question_and_its_word_stands() {
    let verdict =
        json!({"action": "BLOCK", "category": "topic-restriction", "reason": "a secret project"});
    let outside = Outside::saying(verdict).await;
    let gateway = outside.plugged(&[("NAME", "acme-judge")]).await;
    let refused = gateway.chat(asking("What is Zephyr?")).await;
    assert_eq!(refused.status(), 403);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "guardrail_blocked");
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("TOPIC_RESTRICTION"), "{message}");
    assert!(chats(&outside.vendor).is_empty());
    let asked = &outside.asked()[0];
    let expected = json!({"phase": "request", "tenant": "acme", "model": "gpt-4o", "texts": ["What is Zephyr?"]});
    assert_eq!(asked.json(), expected);
    let tag = hmac_sha256(SECRET.as_bytes(), &asked.body);
    let digits: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    let signature = asked.header("x-gateway-signature").unwrap();
    assert_eq!(signature, format!("sha256={digits}"));
    let counted = r#"gateway_plugin_guardrail_total{plugin="acme-judge",category="topic-restriction",action="BLOCK"}"#;
    assert_eq!(gateway.metric(counted).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plugin_may_flag_or_allow_and_is_told_nothing_that_is_replaced() {
    let outside = Outside::saying(json!({"action": "FLAG"})).await;
    let url = format!("{}/judge", outside.url());
    let own = [("ENDPOINT", &*url), ("SECRET", SECRET)];
    let mut settings = named(PLUGIN, own.iter());
    settings.push((PII_ACTION.to_owned(), "REDACT"));
    let gateway = outside.gateway(&settings).await;
    let answer = gateway.chat(asking("I am jane.doe@example.com")).await;
    assert_eq!(answer.headers()["x-gateway-guardrail-flagged"], "CUSTOM");
    let told = outside.asked()[0].json();
    assert_eq!(told["texts"], json!(["I am [REDACTED_EMAIL]"]));

    let outside = Outside::saying(json!({"action": "ALLOW"})).await;
    let answer = outside.plugged(&[]).await.chat(asking("Hello")).await;
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key("x-gateway-guardrail-flagged"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_plugin_nothing_passes_unless_it_is_set_so() {
    let outside = Outside::answering(Turn::silence()).await;
    let closed = outside.plugged(&[("TIMEOUT_SECONDS", "1")]).await;
    let refused = closed.chat(asking("Hello")).await;
    let expected = (500, "guardrail_plugin_error".to_owned());
    assert_eq!(error_code(refused).await, expected);
    assert!(chats(&outside.vendor).is_empty());
    let open = [("TIMEOUT_SECONDS", "1"), ("ON_FAILURE", "open")];
    let open = outside.plugged(&open).await;
    assert_eq!(open.chat(asking("Hello")).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn presidio_finds_what_no_rule_knows_in_calls_and_answers() {
    let person = json!([{"entity_type": "PERSON", "start": 7, "end": 10, "score": 0.85}]);
    let outside = Outside::saying(person).await;
    let gateway = outside.with_presidio("REDACT").await;
    let answer = gateway.chat(asking("Grüße, Ada, a@example.com")).await;
    assert_eq!(
        outside.told(),
        "Grüße, [REDACTED_PERSON_NAME], [REDACTED_EMAIL]"
    );
    assert_eq!(
        said(answer).await,
        "hi",
        "places that an answer does not have are nothing"
    );
    let asked = outside.asked();
    assert_eq!(asked.len(), 2, "one text of the call, one of the answer");
    assert_eq!(asked[0].path, "/analyze");
    let expected =
        json!({"text": "Grüße, Ada, a@example.com", "language": "en", "score_threshold": 0.5});
    assert_eq!(asked[0].json(), expected);
    gateway.chat(asking("Grüße, Ada, a@example.com")).await;
    assert_eq!(outside.asked().len(), 2, "what was asked once is known");

    let name = json!([{"entity_type": "PERSON", "start": 0, "end": 2, "score": 0.85}]);
    let outside = Outside::saying(name).await;
    let answer = outside
        .with_presidio("REDACT")
        .await
        .chat(asking("Hello"))
        .await;
    assert_eq!(said(answer).await, "[REDACTED_PERSON_NAME]");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_presidio_nothing_passes_that_must_not_go_on_unless_its_tenant_says_so() {
    let outside = Outside::answering(Turn::status(503, "")).await;
    let redacting = outside.with_presidio("REDACT").await;
    let refused = redacting.chat(asking("I am a@example.com")).await;
    let expected = (503, "pii_detector_unavailable".to_owned());
    assert_eq!(error_code(refused).await, expected);
    assert!(chats(&outside.vendor).is_empty());
    let settings = json!({"pii.degraded-action": "LOG"});
    let key = redacting.tenant_key("bold", settings).await;
    let answer = redacting.chat_as(&key, asking("I am a@example.com")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(outside.told(), "I am [REDACTED_EMAIL]");

    let logging = outside.with_presidio("LOG").await;
    assert_eq!(
        logging.chat(asking("I am a@example.com")).await.status(),
        200
    );
}
