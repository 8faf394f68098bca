//! Calls, answers and events that say anything.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Any JSON, made of words that mean something here and of some that do not.
pub(super) fn any_json() -> impl Strategy<Value = Value> {
    crate::any_json::any_json(WORDS)
}

const WORDS: &[&str] = &[
    "",
    "type",
    "text",
    "name",
    "index",
    "thinking",
    "thinking_blocks",
    "redacted_thinking",
    "signature",
    "data",
    "json",
    "toolUse",
    "toolUseId",
    "input",
    "structured_output",
    "server_tool_use",
    "reasoningContent",
    "reasoningText",
    "redactedContent",
    "AA==",
    "citationsContent",
    "citation",
    "content",
    "image_url",
    "url",
    "file",
    "file_data",
    "input_audio",
    "format",
    "document",
    "cachePoint",
    "cache_control",
    "ttl",
    "1h",
    "inputTokens",
    "outputTokens",
    "cacheReadInputTokens",
    "guardrail",
    "promptRouter",
    "invokedModelId",
    "tool_use",
    "end_turn",
    "malformed_tool_use",
    "effort",
    "textFormat",
    "system",
    "tool_choice",
    "message",
    "x",
];

const FIELDS: &[&str] = &[
    "tools",
    "tool_choice",
    "response_format",
    "stop",
    "user",
    "metadata",
    "reasoning_effort",
    "thinking",
    "outputConfig",
    "additionalModelRequestFields",
    "requestMetadata",
    "guardrailConfig",
    "service_tier",
    "parallel_tool_calls",
    "temperature",
    "max_tokens",
    "top_k",
    "stream",
    "store",
    "system",
    "functions",
];

const MODELS: &[&str] = &[
    "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "us.anthropic.claude-opus-5",
    "amazon.nova-2-lite-v1:0",
    "meta.llama4-scout-17b-instruct-v1:0",
    "openai.gpt-oss-20b-1:0",
    "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6",
];

/// A call whose messages mean something and whose other fields may.
pub(super) fn any_call() -> impl Strategy<Value = Value> {
    let fields = vec((select(FIELDS), any_json()), 0..4);
    (select(MODELS), vec(any_message(), 1..6), fields).prop_map(|(model, messages, fields)| {
        let mut call = json!({"model": model, "messages": messages});
        for (name, value) in fields {
            call[name] = value;
        }
        call
    })
}

fn any_message() -> impl Strategy<Value = Value> {
    const ROLES: &[&str] = &[
        "user",
        "assistant",
        "system",
        "tool",
        "developer",
        "function",
    ];
    const KINDS: &[&str] = &[
        "text",
        "image_url",
        "file",
        "refusal",
        "document",
        "guardContent",
        "cachePoint",
        "input_audio",
    ];
    let part = (select(KINDS), any_json(), any_json()).prop_map(|(kind, value, marker)| {
        json!({"type": kind, "text": "Hi", "image_url": {"url": value}, "file": {"file_data": value, "filename": "a.b"},
            "refusal": value, "document": value, "input_audio": value, "cache_control": marker})
    });
    let call = (any_json(), any::<bool>()).prop_map(|(value, good)| {
        let arguments = if good { json!("{\"a\":[]}") } else { value.clone() };
        json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}, "x": value})
    });
    let content = prop_oneof![
        Just(json!("Hi")),
        Just(json!("")),
        Just(Value::Null),
        vec(part, 0..3).prop_map(Value::from)
    ];
    let thought = (select(WORDS), any_json(), any::<bool>(), any::<bool>());
    (select(ROLES), content, vec(call, 0..2), thought, any_json()).prop_map(
        |(role, content, calls, (word, value, signed, hidden), marker)| {
            let mut message = json!({"role": role, "content": content, "tool_call_id": "c", "cache_control": marker});
            if role == "assistant" {
                message["tool_calls"] = calls.into();
                let mut thought = json!({"type": "thinking", "thinking": word, "index": value});
                if signed {
                    thought["signature"] = json!("s");
                }
                if hidden {
                    thought = json!({"type": "redacted_thinking", "data": value});
                }
                message["thinking_blocks"] = json!([thought]);
            }
            message
        },
    )
}

/// A framed event whose type is right and whose members may be anything.
pub(super) fn any_event() -> impl Strategy<Value = Vec<u8>> {
    const KINDS: &[&str] = &[
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
        "throttlingException",
        "new",
    ];
    (select(KINDS), 0_u8..3, 0_u8..6, any_json(), any::<bool>()).prop_map(
        |(kind, index, which, value, odd)| {
            let text = if odd { value.clone() } else { json!("a\"é🌍") };
            let delta = match which {
                0 => json!({"text": text}),
                1 => json!({"toolUse": {"input": text}}),
                2 => json!({"reasoningContent": {"text": text, "signature": text}}),
                3 => json!({"reasoningContent": {"redactedContent": if odd { value.clone() } else { json!("AAEC/w==") }}}),
                4 => json!({"citation": {}}),
                _ => value.clone(),
            };
            let name = if which == 0 { "structured_output" } else { "f" };
            let payload = json!({
                "contentBlockIndex": index,
                "start": if which < 3 { json!({"toolUse": {"toolUseId": text, "name": name}}) } else { value.clone() },
                "delta": delta,
                "stopReason": if odd { value.clone() } else { json!("tool_use") },
                "usage": value, "trace": value, "message": value,
            });
            framed(kind, &payload)
        },
    )
}

/// An event as it is on the wire.
pub(super) fn framed(kind: &str, payload: &Value) -> Vec<u8> {
    let exception = kind.ends_with("Exception");
    let (name, message_type) = if exception {
        (":exception-type", "exception")
    } else {
        (":event-type", "event")
    };
    let mut headers = Vec::new();
    for (name, value) in [(name, kind), (":message-type", message_type)] {
        headers.push(u8::try_from(name.len()).unwrap());
        headers.extend(name.bytes());
        headers.push(7);
        headers.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend(value.bytes());
    }
    let payload = payload.to_string();
    let length = |bytes: usize| u32::try_from(bytes).unwrap().to_be_bytes();
    let mut message = length(16 + headers.len() + payload.len()).to_vec();
    message.extend(length(headers.len()));
    message.extend(crc32fast::hash(&message).to_be_bytes());
    message.extend(headers);
    message.extend(payload.bytes());
    message.extend(crc32fast::hash(&message).to_be_bytes());
    message
}
