//! Whatever a vendor does wrong, in every dialect: the defined answer, and never a clean end of what was cut.

use std::time::Duration;

use bytes::Bytes;
use dvara_testkit::vendor::{FakeVendor, Script, Turn};
use serde_json::{Value, json};

use crate::harness::{Setup, TestGateway, chats, error_code, hello, streamed};

/// A vendor's dialect: a model that leads to it, and how it says things.
struct Dialect {
    model: &'static str,
    /// A stream that begins with these bytes of text, its last event cut off after them.
    begun: fn(&[u8]) -> Bytes,
    /// A whole answer with this text.
    whole: fn(&str) -> Value,
}

/// Those that the fake vendor itself speaks come first.
const DIALECTS: [Dialect; 6] = [
    Dialect {
        model: "gpt-4o",
        begun: |text| {
            let open = br#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":"Hi "}}]}

data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":""#;
            [open, text].concat().into()
        },
        whole: |text| {
            json!({"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": [
                {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            ]})
        },
    },
    Dialect {
        model: "claude-sonnet-4-5",
        begun: |text| {
            let open = br#"event: message_start
data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi "}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""#;
            [open, text].concat().into()
        },
        whole: |text| {
            json!({"id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
                   "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": null,
                   "usage": {"input_tokens": 3, "output_tokens": 1}})
        },
    },
    Dialect {
        model: "mistral-large-latest",
        begun: |text| {
            let open = br#"data: {"id":"m","object":"chat.completion.chunk","created":1,"model":"mistral-large-latest","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi "},"finish_reason":null}]}

data: {"id":"m","object":"chat.completion.chunk","created":1,"model":"mistral-large-latest","choices":[{"index":0,"delta":{"content":""#;
            [open, text].concat().into()
        },
        whole: |text| {
            json!({"id": "m", "object": "chat.completion", "created": 1, "model": "mistral-large-latest", "choices": [
                {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            ], "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}})
        },
    },
    Dialect {
        model: "gemini-2.5-flash",
        begun: |text| {
            let open = br#"data: {"candidates":[{"content":{"parts":[{"text":"Hi "}],"role":"model"},"index":0}],"modelVersion":"gemini-2.5-flash","responseId":"r"}

data: {"candidates":[{"content":{"parts":[{"text":""#;
            [open, text].concat().into()
        },
        whole: |text| {
            json!({"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": "STOP", "index": 0}],
                   "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1, "totalTokenCount": 4},
                   "modelVersion": "gemini-2.5-flash", "responseId": "r"})
        },
    },
    Dialect {
        model: "command-a-03-2025",
        begun: |text| {
            let open = br#"event: message-start
data: {"type":"message-start","id":"c","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}

event: content-start
data: {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}

event: content-delta
data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Hi "}}}}

event: content-delta
data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":""#;
            [open, text].concat().into()
        },
        whole: |text| {
            json!({"id": "c", "finish_reason": "COMPLETE",
                   "message": {"role": "assistant", "content": [{"type": "text", "text": text}]},
                   "usage": {"tokens": {"input_tokens": 3, "output_tokens": 1}}})
        },
    },
    Dialect {
        model: "bedrock/amazon.nova-pro-v1:0",
        begun: |text| {
            let delta = |text: &[u8]| {
                let open = br#"{"contentBlockIndex":0,"delta":{"text":""#;
                frame(&[open, text, br#""}}"#].concat())
            };
            let mut last = delta(text);
            last.truncate(last.len() - 6);
            [delta(b"Hi "), last].concat().into()
        },
        whole: |text| {
            json!({"output": {"message": {"role": "assistant", "content": [{"text": text}]}}, "stopReason": "end_turn",
                   "usage": {"inputTokens": 3, "outputTokens": 1, "totalTokens": 4}, "metrics": {"latencyMs": 5}})
        },
    },
];

/// A piece of text as Bedrock frames it (Amazon Transcribe, Event stream encoding).
fn frame(payload: &[u8]) -> Vec<u8> {
    let header = |name: &str, value: &str| {
        let size = u16::try_from(value.len()).unwrap().to_be_bytes();
        let length = u8::try_from(name.len()).unwrap();
        [&[length], name.as_bytes(), &[7], &size, value.as_bytes()].concat()
    };
    let headers = [
        header(":event-type", "contentBlockDelta"),
        header(":content-type", "application/json"),
        header(":message-type", "event"),
    ]
    .concat();
    let size = |bytes: usize| u32::try_from(bytes).unwrap().to_be_bytes();
    let mut frame = [
        size(16 + headers.len() + payload.len()),
        size(headers.len()),
    ]
    .concat();
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend([&headers, payload].concat());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// With a provider of each dialect at a fake vendor.
fn before(vendor: &FakeVendor) -> Setup {
    let mut setup = Setup::new().vendor(vendor);
    for name in ["MISTRAL", "GEMINI", "COHERE"] {
        setup = setup
            .env(&format!("{name}_API_KEY"), "test")
            .env(&format!("{name}_BASE_URL"), vendor.url());
    }
    setup
        .env("BEDROCK_ENABLED", "true")
        .env("AWS_BEARER_TOKEN_BEDROCK", "test")
        .env("BEDROCK_BASE_URL", vendor.url())
}

/// A gateway that tries everything once and does not wait for long.
async fn impatient(vendor: &FakeVendor) -> TestGateway {
    impatient_of(before(vendor)).start().await
}

/// Without retries and with short limits.
fn impatient_of(setup: Setup) -> Setup {
    setup
        .env("DVARA_LLM_GATEWAY_RESILIENCE_RETRY_MAX_ATTEMPTS", "1")
        .env(
            "DVARA_LLM_GATEWAY_RESILIENCE_TIMEOUT_CHAT_TIMEOUT_MS",
            "300",
        )
        .env(
            "DVARA_LLM_GATEWAY_RESILIENCE_TIMEOUT_FIRST_BYTE_TIMEOUT_MS",
            "300",
        )
        .env(
            "DVARA_LLM_GATEWAY_RESILIENCE_TIMEOUT_IDLE_TIMEOUT_MS",
            "300",
        )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_before_the_answer_has_its_error_in_every_dialect() {
    let garbage = Turn::status(200, "{\"choices\":[{\"content\":[{");
    let failed = (502, "provider_error");
    for (name, turn, expected) in [
        (
            "429",
            Turn::error(429, "x", "x").header("retry-after", "7"),
            (429, "provider_rate_limited"),
        ),
        ("500", Turn::error(500, "x", "x"), failed),
        ("529", Turn::error(529, "x", "x"), failed),
        ("hang before the head", Turn::silence(), failed),
        (
            "cut before the first byte",
            Turn::pieces(["x"]).cut_after(0),
            failed,
        ),
        ("garbage", garbage, failed),
        ("page", Turn::html(503, "<html>down</html>"), failed),
        (
            "page behind a 200",
            Turn::html(200, "<html>up</html>"),
            failed,
        ),
        ("nothing", Turn::status(200, ""), failed),
        ("another shape", Turn::status(200, "{\"ok\":true}"), failed),
    ] {
        let vendor = FakeVendor::start(Script::new(turn)).await;
        let gateway = impatient(&vendor).await;
        for dialect in &DIALECTS {
            for call in [hello(dialect.model), streamed(dialect.model)] {
                let response = gateway.chat(call).await;
                if expected.0 == 429 {
                    assert_eq!(response.headers()["retry-after"], "7");
                }
                let (status, code) = error_code(response).await;
                assert_eq!(
                    (status, code.as_str()),
                    expected,
                    "{name} {}",
                    dialect.model
                );
            }
        }
        // A vendor that asks to be left alone is not asked by the second call.
        let each = if expected.0 == 429 { 1 } else { 2 };
        assert_eq!(chats(&vendor).len(), each * DIALECTS.len(), "{name}");
        gateway.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_ends_with_an_error_in_every_dialect() {
    for dialect in &DIALECTS {
        let half_a_letter = (dialect.begun)(&"ü".as_bytes()[..1]);
        let unfinished = (dialect.begun)(b"and");
        let (whole_events, _) = unfinished.split_at(find_last_event(&unfinished));
        let whole_events = Bytes::copy_from_slice(whole_events);
        for (name, turn) in [
            (
                "hang between chunks",
                Turn::pieces([
                    whole_events.clone(),
                    Bytes::from_static(b": still here\n\n"),
                ])
                .pieces_every(Duration::from_secs(30)),
            ),
            (
                "cut between events",
                Turn::pieces([whole_events.clone(), whole_events.clone()]).cut_after(1),
            ),
            (
                "cut within an event",
                Turn::pieces([unfinished.clone(), unfinished.clone()]).cut_after(1),
            ),
            (
                "half a letter",
                Turn::pieces([half_a_letter.clone(), half_a_letter.clone()]).cut_after(1),
            ),
            (
                "a clean end too early",
                Turn::pieces([whole_events.clone()]),
            ),
            ("a clean end in a letter", Turn::pieces([half_a_letter])),
            (
                "garbage",
                Turn::pieces([
                    whole_events.clone(),
                    Bytes::from_static(b"data: {\"choices\":[{\n\n"),
                ]),
            ),
            (
                "a page",
                Turn::pieces([
                    whole_events.clone(),
                    Bytes::from_static(b"data: <html>\n\n"),
                ]),
            ),
        ] {
            let vendor = FakeVendor::start(Script::new(turn)).await;
            let gateway = impatient(&vendor).await;
            let response = gateway.chat(streamed(dialect.model)).await;
            assert_eq!(response.status(), 200, "{name} {}", dialect.model);
            let text = response.text().await.unwrap();
            assert!(text.contains("Hi "), "{name} {}: {text}", dialect.model);
            assert!(!text.contains("[DONE]"), "{name} {}: {text}", dialect.model);
            let last = text.trim_end().rsplit("data: ").next().unwrap();
            let error: Value = serde_json::from_str(last).unwrap();
            assert_eq!(
                error["error"]["code"], "provider_error",
                "{name} {}",
                dialect.model
            );
            let row = &gateway.settled(1).await[0];
            assert_eq!(
                (&row["outcome"], &row["status"]),
                (&json!("failed"), &json!(200)),
                "{name}"
            );
            gateway.finish().await;
        }
    }
}

/// Where the last, unfinished event begins: behind a blank line, or behind the first frame, which says how long it is.
fn find_last_event(events: &[u8]) -> usize {
    if events[0] == 0 {
        let size = u32::from_be_bytes(events[..4].try_into().unwrap());
        return usize::try_from(size).unwrap();
    }
    let text = String::from_utf8_lossy(events);
    text.rfind("\n\n").unwrap() + 2
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_answer_is_held_and_a_larger_one_refused_in_every_dialect() {
    for dialect in &DIALECTS {
        let large = (dialect.whole)(&"a".repeat(40 << 20)).to_string();
        let larger = (dialect.whole)(&"a".repeat(65 << 20)).to_string();
        let script = Script::new(Turn::status(200, &larger)).first(Turn::status(200, &large));
        let vendor = FakeVendor::start(script).await;
        let gateway = before(&vendor).start().await;
        let whole = gateway.chat(hello(dialect.model)).await;
        assert_eq!(whole.status(), 200, "{}", dialect.model);
        assert!(whole.bytes().await.unwrap().len() > 40 << 20);
        let refused = gateway.chat(hello(dialect.model)).await;
        assert_eq!(
            error_code(refused).await,
            (502, "provider_error".to_owned())
        );
        assert_eq!(
            chats(&vendor).len(),
            2,
            "an answer that is too large is asked for once"
        );
        gateway.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_larger_than_any_is_a_fault_in_every_dialect() {
    for dialect in &DIALECTS {
        let endless = (dialect.begun)(&vec![b'a'; 40 << 20]);
        let vendor = FakeVendor::start(Script::new(Turn::pieces([endless]))).await;
        let gateway = impatient(&vendor).await;
        let text = gateway
            .chat(streamed(dialect.model))
            .await
            .text()
            .await
            .unwrap();
        assert!(
            text.len() < 1 << 20 && text.contains("provider_error"),
            "{}",
            dialect.model
        );
        assert!(!text.contains("[DONE]"));
        gateway.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_drips_is_waited_for() {
    let vendor = FakeVendor::start(Script::new(
        Turn::chat("drop by drop")
            .in_bits(9)
            .pieces_every(Duration::from_millis(2)),
    ))
    .await;
    let gateway = Setup::new().vendor(&vendor).start().await;
    for dialect in &DIALECTS[..2] {
        let whole: Value = gateway
            .chat(hello(dialect.model))
            .await
            .json()
            .await
            .unwrap();
        assert_eq!(whole["choices"][0]["message"]["content"], "drop by drop");
        let text = gateway
            .chat(streamed(dialect.model))
            .await
            .text()
            .await
            .unwrap();
        let events = text
            .split("\n\n")
            .filter_map(|event| event.strip_prefix("data: {"));
        let said: String = events
            .map(|rest| serde_json::from_str::<Value>(&format!("{{{rest}")).unwrap())
            .filter_map(|chunk| {
                chunk["choices"][0]["delta"]["content"]
                    .as_str()
                    .map(str::to_owned)
            })
            .collect();
        assert_eq!(said, "drop by drop");
        assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_is_gone_is_its_fault_in_every_dialect() {
    let vendor = FakeVendor::start(Script::default()).await;
    let gateway = impatient(&vendor).await;
    drop(vendor);
    for dialect in &DIALECTS {
        for call in [hello(dialect.model), streamed(dialect.model)] {
            let answer = error_code(gateway.chat(call).await).await;
            assert_eq!(
                answer,
                (502, "provider_error".to_owned()),
                "{}",
                dialect.model
            );
        }
    }
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_whose_tls_fails_is_its_fault_and_is_left_alone() {
    let vendor = FakeVendor::start(Script::new(Turn::chat("in the clear"))).await;
    let https = vendor.url().replace("http://", "https://");
    let gateway = impatient_of(
        Setup::new()
            .vendor(&vendor)
            .env("DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_BASE_URL", &https),
    )
    .start()
    .await;
    for _ in 0..5 {
        let answer = gateway.chat(hello("gpt-4o")).await;
        assert_eq!(error_code(answer).await, (502, "provider_error".to_owned()));
    }
    let answer = gateway.chat(hello("gpt-4o")).await;
    assert_eq!(
        error_code(answer).await,
        (503, "provider_circuit_open".to_owned())
    );
    assert!(chats(&vendor).is_empty());
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_each_fifth_call_fails_retries_hide_it_and_another_target_the_rest() {
    let fine = || Turn::chat("fine");
    let flaky = || {
        Script::cycle([
            Turn::error(500, "boom", "x"),
            fine(),
            fine(),
            fine(),
            fine(),
        ])
    };
    let calls = async |gateway: &TestGateway| {
        let mut failed = 0;
        for number in 0..300 {
            let ask = [hello, streamed][number % 2];
            let answer = gateway.chat(ask("gpt-4o")).await;
            assert_ne!(answer.status(), 503, "no breaker opens");
            failed += usize::from(answer.status() != 200);
        }
        failed
    };
    // Alone, it takes a quarter of the calls as retries; the budget has a fifth and ten.
    let vendor = FakeVendor::start(flaky()).await;
    let gateway = Setup::new().vendor(&vendor).start().await;
    let failed = calls(&gateway).await;
    assert!(failed <= 15, "{failed} of 300");
    assert!(chats(&vendor).len() <= 370);
    gateway.finish().await;
    let (vendor, second) = (
        FakeVendor::start(flaky()).await,
        FakeVendor::start(Script::new(fine())).await,
    );
    let setup = Setup::new().vendor(&vendor).second_vendor(&second);
    let gateway = setup.start().await;
    assert_eq!(calls(&gateway).await, 0);
    gateway.finish().await;
}
