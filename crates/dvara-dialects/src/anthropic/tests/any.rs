//! Calls, answers and events that say anything.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Any JSON, made of words that mean something here and of some that do not.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    crate::any_json::any_json(WORDS)
}

const WORDS: &[&str] = &[
    "",
    "type",
    "text",
    "role",
    "content",
    "user",
    "assistant",
    "tool",
    "system",
    "name",
    "id",
    "index",
    "thinking",
    "thinking_blocks",
    "redacted_thinking",
    "signature",
    "data",
    "citations",
    "input",
    "tool_use",
    "structured_output",
    "tool_calls",
    "tool_call_id",
    "function",
    "arguments",
    "image_url",
    "url",
    "file",
    "file_data",
    "cache_control",
    "message",
    "usage",
    "input_tokens",
    "output_tokens",
    "stop_reason",
    "end_turn",
    "delta",
    "content_block",
    "text_delta",
    "thinking_delta",
    "input_json_delta",
    "partial_json",
    "signature_delta",
    "error",
    "overloaded_error",
    "explanation",
    "stop_details",
    "refusal",
    "x",
];

/// A call whose messages mean something and whose other fields may.
pub(crate) fn any_call() -> impl Strategy<Value = Value> {
    const FIELDS: &[&str] = &[
        "tools",
        "tool_choice",
        "response_format",
        "stop",
        "user",
        "metadata",
        "reasoning_effort",
        "thinking",
        "output_config",
        "service_tier",
        "parallel_tool_calls",
        "temperature",
        "max_tokens",
        "top_k",
        "stream",
        "store",
        "system",
        "stop_sequences",
        "functions",
        "safety_identifier",
    ];
    let role = select(
        &[
            "user",
            "assistant",
            "system",
            "tool",
            "developer",
            "function",
        ][..],
    );
    let kind = select(
        &[
            "text",
            "image_url",
            "file",
            "refusal",
            "document",
            "input_audio",
        ][..],
    );
    let part = (kind, any_json(), any_json()).prop_map(|(kind, value, marker)| {
        json!({"type": kind, "text": "Hi", "image_url": {"url": value}, "file": {"file_data": value}, "refusal": value, "cache_control": marker})
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
    let message = (role, content, vec(call, 0..3), any_json(), select(WORDS)).prop_map(
        |(role, content, calls, value, word)| {
            let mut message = json!({"role": role, "content": content, "tool_call_id": "c"});
            match role {
                "assistant" => {
                    message["tool_calls"] = calls.into();
                    message["thinking_blocks"] =
                        json!([{"type": "thinking", "thinking": word, "signature": "s", "index": value}]);
                }
                _ => message[word] = value,
            }
            if !message["role"].is_string() {
                message["role"] = json!(role);
            }
            message
        },
    );
    let fields = vec((select(FIELDS), any_json()), 0..4);
    let model = select(&["claude", "claude-sonnet-4-5", "claude-opus-5"][..]);
    (model, vec(message, 1..5), fields).prop_map(|(model, messages, fields)| {
        let mut call = json!({"model": model, "messages": messages});
        for (name, value) in fields {
            call[name] = value;
        }
        call
    })
}

/// Events whose types are right and whose members may be anything.
pub(crate) fn any_events() -> impl Strategy<Value = String> {
    let kind = select(
        &[
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
            "ping",
            "error",
            "new",
        ][..],
    );
    let block = select(
        &[
            "text",
            "thinking",
            "redacted_thinking",
            "tool_use",
            "server_tool_use",
        ][..],
    );
    let delta = select(
        &[
            "text_delta",
            "thinking_delta",
            "input_json_delta",
            "signature_delta",
            "citations_delta",
        ][..],
    );
    let event = (kind, 0_u8..3, block, delta, any_json(), any::<bool>()).prop_map(
        |(kind, index, block, delta, value, odd)| {
            let text = if odd { value.clone() } else { json!("a\"é🌍") };
            json!({
                "type": kind, "index": index,
                "message": {"id": text, "model": text, "usage": value},
                "content_block": {"type": block, "id": text, "name": "structured_output", "input": value, "text": text, "thinking": text, "data": text},
                "delta": {"type": delta, "text": text, "thinking": text, "partial_json": text, "signature": text,
                    "stop_reason": if odd { value.clone() } else { json!("tool_use") }, "stop_details": value},
                "usage": value, "error": value,
            })
        },
    );
    vec(event, 0..12).prop_map(|events| {
        let events = events.iter();
        events.map(|event| format!("data: {event}\n\n")).collect()
    })
}
