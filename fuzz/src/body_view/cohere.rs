//! A call of the second version of Cohere's API, which refuses what it does not know.

use std::borrow::Cow;

use bytes::Bytes;
use dvara_dialects::request::ChatRequest;
use dvara_dialects::target::Target;
use serde::Deserialize;
use serde_json::value::RawValue;

/// As far as it must be one. A key that stands there twice is refused, and so is one that the API does not have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that there is nothing else is the check")]
struct Call<'a> {
    model: Cow<'a, str>,
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    stream: Option<bool>,
    #[serde(borrow)]
    tools: Option<Vec<Tool<'a>>>,
    tool_choice: Option<&'a str>,
    strict_tools: Option<&'a RawValue>,
    documents: Option<&'a RawValue>,
    citation_options: Option<&'a RawValue>,
    response_format: Option<Format<'a>>,
    safety_mode: Option<&'a RawValue>,
    max_tokens: Option<u64>,
    stop_sequences: Option<&'a RawValue>,
    temperature: Option<&'a RawValue>,
    seed: Option<&'a RawValue>,
    frequency_penalty: Option<f64>,
    presence_penalty: Option<f64>,
    k: Option<&'a RawValue>,
    p: Option<&'a RawValue>,
    thinking: Option<&'a RawValue>,
    priority: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'a> {
    role: &'a str,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_plan: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_calls: Option<Vec<ToolCall<'a>>>,
    #[serde(borrow)]
    tool_call_id: Option<&'a RawValue>,
    #[serde(borrow)]
    citations: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolCall<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    function: Function<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Function<'a> {
    #[serde(borrow)]
    name: &'a RawValue,
    #[serde(borrow)]
    arguments: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    function: Definition<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
struct Definition<'a> {
    #[serde(borrow)]
    name: &'a RawValue,
    #[serde(borrow)]
    description: Option<&'a RawValue>,
    #[serde(borrow)]
    parameters: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
struct Format<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    json_schema: Option<&'a RawValue>,
}

pub(super) fn holds(request: &ChatRequest, target: &Target<'_>, sent: &Bytes) {
    let call: Call<'_> = serde_json::from_slice(sent)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(sent)));
    assert_eq!(call.model, target.model);
    assert_eq!(call.stream.unwrap_or_default(), request.stream());
    assert!(!call.messages.is_empty());
    for message in &call.messages {
        said(message);
    }
    for tool in call.tools.iter().flatten() {
        assert_eq!(tool.kind, "function");
        assert!(is_text(tool.function.name));
    }
    assert!(matches!(call.tool_choice, None | Some("REQUIRED" | "NONE")));
    for penalty in [call.frequency_penalty, call.presence_penalty] {
        assert!(penalty.is_none_or(|penalty| (0.0..=1.0).contains(&penalty)));
    }
}

fn said(message: &Message<'_>) {
    let list = |value: &RawValue| value.get().starts_with('[');
    let content = message.content;
    assert!(content.is_none_or(|content| is_text(content) || list(content)));
    match message.role {
        "system" | "user" => assert!(content.is_some() && message.tool_calls.is_none()),
        "tool" => assert!(content.is_some() && message.tool_call_id.is_some_and(is_text)),
        "assistant" => {
            assert!(message.tool_plan.is_none_or(is_text));
            let calls = message.tool_calls.as_deref().unwrap_or_default();
            assert!(
                calls.is_empty() || content.is_none_or(list),
                "a text beside calls"
            );
            for call in calls {
                assert!(call.kind == "function" && is_text(call.id));
                assert!(is_text(call.function.name) && is_text(call.function.arguments));
            }
        }
        other => panic!("nobody speaks as {other}"),
    }
    assert!(message.role == "assistant" || message.citations.is_none());
}

fn is_text(value: &RawValue) -> bool {
    value.get().starts_with('"')
}
